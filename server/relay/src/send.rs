//! The sending side of SMTP (RFC 5321) between operators: TLS is compulsory, our
//! certificate is shown, theirs must be one that the white list names for the
//! recipients' domain (`domain.md` §1.3), and every recipient has an answer of its own.
//!
//! [`Sender::deliver`] tries one [`Job`] once and says per recipient what came of
//! it ([`Outcome`]). When to try again is [`schedule`], pure; how many at once is
//! [`Destinations`]; [`worker`] drives a durable queue through the trait [`Outbox`].

mod attempt;
mod client;
mod destinations;
pub mod dns;
mod job;
mod outcome;
mod payload;
mod route;
pub mod schedule;
mod sender;
mod tls;
mod transaction;
pub mod worker;

pub use destinations::{DestinationLimits, Destinations, Room, Slot};
pub use job::{Job, JobRecipient};
pub use outcome::{HandedOver, Outcome, Trouble};
pub use payload::{Payload, stuff};
pub use route::{Host, Mx, MxError, Routes};
pub use schedule::{Next, RetryPolicy};
pub use sender::{Delivery, Sender, SenderOptions, Timeouts};
pub use worker::{Claim, Outbox, Settlement, Worker};
