//! Whom Pli exchanges with: the signed white list of the espace de confiance
//! and the certificates that prove who a peer is (`domain.md` §1.2, §1.3).
//!
//! [`list::verify`] turns the bytes of a list into a [`TrustList`] or says why
//! not; [`refresh::Refresh`] keeps the last one that verified; [`Authority`]
//! judges certificates against our roots and revocation lists;
//! [`TrustBook`] holds what is in force and may be replaced while connections live.
//!
//! A suffix proves nothing: only the list says that a domain is trusted, and
//! with which certificates.

mod book;
pub(crate) mod c14n;
pub mod certificate;
pub mod crl;
pub mod domain;
pub mod explain;
pub mod list;
pub mod name;
pub mod refresh;
pub mod signature;

pub use book::{Standing, Trust, TrustBook};
pub use certificate::{Authority, CertFault, Identity, Peer, Usage, name_and_end, read_certificates};
pub use crl::Crls;
pub use list::{ListError, ListPolicy, TrustList};
pub use name::Name;
pub use refresh::Refresh;
