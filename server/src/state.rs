//! What every handler and job can reach. Cheap to clone; holds no truth that the database does not hold.

use std::{ops::Deref, sync::Arc};

use store::{Clock, Random, Store};
use tokio::sync::watch;

use crate::{
    auth::{passkeys::Passkeys, password::Passwords, psc::Psc},
    config::Config,
    http::{assets::Assets, health::Health, jmap::Gates},
    notices::Mailer,
    relay::Relay,
    scan::Scanner,
    sms::Sms,
    telemetry::Metrics,
};

/// Shared by all tasks of the process.
#[derive(Clone)]
pub struct State(Arc<Shared>);

/// The parts of a `State`.
pub struct Shared {
    pub store: Store,
    pub config: Arc<Config>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
    pub assets: Assets,
    pub mailer: Mailer,
    pub sms: Sms,
    pub passwords: Passwords,
    /// None where the service has no name.
    pub passkeys: Option<Passkeys>,
    /// The identity provider; none when it is not configured.
    pub psc: Option<Psc>,
    /// Mail between operators; none when it is not configured.
    pub relay: Option<Relay>,
    /// Looks for viruses; none when it is not configured.
    pub scanner: Option<Scanner>,
    pub metrics: Metrics,
    pub health: Health,
    /// Requests and uploads of each person that run now.
    pub gates: Gates,
    /// Becomes true when the process is asked to stop: long streams and jobs end then.
    pub closing: watch::Receiver<bool>,
}

impl State {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// Does the white list in force name the domain of this address? Our own domains need not be on it.
    pub fn is_listed(&self, address: &str) -> bool {
        self.relay.as_ref().is_some_and(|relay| relay.is_listed(address))
    }

    /// Returns when the process is asked to stop.
    pub async fn closed(&self) {
        let mut closing = self.closing.clone();
        // The sender only goes away with the process.
        let _ = closing.wait_for(|closing| *closing).await;
    }
}

impl Deref for State {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl axum::extract::FromRef<State> for Assets {
    fn from_ref(state: &State) -> Self {
        state.assets.clone()
    }
}
