//! What is in force now, replaced as a whole while connections live.

use std::sync::{Arc, PoisonError, RwLock};

use super::certificate::{Authority, Peer};
use super::list::TrustList;
use super::name::Name;

/// Everything that one judgement needs, unchanging.
#[derive(Debug, Clone)]
pub struct Trust {
    /// The list, if there is one that may be used ([`super::Refresh::usable`]).
    pub list: Option<Arc<TrustList>>,
    /// Roots and revocation lists.
    pub authority: Arc<Authority>,
}

/// How a domain and a certificate stand to one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The list names this certificate for this domain.
    Listed,
    /// The domain is on the list, with other certificates.
    OtherCertificate,
    /// The domain is not on the list: outside the espace de confiance.
    NotListed,
    /// We have no list to go by.
    NoList,
}

impl Trust {
    /// How `name` stands to `domain`.
    pub fn standing(&self, name: &Name, domain: &str) -> Standing {
        match self.list.as_deref() {
            None => Standing::NoList,
            Some(list) if list.speaks_for(name, domain) => Standing::Listed,
            Some(list) if list.names(domain).is_some() => Standing::OtherCertificate,
            Some(_) => Standing::NotListed,
        }
    }

    /// Whether the peer may speak for the domain.
    pub fn speaks_for(&self, peer: &Peer, domain: &str) -> bool {
        self.standing(&peer.name, domain) == Standing::Listed
    }
}

/// The trust in force, shared by all connections.
#[derive(Debug)]
pub struct TrustBook {
    current: RwLock<Arc<Trust>>,
}

impl TrustBook {
    /// A book with its first page.
    pub fn new(trust: Trust) -> TrustBook {
        TrustBook { current: RwLock::new(Arc::new(trust)) }
    }

    /// What is in force now; each judgement takes it anew.
    pub fn current(&self) -> Arc<Trust> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts something else in force.
    pub fn replace(&self, trust: Trust) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(trust);
    }
}
