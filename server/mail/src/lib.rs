//! Messages as values, pure: bytes in, values out; no IO, no clock, no randomness.
//!
//! - [`parse()`]: a message to the values of JMAP's Email, within [`Limits`]; never fails;
//! - [`address`], [`header`], [`thread`]: the fields that say who, when, and what follows what;
//! - [`build()`], [`build::build_tree`]: values to bytes, without header injection;
//! - [`quote`]: answering, and finding the quotes of what came in;
//! - [`body`]: hostile HTML to a fragment that is safe to show, text to HTML, HTML to text;
//! - [`search`]: the words of messages and queries, folded alike;
//! - [`report`]: notices of delivery and of reading, made and read;
//! - [`split`]: mailbox files.
//!
//! What is read here was written by strangers: every loop is bounded by [`Limits`] or linear.

pub mod address;
pub mod body;
pub mod build;
pub mod decode;
pub mod header;
pub mod limits;
pub mod parse;
pub mod quote;
pub mod report;
pub mod search;
pub mod split;
pub mod thread;

pub use address::{Address, AddressFault, Group};
pub use body::{BodyOptions, RenderedBody, frame_document, render_html, render_text};
pub use build::{BuildError, Draft, DraftAttachment, HeaderValue, build, strip_bcc, with_sender, with_text};
pub use decode::{Encoding, TextValue};
pub use header::{DateTime, Form, FormValue, Header, header_form};
pub use limits::Limits;
pub use parse::{Head, Parsed, Part, Reason, decode_part, parse, parse_fields, parse_head, part_text};
