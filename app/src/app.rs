//! The mail app and its addresses: every folder, conversation, search and draft has its own.

use leptos::prelude::*;
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    params::ParamsMap,
    path,
};
use wire::{
    id::{AccountId, EmailId, ThreadId},
    team::WorkState,
};

use crate::{
    api::list::{Assignee, Filter, ListKey, Source, TeamFilter},
    browser,
    components::SiteBanner,
    pages::courrier::Courrier,
    shell::{PageContext, provide_page},
};

/// Everything under `/courrier`: one page that follows its address. The rest is documents without WebAssembly.
#[component]
pub fn App() -> impl IntoView {
    if use_context::<PageContext>().is_none() {
        provide_page(browser::page_context());
    }
    let banner = use_context::<PageContext>().and_then(|context| context.banner);
    view! {
        <SiteBanner banner=banner/>
        <Router>
            <Routes fallback=|| ()>
                <Route path=path!("/courrier/*place") view=Courrier ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}

/// How a message is started from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    Reply,
    ReplyAll,
    Forward,
}

impl Mode {
    const ALL: [(Mode, &'static str); 3] =
        [(Self::Reply, "repondre"), (Self::ReplyAll, "tous"), (Self::Forward, "transferer")];

    /// The word in the address (`?mode=`).
    pub fn code(self) -> &'static str {
        Self::ALL.into_iter().find(|(mode, _)| *mode == self).map_or("repondre", |(_, code)| code)
    }
}

/// What a composer starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    Empty,
    From(EmailId, Mode),
    Draft(EmailId),
}

impl Start {
    /// The message whose conversation is answered, if it is.
    pub fn answered(self) -> Option<EmailId> {
        match self {
            Self::From(email, Mode::Reply | Mode::ReplyAll) | Self::Draft(email) => Some(email),
            Self::From(_, Mode::Forward) | Self::Empty => None,
        }
    }
}

/// A conversation, as its address opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Opened {
    pub thread: ThreadId,
    /// The message to unfold besides the newest (without JavaScript).
    pub email: Option<EmailId>,
    /// That message as plain text.
    pub text: bool,
}

/// What an address under `/courrier` shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    List(ListKey),
    Thread(ListKey, Opened),
    Compose(AccountId, Start),
    Folders(AccountId),
    /// Who works in the BAL, and the hand-over.
    Team(AccountId),
    Unknown,
}

impl Place {
    /// Reads the path and query of an address.
    pub fn read(path: &str, query: &ParamsMap) -> Self {
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        Self::parse(&parts, query).unwrap_or(Self::Unknown)
    }

    fn parse(parts: &[&str], query: &ParamsMap) -> Option<Self> {
        let (first, rest) = parts.split_first()?;
        let (account, rest) = rest.split_first()?;
        if *first != "courrier" {
            return None;
        }
        let account: AccountId = account.parse().ok()?;
        match *rest {
            ["dossiers"] => return Some(Self::Folders(account)),
            ["equipe"] => return Some(Self::Team(account)),
            ["ecrire"] => return Some(Self::Compose(account, start(query))),
            ["ecrire", draft] => return Some(Self::Compose(account, Start::Draft(draft.parse().ok()?))),
            _ => {}
        }
        let (source, rest) = match *rest {
            ["recherche", search, ref rest @ ..] => (Source::Search(search.parse().ok()?), rest),
            [mailbox, ref rest @ ..] => (Source::Mailbox(mailbox.parse().ok()?), rest),
            [] => return None,
        };
        let key = ListKey {
            account,
            source,
            filter: Filter::from_code(query.get_str("filtre")),
            team: TeamFilter {
                assignee: query.get_str("qui").and_then(Assignee::from_code),
                state: query.get_str("etat").and_then(WorkState::from_code),
            },
            cursor: query.get_str("avant").or_else(|| query.get_str("apres")).map(String::from),
        };
        match *rest {
            [] => Some(Self::List(key)),
            [thread] => {
                let email = query.get_str("message").and_then(|email| email.parse().ok());
                let text = query.get_str("vue") == Some("texte");
                Some(Self::Thread(key, Opened { thread: thread.parse().ok()?, email, text }))
            }
            _ => None,
        }
    }

    /// The account whose mail is shown.
    pub fn account(&self) -> Option<AccountId> {
        match self {
            Self::List(key) | Self::Thread(key, _) => Some(key.account),
            Self::Compose(account, _) | Self::Folders(account) | Self::Team(account) => Some(*account),
            Self::Unknown => None,
        }
    }

    /// The list that is shown, alone or beside a conversation.
    pub fn list(&self) -> Option<&ListKey> {
        match self {
            Self::List(key) | Self::Thread(key, _) => Some(key),
            _ => None,
        }
    }

    /// The conversation that is open.
    pub fn opened(&self) -> Option<Opened> {
        match self {
            Self::Thread(_, opened) => Some(*opened),
            _ => None,
        }
    }

