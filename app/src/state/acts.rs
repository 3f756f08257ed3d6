//! Acts on conversations: seen at once, confirmed by the server, undone with `z`.

use leptos::{prelude::*, task::spawn_local};
use serde_json::{Map, Value};
use wire::{
    Problem,
    id::{EmailId, MailboxId},
    mail::keyword,
};

use crate::{
    api::{
        change::{Patch, Place, keyword_patch, move_patch},
        list::Source,
    },
    i18n,
};

use super::{
    Mail,
    list::{Overlay, Target},
};

/// What is done. The words are those of the field `op` of `/courrier/faire`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Read,
    Unread,
    Star,
    Unstar,
    /// What matters was copied to the patient's record.
    File,
    Unfile,
    Archive,
    Trash,
    Spam,
    Inbox,
    Move(MailboxId),
    Destroy,
}

impl Op {
    /// Reads the fields `op` and `to` of a form.
    pub fn from_code(code: &str, to: Option<&str>) -> Option<Self> {
        Some(match code {
            "read" => Self::Read,
            "unread" => Self::Unread,
            "star" => Self::Star,
            "unstar" => Self::Unstar,
            "file" => Self::File,
            "unfile" => Self::Unfile,
            "archive" => Self::Archive,
            "trash" => Self::Trash,
            "spam" => Self::Spam,
            "inbox" => Self::Inbox,
            "move" => Self::Move(to?.parse().ok()?),
            "destroy" => Self::Destroy,
            _ => return None,
        })
    }

    /// The word of the form field, and of the confirmation.
    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unread => "unread",
            Self::Star => "star",
            Self::Unstar => "unstar",
            Self::File => "file",
            Self::Unfile => "unfile",
            Self::Archive => "archive",
            Self::Trash => "trash",
            Self::Spam => "spam",
            Self::Inbox => "inbox",
            Self::Move(_) => "move",
            Self::Destroy => "destroy",
        }
    }

    /// The role of the folder it moves to.
    fn role(self) -> Option<&'static str> {
        match self {
            Self::Archive => Some("archive"),
            Self::Trash => Some("trash"),
            Self::Spam => Some("junk"),
            Self::Inbox => Some("inbox"),
            _ => None,
        }
    }

    fn moves(self) -> bool {
        matches!(self, Self::Move(_) | Self::Destroy) || self.role().is_some()
    }

    /// Whether what it was done to leaves the screen.
    pub fn leaves(self) -> bool {
        self.moves() || self == Self::Unread
    }
}

/// Something that can be undone.
#[derive(Debug, Clone)]
pub struct Undo {
    /// The toast that offers it.
    pub toast: u64,
    pub what: Undoable,
}

#[derive(Debug, Clone)]
pub enum Undoable {
    /// Patches that give everything back, once the act is done; none before.
    Act(Option<Vec<(EmailId, Map<String, Value>)>>),
    /// A message on its way.
    Sending(wire::id::SubmissionId, EmailId),
}

impl Mail {
    /// Does something to some conversations or messages: rows change at once, the server follows.
    pub fn act(self, op: Op, targets: Vec<Target>) {
        if targets.is_empty() {
            self.toasts.say(i18n::said(self.lang, "nothing-selected", 1).unwrap_or_default());
            return;
        }
        let source = untrack(|| self.list.source());
        let id = self.overlay(op, &targets, source);
        self.list.selected.set(Vec::new());
        let words = i18n::said(self.lang, op.code(), targets.len() as u64).unwrap_or_default();
        let toast = if op == Op::Destroy { self.toasts.say(words) } else { self.toasts.say_undo(words) };
        self.undos.update_value(|undos| {
            undos.push(Undo { toast, what: Undoable::Act(None) });
            let extra = undos.len().saturating_sub(20);
            undos.drain(..extra);
        });
        spawn_local(async move {
            let _hold = self.hold();
            match self.carry_out(op, &targets, source).await {
                Ok(backward) => self.done(toast, backward).await,
                Err(problem) => {
                    self.forget_undo(toast);
                    self.toasts.close(toast);
                    self.failed(&problem);
                }
            }
            self.refresh(false).await;
            self.lift(id);
        });
    }

    fn overlay(&self, op: Op, targets: &[Target], source: Option<Source>) -> u64 {
        let seen = match op {
            Op::Read => Some(true),
            Op::Unread => Some(false),
            _ => None,
        };
        let flagged = match op {
            Op::Star => Some(true),
            Op::Unstar => Some(false),
            _ => None,
        };
        let gone = op.moves() && matches!(source, Some(Source::Mailbox(_)));
        self.lay(targets.to_vec(), seen, flagged, gone)
    }

    /// Lays a change over the rows; answers what to lift it with.
    pub fn lay(&self, targets: Vec<Target>, seen: Option<bool>, flagged: Option<bool>, gone: bool) -> u64 {
        let id = self.next_overlay.get_value();
        self.next_overlay.set_value(id + 1);
        self.list.overlays.update(|overlays| overlays.push(Overlay { id, targets, seen, flagged, gone }));
        id
    }

