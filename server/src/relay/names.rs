//! The name service, or the reason why there is none: configured routes work without it.

use std::net::IpAddr;

use relay::send::dns::Dns;
use relay::send::{Mx, MxError};

/// The system's resolver, if it has one.
pub struct Names(Result<Dns, MxError>);

impl Names {
    /// By `/etc/resolv.conf`.
    pub fn system() -> Self {
        Self(Dns::system())
    }
}

impl Mx for Names {
    async fn hosts(&self, domain: &str) -> Result<Vec<(u16, String)>, MxError> {
        match &self.0 {
            Ok(dns) => dns.hosts(domain).await,
            Err(error) => Err(error.clone()),
        }
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, MxError> {
        match &self.0 {
            Ok(dns) => dns.addresses(host).await,
            Err(error) => Err(error.clone()),
        }
    }
}
