//! What changes on the server shows by itself: the events say that something changed, the screen asks what.

use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;
use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use crate::browser::{clock, live};

use super::Mail;

/// Milliseconds that several events wait for each other.
const GATHER_MS: u64 = 120;

/// RFC 8620 §7.1, as much as is needed: which accounts changed.
#[derive(Deserialize)]
struct StateChange {
    changed: BTreeMap<String, serde::de::IgnoredAny>,
}

impl Mail {
    /// Starts to listen. Does nothing on the server.
    pub fn listen(self) {
        let waiting = Rc::new(Cell::new(false));
        live::listen(move |text| {
            let account = self.account.get_untracked().to_string();
            let concerns = match serde_json::from_str::<StateChange>(&text) {
                Ok(change) => change.changed.contains_key(&account),
                // The connection is back: anything may have been missed.
                Err(_) => text.is_empty(),
            };
            if !concerns || waiting.replace(true) {
                return;
            }
            let waiting = waiting.clone();
            clock::after(GATHER_MS, move || {
                waiting.set(false);
                spawn_local(async move { self.refresh(true).await });
            });
        });
    }

    /// Asks again for folders, rows and the open conversation. `live`: no act of the person caused it.
    pub async fn refresh(self, live: bool) {
        let api = if live { self.api().automatic() } else { self.api() };
        let account = self.account.get_untracked();
        let answers = [
            self.list.refresh(&api, live).await,
            api.mailboxes(account).await.map(|mailboxes| {
                if self.mailboxes.with_untracked(|old| *old != mailboxes) {
                    self.mailboxes.set(mailboxes);
                }
            }),
            self.reading.refresh(&api, account).await,
        ];
        for problem in answers.into_iter().filter_map(Result::err) {
            self.session.notice(&problem);
        }
    }
}
