//! The name service by hickory-resolver.

use std::net::IpAddr;

use hickory_resolver::TokioResolver;
use hickory_resolver::net::NetError;
use hickory_resolver::proto::rr::RData;

use super::route::{Mx, MxError};

/// The system's resolver.
pub struct Dns {
    resolver: TokioResolver,
}

impl Dns {
    /// By `/etc/resolv.conf`.
    ///
    /// # Errors
    /// That file cannot be used.
    pub fn system() -> Result<Dns, MxError> {
        let resolver = TokioResolver::builder_tokio().and_then(|b| b.build()).map_err(|e| fault(&e))?;
        Ok(Dns { resolver })
    }
}

fn fault(error: &NetError) -> MxError {
    if error.is_nx_domain() || error.is_no_records_found() {
        MxError::NoMail
    } else {
        MxError::Unavailable(error.to_string())
    }
}

/// Absolute, so that no search domain is added.
fn absolute(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

impl Mx for Dns {
    async fn hosts(&self, domain: &str) -> Result<Vec<(u16, String)>, MxError> {
        let lookup = match self.resolver.mx_lookup(absolute(domain)).await {
            Ok(lookup) => lookup,
            // No MX, but the name exists: the domain is its own host (RFC 5321 §5.1).
            Err(error) if error.is_no_records_found() && !error.is_nx_domain() => {
                return Ok(vec![(0, domain.to_owned())]);
            }
            Err(error) => return Err(fault(&error)),
        };
        let hosts = lookup.answers().iter().filter_map(|record| match &record.data {
            RData::MX(mx) => Some((mx.preference, mx.exchange.to_utf8().trim_end_matches('.').to_owned())),
            _ => None,
        });
        Ok(hosts.collect())
    }

    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, MxError> {
        match self.resolver.lookup_ip(absolute(host)).await {
            Ok(lookup) => Ok(lookup.iter().collect()),
            Err(error) => Err(fault(&error)),
        }
    }
}
