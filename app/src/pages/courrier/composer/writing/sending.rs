//! Sending: what stops a message, what one is asked first, and what is said when it is refused.

use leptos::{prelude::*, task::spawn_local};
use serde_json::Map;
use wire::{
    Problem,
    limits::{PATIENT_OCTETS, RECIPIENTS},
    mail::keyword,
    patient::blanks,
};

use super::{Chip, Writing, is_mixed};
use crate::{
    app::{Mode, Start},
    i18n,
    pages::courrier::team,
    state::drafts,
};

/// What one wrote oneself: neither what is quoted nor the signature.
fn own(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.starts_with('>') && !line.starts_with("-- "));
    lines.flat_map(|line| [line, "\n"]).collect()
}

impl Writing {
    /// What is typed becomes recipients. False: it is leaving already, or something stops it, which is said.
    pub(super) fn is_ready(self) -> bool {
        if self.sending.get_untracked() {
            return false;
        }
        for field in 0..3 {
            self.take_typed(field);
        }
        let obstacle = self.obstacle();
        let ready = obstacle.is_none();
        if !ready {
            self.failure.set(obstacle);
        }
        ready
    }

    /// What stops the message from leaving, in words.
    fn obstacle(&self) -> Option<String> {
        let lang = self.mail.lang;
        let all: Vec<Chip> = self.recipients.iter().flat_map(|field| field.get_untracked()).collect();
        if all.is_empty() {
            return Some(i18n::recipient::none(lang).to_owned());
        }
        if all.len() > RECIPIENTS {
            return Some(i18n::error(lang, "too-many-recipients", &[RECIPIENTS.to_string()]));
        }
        let refused = all.iter().filter(|chip| chip.is_refused()).count();
        if refused > 0 {
            return Some(i18n::recipient::refused(lang, refused as u64));
        }
        let octets: u64 = self.files.with_untracked(|files| files.iter().map(|file| file.size).sum());
        if self.parties_now().0 > 0 && octets > PATIENT_OCTETS * 3 / 4 {
            return Some(i18n::error(lang, "patient-too-large", &[(PATIENT_OCTETS / 1_000_000).to_string()]));
        }
        let blanks = untrack(|| self.blanks());
        if !blanks.is_empty() {
            return Some(i18n::error(lang, "template-blanks", &[blanks.join(", ")]));
        }
        let failed = self.files.with_untracked(|files| files.iter().find_map(|file| file.failed.clone()));
        let waiting =
            self.files.with_untracked(|files| files.iter().find(|file| file.blob.is_none()).map(|file| file.name.clone()));
        failed.or_else(|| waiting.map(|name| i18n::compose::attach_progress(lang, &name)))
    }

    /// Sends: what is typed becomes recipients, the draft is saved, then submitted. What is refused is said here, with
    /// everything still in place.
    pub fn send(self) {
        if !self.is_ready() {
            return;
        }
        let lang = self.mail.lang;
        match self.doubt() {
            Some(words) => {
                self.mail.ask(words, String::new(), i18n::compose::send_anyway(lang), false, move || self.depart());
            }
            None => self.depart(),
        }
    }

    /// Fields of a template that are still to be completed, in a message to a patient.
    pub fn blanks(&self) -> Vec<String> {
        if self.parties().0 == 0 {
            return Vec::new();
        }
        let whole = [self.subject.get(), self.text.with(|text| own(text))].join("\n");
        blanks(&whole).into_iter().map(str::to_owned).collect()
    }

    /// What one may have forgotten, as a question.
    fn doubt(&self) -> Option<&'static str> {
        let lang = self.mail.lang;
        let own = self.text.with_untracked(|text| own(text)).to_lowercase();
        let files = self.files.with_untracked(|files| !files.is_empty());
        if !files && i18n::compose::attachment_words(lang).iter().any(|word| own.contains(word)) {
            return Some(i18n::compose::forgotten_ask(lang));
        }
        let unnamed = self.subject.with_untracked(|subject| subject.trim().is_empty());
        unnamed.then(|| i18n::compose::no_subject_ask(lang))
    }

    fn depart(self) {
        self.sending.set(true);
        spawn_local(async move {
            let Some(words) = self.double().await else { return self.carry_out().await };
            self.sending.set(false);
            let lang = self.mail.lang;
            let what = i18n::team::double_what(lang).to_owned();
            self.mail.ask(&words, what, i18n::compose::send_anyway(lang), false, move || {
                self.sending.set(true);
                spawn_local(async move { self.carry_out().await });
            });
        });
    }

    /// Another of the team answers at this moment, or did since the last message came in: in words. Not knowing stops
    /// nobody.
    async fn double(&self) -> Option<String> {
        let email = self.answered().filter(|_| self.mail.team.is_shared())?;
        let others = self.mail.api().answering(self.mail.account.get_untracked(), email, true).await.ok()?;
        team::warning(self.mail, &others)
    }

    async fn carry_out(self) {
        if let Err(problem) = self.submit().await {
            self.sending.set(false);
            self.refused(&problem);
        }
    }

    async fn submit(self) -> Result<(), Problem> {
        let mail = self.mail;
        let _hold = mail.hold();
        self.save().await?;
        let (Some(from), Some(desk)) = (mail.sender(), mail.desk()) else {
            return Err(Problem::new("forbidden", 403, "No identity or no folders"));
        };
        let account = mail.account.get_untracked();
        let draft = self.draft();
        let sent = mail.api().send(account, &from, desk, &draft).await?;
        self.over.set_value(true);
        self.answer_over();
        drafts::forget(account, self.here());
        let start = self.start;
        if let Some(id) = draft.id {
            mail.departs(sent.submission, id, sent.seconds);
        }
        mail.navigate.run(untrack(|| mail.list_url()));
        if let Start::From(email, mode) = start {
            let word = if mode == Mode::Forward { keyword::FORWARDED } else { keyword::ANSWERED };
            let mark = Map::from_iter([(format!("keywords/{word}"), true.into())]);
            // The message has left: a mark that fails is not worth an alarm.
            let _ = mail.api().patch(account, &[(email, mark)]).await;
        }
        mail.refresh(false).await;
        Ok(())
    }

    pub(super) fn refused(self, problem: &Problem) {
        self.mail.session.notice(problem);
        let lang = self.mail.lang;
        let named: Vec<&String> =
            problem.errors.iter().filter(|error| error.code == "recipient").map(|error| &error.field).collect();
        for field in self.recipients {
            field.update(|chips| {
                for chip in
                    chips.iter_mut().filter(|chip| named.iter().any(|it| it.eq_ignore_ascii_case(&chip.address.email)))
                {
                    chip.state = "unknown".into();
                }
            });
        }
        let code = if problem.status == 0 { "network" } else { problem.code() };
        self.mixed.set(is_mixed(code));
        // `messages-hour: 200` says which limit and its number.
        let rate = (code == "rateLimit").then(|| problem.title.split_once(": ")).flatten();
        self.failure.set(Some(match rate {
            Some((what, most)) => i18n::error(lang, &["rate-", what].concat(), &[most.to_owned()]),
            // What is said of patients names what the server names.
            None if code.starts_with("patient-") => i18n::error(lang, code, std::slice::from_ref(&problem.title)),
            None => i18n::error(lang, code, &[]),
        }));
        self.check(true);
    }
}
