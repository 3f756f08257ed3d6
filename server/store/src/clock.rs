//! Time, randomness and ids: given from outside, so that tests decide.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970, UTC.
pub trait Clock: Send + Sync + 'static {
    fn now_ms(&self) -> i64;
}

/// Random bytes fit for keys.
pub trait Random: Send + Sync + 'static {
    fn fill(&self, bytes: &mut [u8]);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as i64)
    }
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) {
        rand::RngCore::fill_bytes(&mut rand::rng(), bytes);
    }
}

/// 2024-01-01T00:00:00Z in milliseconds: where ids begin.
const EPOCH_MS: i64 = 1_704_067_200_000;
const RANDOM_BITS: u32 = 21;

/// Makes ids of 63 bits: 42 of milliseconds since 2024, 21 random. Within a process they always rise, so that many made
/// in one millisecond do not meet.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    last: AtomicI64,
}

impl Ids {
    pub(crate) fn next(&self, now_ms: i64, random: &dyn Random) -> i64 {
        let mut bytes = [0; 4];
        random.fill(&mut bytes);
        let noise = i64::from(u32::from_le_bytes(bytes));
        let fresh = ((now_ms - EPOCH_MS).max(0) << RANDOM_BITS | noise & ((1 << RANDOM_BITS) - 1)) & i64::MAX;
        let step = 1 + (noise & 63);
        let mut last = self.last.load(Ordering::Relaxed);
        loop {
            let same_ms = fresh >> RANDOM_BITS <= last >> RANDOM_BITS;
            let next = if same_ms { last + step } else { fresh };
            match self.last.compare_exchange_weak(last, next, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return next,
                Err(seen) => last = seen,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_rise_and_hold_their_time() {
        let ids = Ids::default();
        let now = EPOCH_MS + 1000;
        let first = ids.next(now, &SystemRandom);
        let mut last = first;
        for _ in 0..10_000 {
            let next = ids.next(now, &SystemRandom);
            assert!(next > last);
            last = next;
        }
        assert_eq!(first >> RANDOM_BITS, 1000);
    }
}
