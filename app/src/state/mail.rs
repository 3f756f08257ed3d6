//! The mail screen's memory: made once from the opening, taken by every part from the context.

use leptos::{prelude::*, task::spawn_local};
use wire::{
    Problem,
    id::{AccountId, EmailId, MailboxId, SubmissionId},
    mail::{Address, Identity, Mailbox, Recipient},
    portal::{Account, Action, Me},
    team::Others,
};

use crate::{
    api::{
        Api,
        compose::{Desk, Draft},
        list::{ListKey, Source},
    },
    app::{Place, Start},
    i18n::{self, Lang},
};

use super::{
    Status,
    acts::{Undo, Undoable},
    drafts,
    list::{List, Target},
    live::{States, state_number},
    opening::{Opening, whereabouts},
    reading::Reading,
    session::Session,
    team::Team,
    toasts::Toasts,
};

/// The mail screen.
#[derive(Clone, Copy)]
pub struct Mail {
    pub lang: Lang,
    api: StoredValue<Api>,
    pub place: Memo<Place>,
    pub account: RwSignal<AccountId>,
    pub me: RwSignal<Me>,
    pub mailboxes: RwSignal<Vec<Mailbox>>,
    pub identities: RwSignal<Vec<Identity>>,
    pub list: List,
    pub reading: Reading,
    pub team: Team,
    /// What the composer starts with, once it is known.
    pub draft: RwSignal<Option<Draft>>,
    pub draft_status: RwSignal<Status>,
    /// What that is of.
    drafting: StoredValue<Option<Start>>,
    /// What the server said of the first draft's recipients.
    pub recipients: StoredValue<Vec<Recipient>>,
    pub toasts: Toasts,
    pub session: Session,
    /// The list of keys is shown.
    pub help: RwSignal<bool>,
    /// Goes to an address of the app without loading the page.
    pub navigate: Callback<String>,
    /// The question that waits for an answer.
    pub asked: RwSignal<Option<Question>>,
    /// The palette of commands is shown.
    pub palette: RwSignal<bool>,
    pub(super) known: StoredValue<States>,
    pub(super) heard: StoredValue<States>,
    pub(super) missed: StoredValue<bool>,
    pub(super) acts: StoredValue<u32>,
    pub(super) undos: StoredValue<Vec<Undo>>,
    pub(super) next_overlay: StoredValue<u64>,
}

/// A question that an act waits for.
#[derive(Clone)]
pub struct Question {
    pub title: String,
    pub what: String,
    /// The verb of the button that goes on.
    pub yes: String,
    /// What follows cannot be undone.
    pub danger: bool,
    pub then: Callback<()>,
}

/// The mail screen, from the context that `pages::courrier` provides.
pub fn use_mail() -> Mail {
    expect_context()
}

impl Mail {
    /// Makes the memory from the opening of `place`.
    pub fn new(lang: Lang, api: Api, place: Memo<Place>, navigate: Callback<String>, opening: Opening) -> Self {
        let first = place.get_untracked();
        let Opening { me, mailboxes, mailboxes_state, identities, page, thread, draft, recipients, team, others } = opening;
        let (draft_status, draft) = match draft {
            Some(Ok(draft)) => (Status::Ready, Some(draft)),
            Some(Err(problem)) => (Status::Failed(problem), None),
            None => (Status::Loading, None),
        };
        let worked = state_number(&team.state);
        let state = page.as_ref().and_then(|page| page.as_ref().ok()).map_or(0, |page| state_number(&page.state));
        let mail = Self {
            lang,
            api: StoredValue::new(api),
            place,
            account: RwSignal::new(first.account().unwrap_or_default()),
            session: Session::new(me.idle_seconds),
            me: RwSignal::new(me),
            mailboxes: RwSignal::new(mailboxes),
            identities: RwSignal::new(identities),
            list: List::new(first.list().cloned(), page),
            reading: Reading::new(first.opened(), thread),
            team: Team::new(team, others),
            draft: RwSignal::new(draft),
            draft_status: RwSignal::new(draft_status),
            drafting: StoredValue::new(match first {
                Place::Compose(_, start) => Some(start),
                _ => None,
            }),
            recipients: StoredValue::new(recipients),
            toasts: Toasts::new(lang),
            help: RwSignal::new(false),
            navigate,
            asked: RwSignal::new(None),
            palette: RwSignal::new(false),
            known: StoredValue::new([state, state_number(&mailboxes_state), 0, worked]),
            heard: StoredValue::new(States::default()),
            missed: StoredValue::new(false),
            acts: StoredValue::new(0),
            undos: StoredValue::new(Vec::new()),
            next_overlay: StoredValue::new(1),
        };
        mail.list.current.set(first.opened().map(|opened| Target::Thread(opened.thread)));
        mail
    }

