//! A message being written: saved as one types, kept in the tab meanwhile, sent once.

mod handing;
mod sending;

use leptos::{prelude::*, task::spawn_local};
use wire::{
    FieldError, Problem,
    id::{EmailId, IdentityId, PatientId},
    limits::{MESSAGE_OCTETS, PATIENT_OCTETS},
    mail::Address,
    patient::Answering,
    portal::Action,
};

use crate::{
    api::compose::{Attached, Draft},
    app::{Mode, Start, compose_url},
    browser::{self, clock},
    i18n,
    state::{Mail, drafts},
};

use super::recipients::{self, Chip};

/// Milliseconds after the last key before the draft is saved.
const PAUSE_MS: u64 = 1_200;
/// Milliseconds that someone who never pauses waits at most.
const LONGEST_MS: f64 = 2_400.0;
/// Milliseconds before a save that failed is tried again.
const AGAIN_MS: u64 = 5_000;

/// How the draft stands with the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Saved {
    /// Nothing was typed yet.
    Unchanged,
    Not,
    Now,
    At(String),
    Failed,
}

/// A file of the message: on its way, there, or refused.
#[derive(Debug, Clone, PartialEq)]
pub struct File {
    pub key: u32,
    pub name: String,
    pub size: u64,
    pub kind: String,
    /// Set once the server has it.
    pub blob: Option<String>,
    pub failed: Option<String>,
}

/// A message being written.
#[derive(Clone, Copy)]
pub struct Writing {
    pub mail: Mail,
    start: Start,
    pub id: RwSignal<Option<EmailId>>,
    identity: StoredValue<Option<IdentityId>>,
    /// To, Cc, Bcc.
    pub recipients: [RwSignal<Vec<Chip>>; 3],
    /// What is typed in each field and is no recipient yet.
    pub typing: [RwSignal<String>; 3],
    pub subject: RwSignal<String>,
    pub text: RwSignal<String>,
    /// A receipt of reading is asked for.
    pub receipt: RwSignal<bool>,
    /// What a patient may do with it.
    pub answering: RwSignal<Answering>,
    /// It was refused because patients and others would see each other.
    pub mixed: RwSignal<bool>,
    pub files: RwSignal<Vec<File>>,
    /// How much of each file on its way has left, from 0 to 1.
    pub progress: RwSignal<Vec<(u32, RwSignal<Option<u32>>)>>,
    thread: StoredValue<(Vec<String>, Vec<String>)>,
    /// The file that was left out.
    pub too_large: RwSignal<Option<String>>,
    pub saved: RwSignal<Saved>,
    pub sending: RwSignal<bool>,
    pub failure: RwSignal<Option<String>>,
    /// Of a form that is drawn again, with its id.
    pub refused: StoredValue<(String, Vec<FieldError>)>,
    /// Counts changes; `kept` is the count that the server has.
    revision: StoredValue<u32>,
    kept: StoredValue<u32>,
    timer: StoredValue<Option<TimeoutHandle>>,
    /// When the first change not yet saved was made; 0 when there is none.
    since_ms: StoredValue<f64>,
    /// Cc and Bcc that are shown though empty.
    pub unfolded: [RwSignal<bool>; 2],
    busy: StoredValue<bool>,
    over: StoredValue<bool>,
}

