//! Mail between operators: SMTP in and out over mutual TLS, the white list
//! that says whom to trust, and the notices that say what became of a message.
//!
//! - [`trust`]: the signed white list, certificates, revocation lists;
//! - [`receive`]: the SMTP server side; enter by [`receive::Receiver`];
//! - [`send`]: the SMTP client side; enter by [`send::Sender`];
//! - [`notice`]: what a reply means for a person, and the reports made of it.
//!
//! The crate knows no SQL and no web framework. What it must know of BALs and
//! queues it asks through small traits ([`receive::Gate`], [`send::Outbox`],
//! [`send::Mx`]); the time is always given (Unix milliseconds), never read.

pub mod notice;
pub mod receive;
pub mod send;
pub mod smtp;
#[cfg(feature = "testing")]
pub mod testing;
pub mod trust;

/// Milliseconds since 1970-01-01T00:00:00Z, from the injected clock.
pub type UnixMs = i64;

/// The clock: the real one in the server, one moved by hand in tests.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now_ms(&self) -> UnixMs;
}

impl<F: Fn() -> UnixMs + Send + Sync + 'static> Clock for F {
    fn now_ms(&self) -> UnixMs {
        self()
    }
}
