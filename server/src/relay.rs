//! Mail between operators, as this process takes part in it: our certificate, whom we trust, the sending side, and
//! (in the modules below) what keeps trust fresh and what stands behind the receiving side.
//!
//! The rules of the protocol are the crate `relay`'s, which knows no store; here they meet it.

pub mod identity;
mod names;
pub mod outbox;
mod settling;

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use anyhow::Context;
use relay::send::{Destinations, Routes, Sender, SenderOptions, Timeouts};
use relay::trust::{Authority, Crls, Trust, TrustBook, domain, read_certificates};
use rustls::pki_types::CertificateDer;
use store::Clock;

pub use names::Names;

use crate::config::Config;

/// What this process needs to exchange mail with other operators.
pub struct Relay {
    /// Our name.
    pub hostname: String,
    /// The list and the authorities in force.
    pub book: Arc<TrustBook>,
    /// The sending side.
    pub sender: Arc<Sender<Names>>,
    /// Connections to other operators, and who of them rests.
    pub destinations: Arc<Destinations>,
    /// The same clock as everywhere.
    pub clock: Arc<dyn relay::Clock>,
    /// Our certificate.
    pub identity: identity::Files,
    /// Roots and intermediates: who may issue certificates and revocation lists.
    pub issuers: Vec<CertificateDer<'static>>,
}

impl Relay {
    /// Reads the sections `[relay]` and `[trust]`; none when mail is not exchanged. No list is in force yet.
    ///
    /// # Errors
    /// One sentence: which file cannot be used.
    pub fn new(config: &Config, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<Self>> {
        let Some(identity) = identity::Files::of(&config.relay) else { return Ok(None) };
        let shown = identity.read()?;
        let certificates = |path: &Option<std::path::PathBuf>| path.as_deref().map_or(Ok(Vec::new()), certificates);
        let roots = certificates(&config.trust.roots_file)?;
        let intermediates = certificates(&config.trust.intermediates_file)?;
        let authority = Authority::new(&roots, intermediates.clone(), Crls::default(), true)
            .map_err(|fault| anyhow::anyhow!("`trust.roots_file` cannot be used: {fault}"))?;
        let book = Arc::new(TrustBook::new(Trust { list: None, authority: Arc::new(authority) }));
        let clock = clock.clone();
        let clock: Arc<dyn relay::Clock> = Arc::new(move || clock.now_ms());
        let sender = Sender::new(SenderOptions {
            hostname: config.relay.hostname.clone(),
            identity: shown,
            trust: book.clone(),
            clock: clock.clone(),
            routes: routes(config),
            timeouts: Timeouts::default(),
        })
        .context("`relay.certificate_file` and `relay.key_file` do not belong together")?;
        Ok(Some(Self {
            hostname: config.relay.hostname.clone(),
            book,
            sender: Arc::new(sender),
            destinations: Destinations::new(config.relay_out.destinations()),
            clock,
            identity,
            issuers: roots.into_iter().chain(intermediates).collect(),
        }))
    }

    /// Does the list in force name the domain of this address?
    pub fn is_listed(&self, address: &str) -> bool {
        let trust = self.book.current();
        let Some(domain) = domain::of_address(address) else { return false };
        trust.list.as_deref().is_some_and(|list| list.names(&domain).is_some())
    }

    /// How many domains the list in force names.
    pub fn listed(&self) -> usize {
        self.book.current().list.as_deref().map_or(0, |list| list.domains().count())
    }
}

/// Configured routes before the name service.
fn routes(config: &Config) -> Routes<Names> {
    let mut fixed: HashMap<&str, Vec<(String, u16)>> = HashMap::new();
    for (domain, host) in config.relay.routes() {
        fixed.entry(domain).or_default().push(host);
    }
    fixed.into_iter().fold(Routes::new(Names::system()), |routes, (domain, hosts)| routes.with(domain, hosts))
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    read_certificates(&bytes).map_err(|_| anyhow::anyhow!("{} holds no certificate", path.display()))
}