impl Writing {
    /// Starts from a draft.
    pub fn new(mail: Mail, start: Start, draft: Draft) -> Self {
        let known = mail.recipients.get_value();
        let chips = |list: &[Address]| RwSignal::new(recipients::chips(list, &known));
        Self {
            mail,
            start,
            id: RwSignal::new(draft.id),
            identity: StoredValue::new(draft.identity),
            recipients: [chips(&draft.to), chips(&draft.cc), chips(&draft.bcc)],
            typing: [(); 3].map(|()| RwSignal::new(String::new())),
            subject: RwSignal::new(draft.subject.clone()),
            text: RwSignal::new(draft.text.clone()),
            receipt: RwSignal::new(draft.receipt == Some(true)),
            answering: RwSignal::new(if draft.ends { Answering::Refused } else { Answering::Allowed }),
            mixed: RwSignal::new(draft.faults.iter().any(|fault| is_mixed(&fault.code))),
            files: RwSignal::new(listed(&draft.attachments)),
            progress: RwSignal::new(Vec::new()),
            thread: StoredValue::new((draft.in_reply_to.clone(), draft.references.clone())),
            too_large: RwSignal::new(None),
            saved: RwSignal::new(Saved::Unchanged),
            sending: RwSignal::new(false),
            failure: RwSignal::new(None),
            refused: StoredValue::new((draft.form.clone(), draft.faults.clone())),
            revision: StoredValue::new(0),
            kept: StoredValue::new(0),
            timer: StoredValue::new(None),
            since_ms: StoredValue::new(0.0),
            unfolded: [(); 2].map(|()| RwSignal::new(false)),
            busy: StoredValue::new(false),
            over: StoredValue::new(false),
        }
    }

    /// Once the page is alive: takes back what a lost session kept, checks recipients, puts the cursor where one
    /// writes; when the screen goes, saves what is not saved yet.
    pub fn watch(self) {
        Effect::new(move |_| {
            let account = self.mail.account.get_untracked();
            let key = self.key();
            spawn_local(async move {
                let kept = drafts::kept(&key, account, self.start).await;
                if let Some(kept) = kept.filter(|_| self.over.try_get_value() == Some(false)) {
                    self.restore(kept);
                }
            });
            if self.mail.team.is_shared() && self.mail.may(Action::Draft) {
                self.mail.answer(move || self.answered(), move || self.over.try_get_value() != Some(false));
            }
            self.check(true);
            let field = match self.start {
                Start::From(_, Mode::Reply | Mode::ReplyAll) => ".composer-body",
                _ => "#composer-to",
            };
            clock::after(0, move || {
                browser::focus::focus(field);
                if field == ".composer-body"
                    && let Some(body) = browser::find::<leptos::web_sys::HtmlTextAreaElement>(field)
                {
                    let _ = body.set_selection_range(0, 0);
                    body.set_scroll_top(0);
                }
            });
        });
        on_cleanup(move || self.leave());
    }

    /// The message whose conversation is answered, if it is.
    fn answered(&self) -> Option<EmailId> {
        match self.start {
            // Each save of a draft makes another message.
            Start::Draft(_) => self.id.try_get_untracked().flatten(),
            start => start.answered(),
        }
    }

    /// The others of the team learn that one does not answer any more.
    fn answer_over(&self) {
        if let Some(email) = self.answered().filter(|_| self.mail.team.is_shared()) {
            self.mail.answer_over(email);
        }
    }

    fn restore(self, kept: Draft) {
        if self.id.get_untracked().is_none() {
            self.id.set(kept.id);
        }
        for (field, list) in self.recipients.into_iter().zip([kept.to, kept.cc, kept.bcc]) {
            field.set(recipients::chips(&list, &[]));
        }
        self.subject.set(kept.subject);
        self.text.set(kept.text);
        self.receipt.set(kept.receipt == Some(true));
        self.answering.set(if kept.ends { Answering::Refused } else { Answering::Allowed });
        self.files.set(listed(&kept.attachments));
        self.mail.toasts.say(i18n::compose::restored(self.mail.lang).to_owned());
        self.changed();
    }

    /// The message as it stands.
    pub fn draft(&self) -> Draft {
        let list = |field: RwSignal<Vec<Chip>>| {
            field.with_untracked(|chips| chips.iter().map(|chip| chip.address.clone()).collect())
        };
        let (in_reply_to, references) = self.thread.get_value();
        Draft {
            id: self.id.get_untracked(),
            identity: self.identity.get_value(),
            to: list(self.recipients[0]),
            cc: list(self.recipients[1]),
            bcc: list(self.recipients[2]),
            subject: self.subject.get_untracked(),
            text: self.text.get_untracked(),
            receipt: Some(self.receipt.get_untracked()),
            ends: self.parties_now().0 > 0 && self.answering.get_untracked() != Answering::Allowed,
            in_reply_to,
            references,
            attachments: self.files.with_untracked(|files| files.iter().filter_map(attached).collect()),
            ..Draft::default()
        }
    }

