//! The receiving side of SMTP (RFC 5321) between operators: STARTTLS and a
//! client certificate are compulsory, the peer speaks only for its own domains,
//! and 250 is said only when the message is safe (`domain.md` §1.3).
//!
//! [`Receiver`] listens; each connection runs a [`Session`], a state machine
//! without input or output whose verbs are one file each in `verbs`. What only the
//! store can know is asked through [`Gate`].

mod admission;
mod body;
mod budget;
mod connection;
mod content;
mod gate;
mod replies;
mod reports;
mod server;
mod session;
mod settings;
mod tls;
mod trace;
mod verbs;

pub use body::{Body, BodyFault, DataReader};
pub use budget::{Budget, Reservation};
pub use gate::{Acceptance, Envelope, Gate, Incoming, Note, Notify, Recipient, RecipientQuery, Ret, Unavailable, Verdict};
pub use server::{Receiver, ReceiverOptions};
pub use session::{Action, Context, Security, Session};
pub use settings::Settings;
pub(crate) use tls::provider;
pub use tls::{ask_only, server_config};
