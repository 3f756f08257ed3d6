//! What changes on the server shows by itself: the events say that something changed, the screen asks what. It asks
//! once for a burst, never while an act of the person is under way (which asks by itself at its end), and not at all
//! when what is on screen is that state already.

use leptos::{prelude::*, task::spawn_local};
use serde_json::Value;
use std::{cell::Cell, rc::Rc};
use wire::{Problem, id::MailboxId};

use crate::{
    api::{compose::SavedDraft, list::Source},
    app::Place,
    browser::{self, clock, live},
};

use super::Mail;

/// Milliseconds that several events wait for each other.
const GATHER_MS: u64 = 120;
/// The types whose states are followed, in the order of [`States`].
const TYPES: [&str; 4] = ["Email", "Mailbox", "EmailSubmission", "Work"];

/// States (RFC 8620 §1.6.1), which this server counts upwards.
pub type States = [u64; TYPES.len()];

/// The number in a state.
pub fn state_number(state: &str) -> u64 {
    state.parse().unwrap_or_default()
}

/// Holds back what events would ask, until it is dropped.
pub struct Hold(StoredValue<u32>);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.try_update_value(|acts| *acts = acts.saturating_sub(1));
    }
}

impl Mail {
    /// Starts to listen. Does nothing on the server.
    pub fn listen(self) {
        let waiting = Rc::new(Cell::new(false));
        live::listen(move |text| {
            if self.hear(&text) && !waiting.replace(true) {
                self.catch_up(waiting.clone());
            }
        });
    }

    /// Takes an event (RFC 8620 §7.1); false when it concerns another account or says nothing new.
    fn hear(self, text: &str) -> bool {
        // The connection is back: anything may have been missed.
        if text.is_empty() {
            self.missed.set_value(true);
            return true;
        }
        let Ok(event) = wire::read::<Value>(text) else { return false };
        let account = self.account.get_untracked().to_string();
        let changed = &event["changed"][account];
        let states = TYPES.map(|kind| changed[kind].as_str().map_or(0, state_number));
        // Of a type that nothing on screen was read from yet, what is known starts here.
        self.known.update_value(|known| {
            known.iter_mut().zip(states).filter(|(known, _)| **known == 0).for_each(|(known, state)| *known = state);
        });
        self.heard.update_value(|heard| *heard = newest(*heard, states));
        self.is_behind()
    }

    fn is_behind(&self) -> bool {
        let known = self.known.get_value();
        self.missed.get_value() || self.heard.get_value().into_iter().zip(known).any(|(heard, known)| heard > known)
    }

    fn catch_up(self, waiting: Rc<Cell<bool>>) {
        clock::after(GATHER_MS, move || {
            if self.acts.try_get_value().is_some_and(|acts| acts > 0) {
                return self.catch_up(waiting);
            }
            waiting.set(false);
            if self.acts.try_get_value().is_some() && self.is_behind() {
                spawn_local(async move { self.follow().await });
            }
        });
    }

    /// Asks for what the events told of.
    async fn follow(self) {
        let (heard, known, missed) = (self.heard.get_value(), self.known.get_value(), self.missed.get_value());
        if missed || heard[0] > known[0] {
            return self.refresh(true).await;
        }
        let _hold = self.hold();
        let (api, account) = (self.api().automatic(), self.account.get_untracked());
        if heard[1] > known[1] {
            self.refresh_folders(&api).await;
        }
        if heard[2] > known[2]
            && let Err(problem) = self.reading.refresh(&api, account).await
        {
            self.session.notice(&problem);
        }
        if heard[3] > known[3] {
            if let Err(problem) = self.list.refresh(&api, true).await {
                self.session.notice(&problem);
            }
            self.refresh_team(&api).await;
        }
        self.knows(heard);
    }

    /// While it lives, events wait: the act under way asks by itself at its end.
    pub fn hold(&self) -> Hold {
        self.acts.update_value(|acts| *acts += 1);
        Hold(self.acts)
    }

    /// What is on screen is at least in these states.
    fn knows(&self, states: States) {
        self.known.update_value(|known| *known = newest(*known, states));
    }

    /// A draft was saved and nothing else happened: the list on screen has nothing to learn, unless it shows drafts.
    pub fn knows_draft(&self, drafts: MailboxId, saved: &SavedDraft) {
        let shows = match untrack(|| self.list.source()) {
            Some(Source::Mailbox(mailbox)) => mailbox == drafts,
            Some(Source::Search(_)) => true,
            None => false,
        };
        let (before, after) = (state_number(&saved.states.0), state_number(&saved.states.1));
        if !shows && self.known.get_value()[0] == before {
            self.knows([after, 0, 0, 0]);
        }
    }

    /// Asks again for folders, rows and the open conversation. `live`: no act of the person caused it.
    pub async fn refresh(self, live: bool) {
        let _hold = self.hold();
        let api = if live { self.api().automatic() } else { self.api() };
        let account = self.account.get_untracked();
        // What is asked from here on is at least as new.
        let heard = self.heard.get_value();
        self.missed.set_value(false);
        let answers = [self.list.refresh(&api, live).await, self.reading.refresh(&api, account).await];
        self.refresh_folders(&api).await;
        if self.team.is_shared() {
            self.refresh_team(&api).await;
        }
        let failed = answers.into_iter().filter_map(Result::err).map(|problem| self.troubled(&problem)).count();
        if failed == 0 {
            self.knows(newest(heard, [self.list.state(), 0, 0, 0]));
        }
    }

    /// Notes a failure. Where the BAL is not open to this person any more, what is on screen goes too; what is being
    /// written stays, since nothing typed is ever lost.
    fn troubled(&self, problem: &Problem) {
        self.session.notice(problem);
        let writing = self.place.with_untracked(|place| matches!(place, Place::Compose(..)));
        if problem.code() == "accountNotFound" && !writing {
            browser::leave(&browser::address());
        }
    }

    async fn refresh_folders(&self, api: &crate::api::Api) {
        match api.mailboxes(self.account.get_untracked()).await {
            Ok((mailboxes, state)) => {
                if self.mailboxes.with_untracked(|old| *old != mailboxes) {
                    self.mailboxes.set(mailboxes);
                }
                self.knows([0, state_number(&state), 0, 0]);
            }
            Err(problem) => self.session.notice(&problem),
        }
    }
}

fn newest(a: States, b: States) -> States {
    std::array::from_fn(|at| a[at].max(b[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_only_grow() {
        assert_eq!(newest([5, 1, 0, 0], [4, 2, 0, 0]), [5, 2, 0, 0]);
        assert_eq!(state_number("17"), 17);
        assert_eq!(state_number(""), 0);
    }
}