    /// The client.
    pub fn api(&self) -> Api {
        self.api.get_value()
    }

    /// Wall clock of the person's zone when the page was made.
    pub fn now_local(&self) -> String {
        self.me.with_untracked(|me| me.now_local.clone())
    }

    /// Whether the person may do that in the account on screen.
    pub fn may(&self, action: Action) -> bool {
        let account = self.account.get_untracked();
        self.me.with_untracked(|me| me.accounts.iter().any(|it| it.id == account && it.may.contains(&action)))
    }

    /// The account on screen.
    pub fn bal(&self) -> Option<Account> {
        let account = self.account.get();
        self.me.with(|me| me.accounts.iter().find(|it| it.id == account).cloned())
    }

    /// The folder with a role.
    pub fn role(&self, role: &str) -> Option<MailboxId> {
        let found = |list: &Vec<Mailbox>| list.iter().find(|it| it.role.as_deref() == Some(role)).map(|it| it.id);
        self.mailboxes.with_untracked(found)
    }

    /// The folder whose list is on screen, if it is one's.
    pub fn mailbox(&self) -> Option<Mailbox> {
        let Some(Source::Mailbox(id)) = self.list.source() else { return None };
        self.mailboxes.with(|list| list.iter().find(|it| it.id == id).cloned())
    }

    /// The name of the list on screen.
    pub fn list_name(&self) -> String {
        match self.mailbox() {
            Some(mailbox) => i18n::folder_name(self.lang, mailbox.role.as_deref(), &mailbox.name),
            None => i18n::search::results(self.lang).to_owned(),
        }
    }

    /// The address of the list on screen, or of the inbox.
    pub fn list_url(&self) -> String {
        let key = self.list.key.get();
        let inbox = || self.role("inbox").map(|inbox| ListKey::of(self.account.get(), Source::Mailbox(inbox)));
        key.or_else(inbox).map_or_else(|| "/courrier".to_owned(), |key| key.url())
    }

    /// The target of the open conversation in this list.
    pub fn open_target(&self) -> Option<Target> {
        let opened = self.reading.opened.get()?;
        match self.list.source() {
            // In a search rows are messages: the one the address names, or the newest.
            Some(Source::Search(_)) => {
                let newest = || self.reading.newest().map(|message| message.id);
                opened.email.or_else(newest).map(Target::Email)
            }
            _ => Some(Target::Thread(opened.thread)),
        }
    }

    /// Who writes: the identity as an address.
    pub fn sender(&self) -> Option<Address> {
        self.identities.with_untracked(|all| {
            all.first().map(|identity| Address { name: Some(identity.name.clone()), email: identity.email.clone() })
        })
    }

    /// Drafts and sent, when both are there.
    pub fn desk(&self) -> Option<Desk> {
        Some(Desk { drafts: self.role("drafts")?, sent: self.role("sent")? })
    }

    /// Asks before something; `then` runs when the answer is yes.
    pub fn ask(&self, title: &str, what: String, yes: &str, danger: bool, then: impl Fn() + Send + Sync + 'static) {
        let then = Callback::new(move |()| then());
        self.asked.set(Some(Question { title: title.into(), what, yes: yes.into(), danger, then }));
    }

    /// Says that an act failed, or that the session is over.
    pub fn failed(&self, problem: &Problem) {
        self.session.notice(problem);
        if problem.status != 401 {
            let code = if problem.status == 0 { "network" } else { problem.code() };
            self.toasts.fail(i18n::error(self.lang, code, &[]));
        }
    }

    /// Follows the address: called when it changes in the browser.
    pub fn go(self, place: &Place) {
        let Some(account) = place.account() else { return };
        if self.account.get_untracked() != account {
            self.change_account(account);
        }
        if let Some(key) = place.list() {
            self.list.open(self.api(), self.session, key.clone());
        }
        self.reading.open(self.api(), self.session, account, place.opened(), move || self.opened_thread());
        if let Some(opened) = place.opened() {
            self.list.current.set(self.open_target().or(Some(Target::Thread(opened.thread))));
        }
        if !matches!(place, Place::Compose(..)) {
            self.drafting.set_value(None);
            self.team.others.set(Others::default());
        }
        self.follow_team();
    }

    fn change_account(self, account: AccountId) {
        self.account.set(account);
        self.known.set_value(States::default());
        self.heard.set_value(States::default());
        self.mailboxes.set(Vec::new());
        spawn_local(async move {
            match self.api().account(account).await {
                Ok((mailboxes, _, identities)) => {
                    self.mailboxes.set(mailboxes);
                    self.identities.set(identities);
                }
                Err(problem) => self.failed(&problem),
            }
        });
    }

