//! Who is asking, and what they may do.
//!
//! Enter by `sign_in` (password, then code), `sessions` and `tokens` (who is this request from), `rights` (may they).
//! Nothing here knows about HTTP: cookies and headers are read in `http`. Nothing here is cached beyond a request.

pub mod approval;
pub mod code;
pub mod limits;
pub mod means;
pub mod passkeys;
pub mod password;
pub mod psc;
pub mod recovery;
pub mod rights;
pub mod second;
pub mod sessions;
pub mod sign_in;
pub mod tokens;
pub mod totp;

use store::{Actor, Means};
use wire::id::{PersonId, SessionId, TokenId};

/// A person known by a live session or token: the proof that a request is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub person: PersonId,
    pub session: Option<SessionId>,
    pub token: Option<TokenId>,
    pub means: Means,
}

impl Caller {
    /// Who every write is traced to.
    pub fn actor(&self) -> Actor {
        Actor { person: Some(self.person), session: self.session, means: self.means }
    }
}