    /// `list`, `message` or `composer`: what a narrow screen shows.
    pub fn view(&self) -> &'static str {
        match self {
            Self::List(_) | Self::Unknown => "list",
            Self::Thread(..) => "message",
            Self::Compose(..) | Self::Folders(_) | Self::Team(_) => "composer",
        }
    }
}

fn start(query: &ParamsMap) -> Start {
    let email = query.get_str("de").and_then(|email| email.parse().ok());
    let asked = query.get_str("mode").unwrap_or_default();
    let mode = Mode::ALL.into_iter().find(|(_, code)| *code == asked).map_or(Mode::Reply, |(mode, _)| mode);
    email.map_or(Start::Empty, |email| Start::From(email, mode))
}

impl ListKey {
    fn base(&self) -> String {
        match self.source {
            Source::Mailbox(mailbox) => format!("/courrier/{}/{mailbox}", self.account),
            Source::Search(search) => format!("/courrier/{}/recherche/{search}", self.account),
        }
    }

    fn query(&self) -> String {
        let mut query = String::new();
        let who = self.team.assignee.map(Assignee::code);
        let pairs = [
            ("filtre", self.filter.code()),
            ("qui", who.as_deref()),
            ("etat", self.team.state.map(WorkState::code)),
            ("avant", self.cursor.as_deref()),
        ];
        for (name, value) in pairs {
            if let Some(value) = value {
                let sign = if query.is_empty() { '?' } else { '&' };
                query.extend([&sign.to_string(), name, "=", value]);
            }
        }
        query
    }

    /// The address of this page of the list.
    pub fn url(&self) -> String {
        self.base() + &self.query()
    }

    /// The address of a conversation beside this page.
    pub fn thread_url(&self, thread: ThreadId) -> String {
        format!("{}/{thread}{}", self.base(), self.query())
    }

    /// The address of a conversation with one message unfolded.
    pub fn message_url(&self, thread: ThreadId, email: EmailId, text: bool) -> String {
        let url = self.thread_url(thread);
        let sign = if url.contains('?') { '&' } else { '?' };
        format!("{url}{sign}message={email}{}", if text { "&vue=texte" } else { "" })
    }

    /// The same list from the top.
    pub fn top(&self) -> Self {
        Self { cursor: None, ..self.clone() }
    }

    /// The same list, narrowed otherwise, from the top.
    pub fn filtered(&self, filter: Filter) -> Self {
        Self { cursor: None, filter, ..self.clone() }
    }

    /// The same list, narrowed otherwise by the work of a team, from the top.
    pub fn of_team(&self, team: TeamFilter) -> Self {
        Self { cursor: None, team, ..self.clone() }
    }

    /// Another page of the same list.
    pub fn at(&self, cursor: &str) -> Self {
        Self { cursor: Some(cursor.into()), ..self.clone() }
    }

    /// The whole of another folder or search.
    pub fn of(account: AccountId, source: Source) -> Self {
        Self { account, source, filter: Filter::All, team: TeamFilter::default(), cursor: None }
    }
}

/// The address of a composer.
pub fn compose_url(account: AccountId, start: Start) -> String {
    match start {
        Start::Empty => format!("/courrier/{account}/ecrire"),
        Start::From(email, mode) => format!("/courrier/{account}/ecrire?de={email}&mode={}", mode.code()),
        Start::Draft(email) => format!("/courrier/{account}/ecrire/{email}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wire::id::{MailboxId, SearchId};

    fn read(url: &str) -> Place {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let mut map = ParamsMap::new();
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            map.insert(name.to_owned(), value.to_owned());
        }
        Place::read(path, &map)
    }

    #[test]
    fn every_address_reads_back() {
        let key = ListKey {
            account: AccountId(7),
            source: Source::Mailbox(MailboxId(9)),
            filter: Filter::Unread,
            team: TeamFilter { assignee: Some(Assignee::Nobody), state: Some(WorkState::Waiting) },
            cursor: Some("abc_-1".into()),
        };
        assert_eq!(read(&key.url()), Place::List(key.clone()));
        let opened = |email, text| Opened { thread: ThreadId(3), email, text };
        assert_eq!(read(&key.thread_url(ThreadId(3))), Place::Thread(key.clone(), opened(None, false)));
        let url = key.message_url(ThreadId(3), EmailId(4), true);
        assert_eq!(read(&url), Place::Thread(key, opened(Some(EmailId(4)), true)));
        let search = ListKey::of(AccountId(7), Source::Search(SearchId(5)));
        assert_eq!(
            read(&search.message_url(ThreadId(3), EmailId(4), false)),
            Place::Thread(search, opened(Some(EmailId(4)), false))
        );
        for start in [Start::Empty, Start::From(EmailId(4), Mode::Forward), Start::Draft(EmailId(4))] {
            assert_eq!(read(&compose_url(AccountId(7), start)), Place::Compose(AccountId(7), start));
        }
    }

    #[test]
    fn nonsense_is_unknown() {
        for url in ["/courrier", "/courrier/x", "/courrier/x/y", "/ailleurs/a/b", "/courrier/a0000000000007/z"] {
            assert_eq!(read(url), Place::Unknown, "{url}");
        }
    }
}
