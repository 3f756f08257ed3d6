//! What tests of this crate and of the server stand on: an authority with its
//! revocation lists, signed white lists, a gate and a queue in memory, and peers
//! that follow a script. Only with the feature `testing`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod authority;
mod gate;
mod list;
mod raw;

pub use authority::{Day, Leaf, TestAuthority};
pub use gate::{Stored, TestGate};
pub use list::{ListSigner, SignOptions, list_xml};
pub use raw::{RawClient, Script, Step, scripted_peer};

use crate::UnixMs;

/// The time at which tests play: 2026-06-15 12:00 UTC.
pub const NOW: UnixMs = 1_781_524_800_000;
