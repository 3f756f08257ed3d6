//! The team of a BAL: who is in it, who has what in hand, notes, and who answers at this moment.

use leptos::{prelude::*, task::spawn_local};
use wire::{
    id::{AccountId, EmailId, MailboxId, NoteId, PersonId, ThreadId},
    team::{Answering, Others},
};

use crate::{
    api::{
        Api,
        list::Source,
        team::{Change, Sight},
    },
    browser::clock,
    i18n,
};

use super::Mail;

/// Milliseconds after which the sign of answering is given again, while one writes.
const AGAIN_MS: u64 = 30_000;

/// The team on screen.
#[derive(Clone, Copy)]
pub struct Team {
    pub sight: RwSignal<Sight>,
    /// What the others do, or did, in the conversation that the composer answers.
    pub others: RwSignal<Others>,
    shown: StoredValue<Option<Shown>>,
    /// When the first sign of answering ends, the screen asks again.
    timer: StoredValue<Option<TimeoutHandle>>,
}

/// What the sight is of.
type Shown = (AccountId, Option<MailboxId>, Option<ThreadId>);

impl Team {
    pub(super) fn new(sight: Sight, others: Others) -> Self {
        Self {
            sight: RwSignal::new(sight),
            others: RwSignal::new(others),
            shown: StoredValue::new(None),
            timer: StoredValue::new(None),
        }
    }

    /// Whether several work in this BAL (not followed).
    pub fn is_shared(&self) -> bool {
        self.sight.with_untracked(Sight::is_shared)
    }

    /// Who answers the conversation on screen now.
    pub fn answering(&self) -> Vec<Answering> {
        self.sight.with(|sight| sight.work.as_ref().map(|work| work.answering.clone()).unwrap_or_default())
    }
}

impl Mail {
    fn team_shown(&self) -> Shown {
        untrack(|| {
            let folder = match self.list.source() {
                Some(Source::Mailbox(folder)) if self.list_is_shown() => Some(folder),
                _ => None,
            };
            let opened = self.reading.opened.get().map(|opened| opened.thread);
            (self.account.get(), folder, opened.or_else(|| self.team.others.with(|others| others.thread_id)))
        })
    }

    fn list_is_shown(&self) -> bool {
        self.place.with_untracked(|place| place.list().is_some())
    }

    /// The page is alive: what it came with is on screen.
    pub fn begin_team(self) {
        self.team.shown.set_value(Some(self.team_shown()));
        self.watch_signs();
    }

    /// Another folder, conversation or BAL is on screen: its team is asked for.
    pub(super) fn follow_team(self) {
        let now = self.team_shown();
        let before = self.team.shown.get_value();
        self.team.shown.set_value(Some(now));
        if before == Some(now) {
            return;
        }
        if let Some(before) = before {
            self.team.sight.update(|sight| {
                if before.0 != now.0 {
                    *sight = Sight::default();
                } else if before.2 != now.2 {
                    (sight.work, sight.notes) = (None, Vec::new());
                }
            });
        }
        spawn_local(async move { self.refresh_team(&self.api().automatic()).await });
    }

    /// Asks again for the team on screen.
    pub async fn refresh_team(self, api: &Api) {
        let asked = self.team_shown();
        match api.team(asked.0, asked.1, asked.2).await {
            Ok(sight) if self.team_shown() == asked => {
                if self.team.sight.with_untracked(|old| *old != sight) {
                    self.team.sight.set(sight);
                }
                self.watch_signs();
            }
            Ok(_) => {}
            Err(problem) => self.session.notice(&problem),
        }
    }

    /// A sign that is not given again ends: then what is on screen is asked for again.
    fn watch_signs(self) {
        let rows = self.list.page.with_untracked(|page| {
            let signs = page.rows.iter().filter_map(|row| row.work.as_ref()).flat_map(|work| &work.answering);
            signs.map(|sign| sign.seconds).min()
        });
        let here = untrack(|| self.team.answering()).iter().map(|sign| sign.seconds).min();
        let first = rows.into_iter().chain(here).min();
        self.team.timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
            *timer = first.and_then(|seconds| {
                clock::after(u64::from(seconds) * 1000 + 500, move || {
                    spawn_local(async move {
                        let api = self.api().automatic();
                        if let Err(problem) = self.list.refresh(&api, true).await {
                            self.session.notice(&problem);
                        }
                        self.refresh_team(&api).await;
                    });
                })
            });
        });
    }

    /// Changes assignee or state of conversations; `refused` runs when that fails.
    pub fn work_set(self, threads: Vec<ThreadId>, change: Change, refused: impl FnOnce() + 'static) {
        let account = self.account.get_untracked();
        self.team_act("work-set", async move {
            let answer = self.api().work_set(account, &threads, change).await;
            if answer.is_err() {
                refused();
            }
            answer
        });
    }

    /// Writes a note; `then` runs once it is kept.
    pub fn note_add(self, thread: ThreadId, text: String, then: impl FnOnce() + 'static) {
        let account = self.account.get_untracked();
        self.team_act("note-add", async move {
            self.api().note_add(account, thread, &text).await?;
            then();
            Ok(())
        });
    }

    /// Removes a note.
    pub fn note_delete(self, note: NoteId) {
        let account = self.account.get_untracked();
        self.team_act("note-delete", async move { self.api().note_delete(account, note).await });
    }

    /// Gives what somebody has in hand to another, or to nobody.
    pub fn hand_over(self, from: PersonId, to: Option<PersonId>) {
        let account = self.account.get_untracked();
        spawn_local(async move {
            let _hold = self.hold();
            match self.api().hand_over(account, from, to).await {
                Ok(total) => {
                    self.toasts.say(i18n::said(self.lang, "work-handed", total).unwrap_or_default());
                    self.refresh(false).await;
                }
                Err(problem) => self.failed(&problem),
            }
        });
    }

    fn team_act(self, said: &'static str, act: impl Future<Output = Result<(), wire::Problem>> + 'static) {
        spawn_local(async move {
            let _hold = self.hold();
            match act.await {
                Ok(()) => {
                    self.toasts.say(i18n::said(self.lang, said, 1).unwrap_or_default());
                }
                Err(problem) => self.failed(&problem),
            }
            self.refresh(false).await;
        });
    }

    /// Says that one answers the conversation of a message; again and again until `over`. `email` is asked each time, since
    /// a draft gets another id when it is saved.
    pub fn answer(self, email: impl Fn() -> Option<EmailId> + Clone + 'static, over: impl Fn() -> bool + Clone + 'static) {
        let account = self.account.get_untracked();
        let (now, later) = ((email.clone(), over.clone()), (email, over));
        spawn_local(async move {
            if let Some(email) = (now.0)() {
                let answer = self.api().automatic().answering(account, email, true).await;
                if (now.1)() {
                    return;
                }
                // Who cannot be asked is asked again in a while.
                if let Ok(others) = answer {
                    self.team.others.set(others);
                    self.follow_team();
                }
            }
            clock::after(AGAIN_MS, move || {
                if !(later.1)() {
                    self.answer(later.0, later.1);
                }
            });
        });
    }

    /// One does not answer any more.
    pub fn answer_over(self, email: EmailId) {
        let account = self.account.get_untracked();
        self.team.others.set(Others::default());
        // The sign ends by itself when this fails.
        spawn_local(async move { drop(self.api().automatic().answering(account, email, false).await) });
    }
}