    /// The page is about to be printed: what is unfolded of the open conversation is traced so.
    pub fn printed(self) {
        let emails: Vec<EmailId> = self.reading.unfolded.with_untracked(|all| all.iter().copied().collect());
        if self.reading.opened.with_untracked(Option::is_none) || emails.is_empty() {
            return;
        }
        let account = self.account.get_untracked();
        spawn_local(async move {
            if let Err(problem) = self.api().printed(account, &emails).await {
                self.session.notice(&problem);
            }
        });
    }

    /// A conversation is on screen: it becomes read, and the next one is asked for.
    pub fn opened_thread(self) {
        let Some(target) = untrack(|| self.open_target()) else { return };
        if let Some(next) = self.list.neighbour(Some(target), 1) {
            self.reading.look_ahead(self.api(), self.account.get_untracked(), next.thread_id);
        }
        if !self.may(Action::Sort) {
            return;
        }
        let unread: Vec<_> = self.reading.messages.with_untracked(|messages| {
            let patch = |message| crate::api::change::keyword_patch(&whereabouts(message), "$seen", true);
            messages.iter().filter_map(patch).map(|patch| (patch.email, patch.forward)).collect()
        });
        if unread.is_empty() {
            return;
        }
        let overlay = self.lay(vec![target], Some(true), None, false);
        spawn_local(async move {
            let _hold = self.hold();
            if let Err(problem) = self.api().patch(self.account.get_untracked(), &unread).await {
                self.session.notice(&problem);
            }
            self.refresh(false).await;
            self.lift(overlay);
        });
    }

    /// Asks for what a composer starts with, unless the page came with it. Called by the composer.
    pub fn begin_draft(self, start: Start) {
        if self.drafting.get_value() != Some(start) {
            self.start_draft(start);
        }
    }

    /// Asks (again) for what a composer starts with.
    pub fn start_draft(self, start: Start) {
        self.drafting.set_value(Some(start));
        self.draft.set(None);
        self.draft_status.set(Status::Loading);
        spawn_local(async move {
            let identities = self.identities.get_untracked();
            let receipt = untrack(|| self.bal()).is_some_and(|bal| bal.receipts == "always");
            let desk = drafts::Beginning { identities: &identities, lang: self.lang, receipt };
            let answer = drafts::start(&self.api(), self.account.get_untracked(), start, desk).await;
            if self.place.with_untracked(|place| !matches!(place, Place::Compose(_, now) if *now == start)) {
                return;
            }
            match answer {
                Ok(draft) => {
                    self.draft.set(Some(draft));
                    self.draft_status.set(Status::Ready);
                }
                Err(problem) => {
                    self.session.notice(&problem);
                    self.draft_status.set(Status::Failed(problem));
                }
            }
        });
    }

    /// A message was accepted: it can be called back for the seconds the server gives.
    pub fn departs(self, submission: SubmissionId, email: EmailId, seconds: u32) {
        if seconds == 0 {
            self.toasts.say(i18n::said(self.lang, "send", 1).unwrap_or_default());
            return;
        }
        let toast = self.toasts.depart(i18n::said(self.lang, "sending", 1).unwrap_or_default(), seconds);
        self.undos.update_value(|undos| undos.push(Undo { toast, what: Undoable::Sending(submission, email) }));
    }

    /// Sends the receipt of reading that a message asks for, or declines it.
    pub fn answer_receipt(self, email: EmailId, send: bool) {
        let account = self.account.get_untracked();
        spawn_local(async move {
            let _hold = self.hold();
            match self.api().answer_receipt(account, email, send).await {
                Ok(()) => {
                    let code = if send { "receipt-send" } else { "receipt-decline" };
                    self.toasts.say(i18n::said(self.lang, code, 1).unwrap_or_default());
                }
                Err(problem) => self.failed(&problem),
            }
            self.refresh(false).await;
        });
    }

    /// Calls a message back and opens it again.
    pub fn call_back(self, submission: SubmissionId, email: EmailId) {
        let Some(desk) = self.desk() else { return };
        let account = self.account.get_untracked();
        let navigate = self.navigate;
        spawn_local(async move {
            let _hold = self.hold();
            match self.api().call_back(account, submission, desk).await {
                Ok(()) => {
                    self.toasts.say(i18n::said(self.lang, "unsend", 1).unwrap_or_default());
                    navigate.run(crate::app::compose_url(account, Start::Draft(email)));
                }
                Err(problem) => self.failed(&problem),
            }
            self.refresh(false).await;
        });
    }
}
