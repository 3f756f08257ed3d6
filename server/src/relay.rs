//! Mail between operators, as this process takes part in it: our certificate, whom we trust, the sending side, and
//! (in the modules below) what keeps trust fresh and what stands behind the receiving side.
//!
//! The rules of the protocol are the crate `relay`'s, which knows no store; here they meet it.

mod figures;
pub mod identity;
pub mod keeper;
mod names;
pub mod outbox;
pub mod receive;
mod settling;
mod source;
pub mod status;

use std::{collections::HashMap, fs, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use relay::send::{Destinations, Routes, Sender, SenderOptions};
use relay::trust::{Authority, Crls, Trust, TrustBook, domain, read_certificates};
use rustls::pki_types::CertificateDer;
use store::Clock;
use tokio::net::TcpListener;

pub use names::Names;

use crate::{
    config::{Config, Role},
    jobs,
    state::State,
};

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
    /// What is known of the list and of the revocation lists.
    pub keeper: keeper::Keeper,
    /// What the receiving side counts.
    pub figures: figures::Figures,
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
        identity.show(&shown);
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
            timeouts: config.relay_out.timeouts(),
        })
        .context("`relay.certificate_file` and `relay.key_file` do not belong together")?;
        Ok(Some(Self {
            hostname: config.relay.hostname.clone(),
            book,
            sender: Arc::new(sender),
            destinations: Destinations::new(config.relay_out.destinations()),
            clock,
            identity,
            keeper: keeper::Keeper::new(&config.trust)?,
            figures: figures::Figures::default(),
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

/// Opens the listeners for mail of other operators, where this process takes it.
///
/// # Errors
/// When an address is taken or not ours.
pub async fn listen(config: &Config) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for address in config.relay.listen.iter().filter(|_| config.has(Role::RelayIn)) {
        listeners.push(TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?);
    }
    Ok(listeners)
}

/// Puts in force whom we trusted when the service last ran.
///
/// # Errors
/// The store's.
pub async fn restore(state: &State) -> anyhow::Result<()> {
    match &state.relay {
        Some(relay) => Ok(keeper::restore(&state.store, relay, state.clock.now_ms()).await?),
        None => Ok(()),
    }
}

/// All that this process does for mail between operators, until it is asked to stop: keeps trust fresh, takes mail, hands
/// mail over. Messages on their way may end.
///
/// # Errors
/// When the certificate cannot be used.
pub fn run(state: State, listeners: Vec<TcpListener>) -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    let receiver = if listeners.is_empty() { None } else { Some(receive::receiver(&state)?) };
    Ok(async move {
        if state.relay.is_none() {
            return;
        }
        tokio::spawn(keeper::job(state.clone()));
        tokio::spawn(receive::watch(state.clone(), receiver.clone()));
        let sending = jobs::relay_out(&state);
        if let Some(receiver) = receiver {
            receive::serve(state.clone(), receiver, listeners).await;
        }
        if let Some(sending) = sending {
            state.closed().await;
            let grace = Duration::from_secs(state.config.relay.grace_seconds.into());
            // What is still on the wire then is tried again by whoever takes the job up.
            let _ = tokio::time::timeout(grace, sending).await;
        }
    })
}
