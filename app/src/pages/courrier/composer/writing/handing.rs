//! Handing a draft in: what one does who may prepare messages and not send them.

use leptos::{prelude::*, task::spawn_local};
use wire::Problem;

use super::Writing;
use crate::{i18n, state::drafts};

impl Writing {
    /// Hands the draft in for somebody who may send: what is typed becomes recipients, the draft is saved first. What is
    /// refused is said here, with everything still in place.
    pub fn hand_in(self) {
        if !self.is_ready() {
            return;
        }
        self.sending.set(true);
        spawn_local(async move {
            if let Err(problem) = self.give().await {
                self.sending.set(false);
                self.refused(&problem);
            }
        });
    }

    async fn give(self) -> Result<(), Problem> {
        let mail = self.mail;
        let _hold = mail.hold();
        self.save().await?;
        let account = mail.account.get_untracked();
        let Some(draft) = self.id.get_untracked() else {
            return Err(Problem::new("draft-gone", 404, "No draft to hand in"));
        };
        mail.api().hand_in(account, draft).await?;
        self.over.set_value(true);
        self.answer_over();
        drafts::forget(account, self.here());
        mail.navigate.run(untrack(|| mail.list_url()));
        mail.toasts.say(i18n::said(mail.lang, "draft-asked", 1).unwrap_or_default());
        mail.refresh(false).await;
        Ok(())
    }
}
