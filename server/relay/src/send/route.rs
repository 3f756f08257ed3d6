//! Where the mail of a domain goes: a configured route, else its MX hosts (RFC 5321 §5.1).

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;

use rand::seq::SliceRandom;
use thiserror::Error;

use crate::trust::domain;

/// A host to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name, for SNI and the journal.
    pub name: String,
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
}

/// Why there is no host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MxError {
    /// The domain does not exist, has no host, or takes no mail (RFC 7505).
    #[error("the domain takes no mail")]
    NoMail,
    /// The name service does not answer.
    #[error("the name service does not answer: {0}")]
    Unavailable(String),
}

/// The name service.
pub trait Mx: Send + Sync + 'static {
    /// The MX hosts of a domain with their preferences; the domain itself when it has none.
    fn hosts(&self, domain: &str) -> impl Future<Output = Result<Vec<(u16, String)>, MxError>> + Send;

    /// The addresses of a host.
    fn addresses(&self, host: &str) -> impl Future<Output = Result<Vec<std::net::IpAddr>, MxError>> + Send;
}

/// Configured routes before the name service.
#[derive(Debug, Clone)]
pub struct Routes<M> {
    fixed: HashMap<String, Vec<(String, u16)>>,
    mx: M,
    port: u16,
}

/// Hosts tried in one attempt.
const MAX_HOSTS: usize = 5;
/// Addresses tried of one host.
const MAX_ADDRESSES: usize = 3;

impl<M: Mx> Routes<M> {
    /// Routes by `mx`, on port 25 (`domain.md` §1.3).
    pub fn new(mx: M) -> Routes<M> {
        Routes { fixed: HashMap::new(), mx, port: 25 }
    }

    /// Sends a domain's mail to hosts of our choice, in order (host name or address, and port).
    #[must_use]
    pub fn with(mut self, to: &str, hosts: Vec<(String, u16)>) -> Routes<M> {
        if let Some(domain) = domain::normalise(to) {
            self.fixed.insert(domain, hosts);
        }
        self
    }

    /// The hosts of a domain in the order in which they are tried, equals shuffled (RFC 5321 §5.1).
    ///
    /// # Errors
    /// [`MxError`].
    pub async fn hosts(&self, to: &str) -> Result<Vec<Host>, MxError> {
        let wanted: Vec<(String, u16)> = match self.fixed.get(to) {
            Some(hosts) => hosts.clone(),
            None => {
                let mut hosts = self.mx.hosts(to).await?;
                // RFC 7505: a single MX that is the root.
                if hosts.iter().any(|(_, host)| host.is_empty() || host == ".") {
                    return Err(MxError::NoMail);
                }
                hosts.shuffle(&mut rand::rng());
                hosts.sort_by_key(|(preference, _)| *preference);
                hosts.into_iter().map(|(_, host)| (host, self.port)).collect()
            }
        };
        let mut found = Vec::new();
        let mut trouble = MxError::NoMail;
        for (name, port) in wanted.into_iter().take(MAX_HOSTS) {
            let addresses = match name.parse() {
                Ok(address) => Ok(vec![address]),
                Err(_) => self.mx.addresses(&name).await,
            };
            match addresses {
                Ok(addresses) if !addresses.is_empty() => {
                    let addresses = addresses.into_iter().take(MAX_ADDRESSES).map(|a| SocketAddr::new(a, port)).collect();
                    found.push(Host { name, addresses });
                }
                Ok(_) => {}
                Err(error @ MxError::Unavailable(_)) => trouble = error,
                Err(MxError::NoMail) => {}
            }
        }
        if found.is_empty() { Err(trouble) } else { Ok(found) }
    }
}
