//! The open conversation.

use leptos::{prelude::*, task::spawn_local};
use std::collections::BTreeSet;
use wire::{
    Problem,
    id::{AccountId, EmailId, ThreadId},
    mail::{Message, keyword},
};

use crate::{api::Api, app::Opened, browser::focus};

use super::{Status, session::Session};

/// What the conversation scrolls in.
const SCROLLER: &str = ".reading";
/// Conversations kept that were asked for in advance.
const AHEAD: usize = 6;

/// The conversation on screen.
#[derive(Clone, Copy)]
pub struct Reading {
    pub opened: RwSignal<Option<Opened>>,
    pub status: RwSignal<Status>,
    /// Oldest first.
    pub messages: RwSignal<Vec<Message>>,
    /// Messages that are unfolded.
    pub unfolded: RwSignal<BTreeSet<EmailId>>,
    /// Messages shown as plain text.
    pub as_text: RwSignal<BTreeSet<EmailId>>,
    ahead: StoredValue<Vec<(AccountId, ThreadId, Vec<Message>)>>,
}

impl Reading {
    pub(super) fn new(opened: Option<Opened>, thread: Option<Result<Vec<Message>, Problem>>) -> Self {
        let (status, messages) = match thread {
            Some(Ok(messages)) => (Status::Ready, messages),
            Some(Err(problem)) => (Status::Failed(problem), Vec::new()),
            None => (Status::Loading, Vec::new()),
        };
        let unfolded = opened.map(|opened| first_unfolded(&messages, opened)).unwrap_or_default();
        let as_text = opened.filter(|opened| opened.text).and_then(|opened| opened.email);
        Self {
            opened: RwSignal::new(opened),
            status: RwSignal::new(status),
            messages: RwSignal::new(messages),
            unfolded: RwSignal::new(unfolded),
            as_text: RwSignal::new(as_text.into_iter().collect()),
            ahead: StoredValue::new(Vec::new()),
        }
    }

    /// Opens a conversation, or none. `then` runs once it is on screen.
    pub fn open(
        self,
        api: Api,
        session: Session,
        account: AccountId,
        opened: Option<Opened>,
        then: impl FnOnce() + 'static,
    ) {
        let thread = |opened: Option<Opened>| opened.map(|opened| opened.thread);
        let before = self.opened.get_untracked();
        if before == opened {
            return;
        }
        self.opened.set(opened);
        let Some(opened) = opened else { return };
        if thread(before) == Some(opened.thread) {
            self.unfold_asked(opened);
            return;
        }
        if let Some(messages) = self.take_ahead(account, opened.thread) {
            self.show(messages, opened);
            return then();
        }
        self.status.set(Status::Loading);
        self.messages.set(Vec::new());
        spawn_local(async move {
            let answer = api.thread(account, opened.thread).await;
            if thread(self.opened.get_untracked()) != Some(opened.thread) {
                return;
            }
            match answer {
                Ok(messages) => {
                    self.show(messages, opened);
                    then();
                }
                Err(problem) => {
                    session.notice(&problem);
                    self.status.set(Status::Failed(problem));
                }
            }
        });
    }

    /// Asks again after a failure.
    pub fn retry(self, api: Api, session: Session, account: AccountId) {
        let opened = self.opened.get_untracked();
        self.opened.set(None);
        self.open(api, session, account, opened, || ());
    }

    fn show(&self, messages: Vec<Message>, opened: Opened) {
        self.unfolded.set(first_unfolded(&messages, opened));
        self.as_text.set(opened.email.filter(|_| opened.text).into_iter().collect());
        self.messages.set(messages);
        self.status.set(Status::Ready);
        focus::scroll_top(SCROLLER);
    }

    fn unfold_asked(&self, opened: Opened) {
        if let Some(email) = opened.email {
            self.unfolded.update(|unfolded| {
                unfolded.insert(email);
            });
            self.as_text.update(|as_text| {
                if opened.text {
                    as_text.insert(email)
                } else {
                    as_text.remove(&email)
                };
            });
        }
    }

    /// Folds or unfolds a message.
    pub fn toggle(&self, email: EmailId) {
        self.unfolded.update(|unfolded| {
            if !unfolded.remove(&email) {
                unfolded.insert(email);
            }
        });
    }

    /// Turns a message between its two views.
    pub fn toggle_text(&self, email: EmailId) {
        self.as_text.update(|as_text| {
            if !as_text.remove(&email) {
                as_text.insert(email);
            }
        });
    }

    /// The newest message that is not a draft, or the newest.
    pub fn newest(&self) -> Option<Message> {
        self.messages.with_untracked(|messages| newest(messages).cloned())
    }

    /// Asks again for the conversation on screen; messages that arrived are unfolded when they are new to the reader.
    pub async fn refresh(self, api: &Api, account: AccountId) -> Result<(), Problem> {
        // What came in advance may have changed too: the last of it is asked for again.
        let last = self.ahead.with_value(|ahead| ahead.last().map(|known| known.1));
        self.ahead.set_value(Vec::new());
        if let Some(thread) = last {
            self.look_ahead(api.clone(), account, thread);
        }
        let Some(opened) = self.opened.get_untracked() else { return Ok(()) };
        if self.status.get_untracked() != Status::Ready {
            return Ok(());
        }
        let messages = match api.thread(account, opened.thread).await {
            // Its last message was just moved away or destroyed elsewhere: what is read stays on screen.
            Err(problem) if problem.status == 404 => return Ok(()),
            answer => answer?,
        };
        let still = self.opened.get_untracked().map(|opened| opened.thread) == Some(opened.thread);
        if still && self.messages.with_untracked(|old| *old != messages) {
            self.messages.set(messages);
        }
        Ok(())
    }

    /// Asks for a conversation in advance.
    pub fn look_ahead(self, api: Api, account: AccountId, thread: ThreadId) {
        if self.ahead.with_value(|ahead| ahead.iter().any(|known| known.1 == thread)) {
            return;
        }
        spawn_local(async move {
            if let Ok(messages) = api.automatic().thread(account, thread).await {
                self.ahead.update_value(|ahead| {
                    ahead.retain(|known| known.1 != thread);
                    ahead.push((account, thread, messages));
                    let extra = ahead.len().saturating_sub(AHEAD);
                    ahead.drain(..extra);
                });
            }
        });
    }

    fn take_ahead(&self, account: AccountId, thread: ThreadId) -> Option<Vec<Message>> {
        let mut found = None;
        self.ahead.update_value(|ahead| {
            let at = ahead.iter().position(|known| known.0 == account && known.1 == thread);
            found = at.map(|at| ahead.swap_remove(at).2);
        });
        found
    }
}

fn newest(messages: &[Message]) -> Option<&Message> {
    let sent = messages.iter().rev().find(|message| !message.keywords.contains_key(keyword::DRAFT));
    sent.or(messages.last())
}

/// The newest message, the unread ones and the one that was asked for.
fn first_unfolded(messages: &[Message], opened: Opened) -> BTreeSet<EmailId> {
    let unread = messages.iter().filter(|message| !message.keywords.contains_key(keyword::SEEN)).map(|message| message.id);
    unread.chain(newest(messages).map(|message| message.id)).chain(opened.email).collect()
}