    /// Takes a change off the rows: the server's word is there.
    pub fn lift(&self, id: u64) {
        self.list.overlays.update(|overlays| overlays.retain(|overlay| overlay.id != id));
    }

    async fn carry_out(self, op: Op, targets: &[Target], source: Option<Source>) -> Result<Vec<Patch>, Problem> {
        let (api, account) = (self.api(), self.account.get_untracked());
        let (mut threads, mut emails) = (Vec::new(), Vec::new());
        for target in targets {
            match *target {
                Target::Thread(thread) => threads.push(thread),
                Target::Email(email) => emails.push(email),
            }
        }
        let mut places = Vec::new();
        if !threads.is_empty() {
            places = api.places(account, &threads).await?;
        }
        if !emails.is_empty() {
            places.extend(api.places_of(account, &emails).await?);
        }
        let here = match source {
            Some(Source::Mailbox(mailbox)) => Some(mailbox),
            _ => None,
        };
        if op == Op::Destroy {
            let inside = |place: &&Place| here.is_none_or(|here| place.mailbox_ids.contains_key(&here));
            let ids: Vec<EmailId> = places.iter().filter(inside).map(|place| place.id).collect();
            api.destroy(account, &ids).await?;
            return Ok(Vec::new());
        }
        let patches = self.patches(op, &places, here)?;
        if !patches.is_empty() {
            let forward: Vec<_> = patches.iter().map(|patch| (patch.email, patch.forward.clone())).collect();
            api.patch(account, &forward).await?;
        }
        Ok(patches)
    }

    fn patches(&self, op: Op, places: &[Place], here: Option<MailboxId>) -> Result<Vec<Patch>, Problem> {
        let inside = |place: &&Place| here.is_none_or(|here| place.mailbox_ids.contains_key(&here));
        // Of each conversation.
        let is_newest =
            |place: &&Place| !places.iter().any(|it| inside(&it) && it.thread_id == place.thread_id && it.id > place.id);
        let newest = || places.iter().filter(inside).filter(is_newest);
        let all = |word, on| places.iter().filter_map(|place| keyword_patch(place, word, on)).collect();
        Ok(match op {
            Op::Read => all(keyword::SEEN, true),
            Op::Unread => newest().filter_map(|place| keyword_patch(place, keyword::SEEN, false)).collect(),
            Op::Star => newest().filter_map(|place| keyword_patch(place, keyword::FLAGGED, true)).collect(),
            Op::Unstar => all(keyword::FLAGGED, false),
            Op::File => all(keyword::FILED, true),
            Op::Unfile => all(keyword::FILED, false),
            _ => {
                let to = match op {
                    Op::Move(to) => Some(to),
                    _ => op.role().and_then(|role| self.role(role)),
                };
                let to = to.ok_or_else(|| Problem::new("not-found", 404, "No such folder"))?;
                places.iter().filter(inside).filter_map(|place| move_patch(place, here, to)).collect()
            }
        })
    }

    /// The act is done: it can be undone, or was asked to be while it was under way.
    async fn done(self, toast: u64, patches: Vec<Patch>) {
        let backward: Vec<_> = patches.into_iter().map(|patch| (patch.email, patch.backward)).collect();
        let mut wanted = true;
        self.undos.update_value(|undos| {
            if let Some(undo) = undos.iter_mut().find(|undo| undo.toast == toast) {
                undo.what = Undoable::Act(Some(backward.clone()));
                wanted = false;
            }
        });
        if wanted {
            self.give_back(backward).await;
        }
    }

    fn forget_undo(&self, toast: u64) {
        self.undos.update_value(|undos| undos.retain(|undo| undo.toast != toast));
    }

    /// Undoes what a toast tells, or the last act.
    pub fn undo(self, toast: Option<u64>) {
        let mut found = None;
        self.undos.update_value(|undos| {
            let at = match toast {
                Some(toast) => undos.iter().position(|undo| undo.toast == toast),
                None => undos.len().checked_sub(1),
            };
            found = at.map(|at| undos.remove(at));
        });
        let Some(undo) = found else { return };
        self.toasts.close(undo.toast);
        match undo.what {
            // Under way: `done` finds it taken and gives everything back.
            Undoable::Act(None) => {}
            Undoable::Act(Some(backward)) => spawn_local(async move {
                let _hold = self.hold();
                self.give_back(backward).await;
                self.refresh(false).await;
            }),
            Undoable::Sending(submission, email) => self.call_back(submission, email),
        }
    }

    async fn give_back(self, backward: Vec<(EmailId, Map<String, Value>)>) {
        if backward.is_empty() {
            return;
        }
        match self.api().patch(self.account.get_untracked(), &backward).await {
            Ok(()) => {
                self.toasts.say(i18n::said(self.lang, "undo", 1).unwrap_or_default());
            }
            Err(problem) => self.failed(&problem),
        }
    }
}
