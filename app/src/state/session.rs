//! The session's end: warned two minutes before, never a surprise, nothing lost.

use leptos::{prelude::*, task::spawn_local};
use wire::Problem;

use crate::{
    api::Api,
    browser::{self, clock},
};

/// Seconds before the end when the warning appears.
const WARNING: f64 = 120.0;

/// How the session stands.
#[derive(Clone, Copy)]
pub struct Session {
    /// Seconds left, once the warning shows.
    pub left: RwSignal<Option<u32>>,
    /// It is over: one must sign in again.
    pub ended: RwSignal<bool>,
    /// Seconds that an act of the person gives.
    idle: StoredValue<f64>,
    /// Clock time of the end whatever happens, and of the last act that the server knows of.
    absolute_ms: StoredValue<f64>,
    acted_ms: StoredValue<f64>,
}

impl Session {
    pub(super) fn new(idle_seconds: u32) -> Self {
        Self {
            left: RwSignal::new(None),
            ended: RwSignal::new(false),
            idle: StoredValue::new(f64::from(idle_seconds)),
            absolute_ms: StoredValue::new(f64::MAX),
            acted_ms: StoredValue::new(0.0),
        }
    }

    /// Starts watching, from what the server said when the page was made.
    pub fn watch(self, api: Api, idle_seconds: u32, absolute_seconds: u32) {
        self.told(idle_seconds, absolute_seconds);
        self.tick(api);
    }

    /// Notes a failure: 401 means that the session is over; new terms of service are asked for by the page itself.
    pub fn notice(&self, problem: &Problem) {
        if problem.code() == "cgu-not-accepted" {
            browser::leave(&browser::address());
        }
        if problem.status == 401 {
            self.left.set(None);
            self.ended.set(true);
        }
    }

    /// Keeps the session alive: the person asked for it.
    pub fn stay(self, api: Api) {
        spawn_local(async move {
            match api.stay().await {
                Ok(stay) => self.told(stay.idle_seconds, stay.absolute_seconds),
                Err(problem) => self.notice(&problem),
            }
        });
    }

    fn told(&self, idle_seconds: u32, absolute_seconds: u32) {
        let now = clock::now_ms();
        let (idle, left) = (self.idle.get_value(), f64::from(idle_seconds));
        self.idle.set_value(idle.max(left));
        self.absolute_ms.set_value(now + f64::from(absolute_seconds) * 1000.0);
        self.acted_ms.set_value(now - (idle.max(left) - left) * 1000.0);
        self.left.set(None);
    }

    fn seconds_left(&self) -> f64 {
        let idle_end = self.acted_ms.get_value().max(clock::touched_ms()) + self.idle.get_value() * 1000.0;
        (idle_end.min(self.absolute_ms.get_value()) - clock::now_ms()) / 1000.0
    }

    fn tick(self, api: Api) {
        let wait = if self.left.get_untracked().is_some() { 1_000 } else { 10_000 };
        clock::after(wait, move || {
            if self.ended.get_untracked() {
                return;
            }
            let left = self.seconds_left();
            if left > WARNING {
                self.left.set(None);
            } else if self.left.get_untracked().is_some() || left <= 0.0 {
                self.left.set(Some(left.max(0.0) as u32));
                if left <= 0.0 {
                    self.confirm_end(api.clone());
                }
            } else {
                self.confirm_warning(api.clone());
            }
            self.tick(api);
        });
    }

    /// Another tab may have kept the session alive: the server knows.
    fn confirm_warning(self, api: Api) {
        spawn_local(async move {
            match api.automatic().me().await {
                Ok(me) => {
                    self.told(me.idle_seconds, me.absolute_seconds);
                    if self.seconds_left() <= WARNING {
                        self.left.set(Some(self.seconds_left() as u32));
                    }
                }
                Err(problem) => self.notice(&problem),
            }
        });
    }

    fn confirm_end(self, api: Api) {
        spawn_local(async move {
            match api.automatic().me().await {
                Ok(me) => self.told(me.idle_seconds, me.absolute_seconds),
                Err(problem) => self.notice(&problem),
            }
        });
    }
}
