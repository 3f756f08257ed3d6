//! Short confirmations at the foot of the screen, often with a way back.

use leptos::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{
    components::Toast,
    i18n::{self, Lang},
};

/// Seconds that a toast stays.
const STAY: u32 = 8;
/// Toasts on screen at once: the oldest go.
const SHOWN: usize = 2;

/// The toasts on screen.
#[derive(Clone, Copy)]
pub struct Toasts {
    pub items: RwSignal<Vec<Toast>>,
    lang: Lang,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Toasts {
    pub(super) fn new(lang: Lang) -> Self {
        Self { items: RwSignal::new(Vec::new()), lang }
    }

    /// Says something that went well.
    pub fn say(&self, text: String) -> u64 {
        self.show(text, false, STAY, false, "plain")
    }

    /// Says something that can be undone.
    pub fn say_undo(&self, text: String) -> u64 {
        self.show(text, true, STAY, false, "plain")
    }

    /// Says that something failed.
    pub fn fail(&self, text: String) -> u64 {
        self.show(text, false, STAY * 2, false, "danger")
    }

    /// Says that a message is on its way and can be called back until the server's deadline.
    pub fn depart(&self, text: String, seconds: u32) -> u64 {
        self.show(text, true, seconds, true, "plain")
    }

    /// Takes a toast away.
    pub fn close(&self, id: u64) {
        self.items.update(|items| items.retain(|toast| toast.id != id));
    }

    fn show(&self, text: String, undo: bool, seconds: u32, deadline: bool, tone: &'static str) -> u64 {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let action = undo.then(|| (i18n::action::undo(self.lang).to_owned(), Some("z")));
        self.items.update(|items| {
            items.push(Toast { id, text, action, seconds, deadline, tone });
            let extra = items.len().saturating_sub(SHOWN);
            items.drain(..extra);
        });
        id
    }
}
