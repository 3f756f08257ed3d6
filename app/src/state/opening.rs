//! All that the first sight of an address needs: asked once, on the server, and written once into the page.

use serde::{Deserialize, Serialize};
use wire::{
    Problem,
    id::AccountId,
    mail::{Identity, Mailbox, Message, Recipient, keyword},
    portal::{Action, Me},
    team::Others,
};

use crate::{
    api::{
        Api,
        change::{Place as Where, keyword_patch},
        compose::Draft,
        list::{Page, Source},
        team::Sight,
        transport::ON_SERVER,
    },
    app::Place,
    i18n::Lang,
};

use super::drafts;

/// The first sight of an address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opening {
    pub me: Me,
    pub mailboxes: Vec<Mailbox>,
    pub mailboxes_state: String,
    pub identities: Vec<Identity>,
    pub page: Option<Result<Page, Problem>>,
    pub thread: Option<Result<Vec<Message>, Problem>>,
    pub draft: Option<Result<Draft, Problem>>,
    /// What would become of mail to the recipients of the draft.
    pub recipients: Vec<Recipient>,
    pub team: Sight,
    /// What the others of the team do in the conversation that is answered.
    pub others: Others,
}

/// Asks for everything that `place` shows. Fails when nobody is signed in or the account cannot be opened; what is only
/// part of the screen fails on its own.
pub async fn open(api: Api, place: Place, lang: Lang) -> Result<Opening, Problem> {
    let me = api.me().await?;
    let account = place.account().ok_or_else(|| Problem::new("not-found", 404, "No such page"))?;
    // The conversation first: reading it changes the counters.
    let thread = match place.opened() {
        Some(opened) => Some(read(&api, &me, account, api.thread(account, opened.thread).await).await),
        None => None,
    };
    let (mailboxes, mailboxes_state, identities) = api.account(account).await?;
    // Before the rows: what happens meanwhile is told as new.
    let (team, others) = team(&api, &me, account, &place).await;
    let page = match place.list() {
        Some(key) => Some(api.page(key).await),
        None => None,
    };
    let draft = match place {
        Place::Compose(_, start) => {
            let receipt = me.accounts.iter().any(|bal| bal.id == account && bal.receipts == "always");
            let desk = drafts::Beginning { identities: &identities, lang, receipt };
            Some(drafts::start(&api, account, start, desk).await)
        }
        _ => None,
    };
    let recipients = match &draft {
        Some(Ok(draft)) => checked(&api, account, draft).await,
        _ => Vec::new(),
    };
    Ok(Opening { me, mailboxes, mailboxes_state, identities, page, thread, draft, recipients, team, others })
}

/// The team as the screen shows it; in a composer the others are told that one answers. What fails is asked again later.
async fn team(api: &Api, me: &Me, account: AccountId, place: &Place) -> (Sight, Others) {
    let folder = place.list().and_then(|key| match key.source {
        Source::Mailbox(folder) => Some(folder),
        Source::Search(_) => None,
    });
    let thread = place.opened().map(|opened| opened.thread);
    let sight = api.team(account, folder, thread).await.unwrap_or_default();
    let may = me.accounts.iter().any(|it| it.id == account && it.may.contains(&Action::Draft));
    let answered = match place {
        Place::Compose(_, start) if sight.is_shared() && may => start.answered(),
        _ => None,
    };
    match answered {
        Some(email) => (sight, api.answering(account, email, true).await.unwrap_or_default()),
        None => (sight, Others::default()),
    }
}

/// Without JavaScript too, a refused recipient is named; not knowing stops nobody.
async fn checked(api: &Api, account: AccountId, draft: &Draft) -> Vec<Recipient> {
    let all = draft.to.iter().chain(&draft.cc).chain(&draft.bcc);
    let addresses: Vec<String> = all.map(|address| address.email.clone()).collect();
    if addresses.is_empty() {
        return Vec::new();
    }
    api.check_recipients(account, &addresses).await.unwrap_or_default()
}

/// On the server the messages shown become read at once: without JavaScript nothing else would do it.
async fn read(
    api: &Api,
    me: &Me,
    account: AccountId,
    thread: Result<Vec<Message>, Problem>,
) -> Result<Vec<Message>, Problem> {
    let mut messages = thread?;
    let may = me.accounts.iter().any(|it| it.id == account && it.may.contains(&Action::Sort));
    if !ON_SERVER || !may {
        return Ok(messages);
    }
    let patches: Vec<_> =
        messages.iter().filter_map(|message| keyword_patch(&whereabouts(message), keyword::SEEN, true)).collect();
    if patches.is_empty() {
        return Ok(messages);
    }
    let patches: Vec<_> = patches.into_iter().map(|patch| (patch.email, patch.forward)).collect();
    if api.patch(account, &patches).await.is_ok() {
        for message in &mut messages {
            message.keywords.insert(keyword::SEEN.into(), true);
        }
    }
    Ok(messages)
}

/// Marks and places of an opened message.
pub fn whereabouts(message: &Message) -> Where {
    Where {
        id: message.id,
        thread_id: message.thread_id,
        mailbox_ids: message.mailbox_ids.clone(),
        keywords: message.keywords.clone(),
    }
}