    /// How many patients and how many others it goes to.
    pub fn parties(&self) -> (usize, usize) {
        self.recipients.iter().fold((0, 0), |sum, field| field.with(|chips| counted(sum, chips)))
    }

    /// The same without following them.
    pub fn parties_now(&self) -> (usize, usize) {
        self.recipients.iter().fold((0, 0), |sum, field| field.with_untracked(|chips| counted(sum, chips)))
    }

    /// Whether parents of a patient will read it.
    pub fn has_minor(&self) -> bool {
        self.recipients.iter().any(|field| field.with(|chips| chips.iter().any(|chip| chip.minor)))
    }

    /// The first patient of whom information or consent is still to be noted.
    pub fn untold(&self) -> Option<PatientId> {
        self.recipients.iter().find_map(|field| field.with(|chips| chips.iter().find_map(|chip| chip.untold)))
    }

    /// The address of the patient it goes to, when there is exactly one.
    pub fn only_patient(&self) -> Option<String> {
        let mut found = Vec::new();
        for field in self.recipients {
            field.with(|chips| {
                let patients = chips.iter().filter(|chip| chip.is_patient() && !chip.is_refused());
                found.extend(patients.map(|chip| chip.address.email.clone()));
            });
        }
        found.pop().filter(|_| found.is_empty())
    }

    /// Octets that the message may have.
    pub fn most_octets(&self) -> u64 {
        if self.parties_now().0 > 0 { PATIENT_OCTETS } else { MESSAGE_OCTETS }
    }

    /// Whether nothing would be lost by throwing it away.
    pub fn is_empty(&self) -> bool {
        self.revision.get_value() == 0 && self.id.get_untracked().is_none()
    }

    /// Takes what was typed.
    pub fn typed(self, change: impl FnOnce()) {
        change();
        self.changed();
    }

    /// Something changed: kept in the tab at once, with the server soon.
    pub fn changed(self) {
        self.revision.update_value(|revision| *revision += 1);
        self.failure.set(None);
        if self.saved.with_untracked(|saved| !matches!(saved, Saved::Now | Saved::Failed)) {
            self.saved.set(Saved::Not);
        }
        drafts::keep(self.key(), self.mail.account.get_untracked(), self.here(), &self.draft());
        let now = clock::now_ms();
        if self.since_ms.get_value() == 0.0 {
            self.since_ms.set_value(now);
        }
        let left = (self.since_ms.get_value() + LONGEST_MS - now).max(0.0) as u64;
        self.save_soon(left.min(PAUSE_MS));
    }

    /// The key of copies kept in the tab.
    fn key(&self) -> String {
        self.mail.me.with_untracked(|me| me.draft_key.clone())
    }

    /// Whether Cc (1) or Bcc (2) is hidden: nobody is in it and nobody asked for it.
    pub fn is_folded(&self, field: usize) -> bool {
        field > 0 && !self.unfolded[field - 1].get() && self.recipients[field].with(Vec::is_empty)
    }

    fn here(&self) -> Start {
        drafts::place(self.id.get_untracked(), self.start)
    }

