//! What every part of the store has at hand: clock, random numbers, keys, and who is told of changes.

use std::sync::Arc;

use tokio::sync::broadcast;
use wire::id::AccountId;

use crate::clock::{Clock, Ids, Random};
use crate::keys::KeyRing;
use crate::notify::Hint;

pub(crate) struct Context {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) ring: KeyRing,
    pub(crate) ids: Ids,
    pub(crate) hints: broadcast::Sender<Hint>,
}

impl Context {
    /// A new id.
    pub(crate) fn id(&self) -> i64 {
        self.ids.next(self.clock.now_ms(), self.random.as_ref())
    }

    /// Tells those who watch in this process. Nobody watching is not an error.
    pub(crate) fn hint(&self, touched: &[i64]) {
        for account in touched {
            let _ = self.hints.send(Hint { account: Some(AccountId(*account)) });
        }
    }
}