    /// Saves after a while, unless something changes before.
    pub fn save_soon(self, after_ms: u64) {
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = clock::after(after_ms, move || spawn_local(async move { drop(self.save().await) }));
        });
    }

    /// Saves, if something changed since the last time. One save at a time: the next makes up for what was typed
    /// meanwhile.
    async fn save(self) -> Result<(), Problem> {
        while self.busy.try_get_value() == Some(true) {
            clock::sleep(50).await;
        }
        if self.over.try_get_value() != Some(false) {
            return Ok(());
        }
        let revision = self.revision.get_value();
        if revision == self.kept.get_value() && self.id.get_untracked().is_some() {
            return Ok(());
        }
        let (Some(from), Some(drafts)) = (self.mail.sender(), self.mail.role("drafts")) else {
            return Err(Problem::new("forbidden", 403, "No identity or no drafts"));
        };
        self.busy.set_value(true);
        self.since_ms.set_value(0.0);
        self.saved.set(Saved::Now);
        let account = self.mail.account.get_untracked();
        let hold = self.mail.hold();
        let answer = self.mail.api().save_draft(account, &from, drafts, &self.draft()).await;
        if let Ok(saved) = &answer {
            self.mail.knows_draft(drafts, saved);
        }
        drop(hold);
        if self.busy.try_set_value(false).is_some() {
            // The screen is gone meanwhile; `leave` did what was left.
            return Ok(());
        }
        match answer {
            Ok(saved) => {
                self.settle(saved.id, revision);
                Ok(())
            }
            Err(problem) => {
                self.mail.session.notice(&problem);
                self.saved.set(Saved::Failed);
                if problem.is_transient() {
                    self.save_soon(AGAIN_MS);
                }
                Err(problem)
            }
        }
    }

    fn settle(self, id: EmailId, revision: u32) {
        let account = self.mail.account.get_untracked();
        drafts::forget(account, self.here());
        self.id.set(Some(id));
        self.kept.set_value(revision);
        browser::replace_address(&compose_url(account, Start::Draft(id)));
        if self.revision.get_value() == revision {
            self.saved.set(Saved::At(clock::time_of_day()));
        } else {
            drafts::keep(self.key(), account, self.here(), &self.draft());
            self.saved.set(Saved::Not);
        }
    }

    /// The screen goes: what is not saved yet is saved without it.
    fn leave(self) {
        if !self.over.get_value() && browser::window().is_some() {
            self.answer_over();
        }
        let unsaved = !self.over.get_value() && self.revision.get_value() != self.kept.get_value();
        self.over.set_value(true);
        self.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
        if !unsaved || browser::window().is_none() {
            return;
        }
        let (mail, draft, here) = (self.mail, self.draft(), self.here());
        let (Some(from), Some(folder)) = (mail.sender(), mail.role("drafts")) else { return };
        spawn_local(async move {
            let account = mail.account.get_untracked();
            match mail.api().save_draft(account, &from, folder, &draft).await {
                Ok(_) => {
                    drafts::forget(account, here);
                    mail.toasts.say(i18n::said(mail.lang, "save", 1).unwrap_or_default());
                    mail.refresh(false).await;
                }
                Err(problem) => mail.failed(&problem),
            }
        });
    }

    /// Throws the draft away.
    pub fn discard(self) {
        self.over.set_value(true);
        self.answer_over();
        let (mail, id) = (self.mail, self.id.get_untracked());
        let account = mail.account.get_untracked();
        drafts::forget(account, self.here());
        mail.navigate.run(untrack(|| mail.list_url()));
        spawn_local(async move {
            if let Some(id) = id
                && let Err(problem) = mail.api().destroy(account, &[id]).await
            {
                return mail.failed(&problem);
            }
            mail.toasts.say(i18n::said(mail.lang, "discard", 1).unwrap_or_default());
            mail.refresh(false).await;
        });
    }
}

/// Refused until it is confirmed, or sent apart.
fn is_mixed(code: &str) -> bool {
    matches!(code, "patient-mixed" | "patient-several")
}

fn counted((patients, others): (usize, usize), chips: &[Chip]) -> (usize, usize) {
    let of = chips.iter().filter(|chip| chip.is_patient()).count();
    (patients + of, others + chips.len() - of)
}

fn attached(file: &File) -> Option<Attached> {
    let blob = file.blob.clone()?;
    Some(Attached { blob, name: file.name.clone(), kind: file.kind.clone(), size: file.size })
}

fn listed(attachments: &[Attached]) -> Vec<File> {
    let file = |(at, it): (usize, &Attached)| File {
        key: at as u32,
        name: it.name.clone(),
        size: it.size,
        kind: it.kind.clone(),
        blob: Some(it.blob.clone()),
        failed: None,
    };
    attachments.iter().enumerate().map(file).collect()
}
