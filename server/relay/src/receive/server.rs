//! Listening: one task per connection, certificates replaced without dropping any.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::admission::Admission;
use super::budget::Budget;
use super::connection::Connection;
use super::gate::{Gate, Note};
use super::settings::Settings;
use super::{replies, tls};
use crate::Clock;
use crate::trust::{Identity, TrustBook};

/// What a receiver is made of.
pub struct ReceiverOptions<G> {
    /// Limits.
    pub settings: Settings,
    /// Our certificate.
    pub identity: Identity,
    /// The list and the authorities.
    pub trust: Arc<TrustBook>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The server behind.
    pub gate: G,
}

/// What all connections share.
pub(super) struct Shared<G> {
    pub settings: Arc<Settings>,
    pub budget: Arc<Budget>,
    pub trust: Arc<TrustBook>,
    pub clock: Arc<dyn Clock>,
    pub gate: G,
}

/// The receiving side of a process.
pub struct Receiver<G> {
    shared: Arc<Shared<G>>,
    admission: Arc<Admission>,
    tls: RwLock<Arc<ServerConfig>>,
}

impl<G: Gate> Receiver<G> {
    /// Prepares to listen.
    ///
    /// # Errors
    /// A certificate and a key that do not belong together.
    pub fn new(options: ReceiverOptions<G>) -> Result<Receiver<G>, rustls::Error> {
        let tls = tls::server_config(&options.identity)?;
        let budget = Budget::new(options.settings.max_memory);
        let shared = Shared {
            settings: Arc::new(options.settings),
            budget,
            trust: options.trust,
            clock: options.clock,
            gate: options.gate,
        };
        Ok(Receiver { shared: Arc::new(shared), admission: Arc::default(), tls: RwLock::new(tls) })
    }

    /// Shows another certificate to whoever connects from now on.
    ///
    /// # Errors
    /// A certificate and a key that do not belong together; the old one stays.
    pub fn replace_identity(&self, identity: &Identity) -> Result<(), rustls::Error> {
        let config = tls::server_config(identity)?;
        *self.tls.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// The server behind.
    pub fn gate(&self) -> &G {
        &self.shared.gate
    }

    /// Serves until `stop` becomes true, then lets messages that are on their way
    /// end (at most `grace`) and says 421 to idle peers.
    pub async fn run(&self, listener: TcpListener, mut stop: watch::Receiver<bool>, grace: Duration) {
        let mut tasks = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                accepted = listener.accept() => accepted,
                Some(_) = tasks.join_next() => continue,
            };
            match accepted {
                Ok((stream, from)) => {
                    let _ = stream.set_nodelay(true);
                    let address = from.ip().to_canonical();
                    match self.admission.enter(address, &self.shared.settings) {
                        Some(place) => {
                            let tls = self.tls.read().unwrap_or_else(PoisonError::into_inner).clone();
                            let shared = self.shared.clone();
                            tasks.spawn(Connection::new(shared, stream, address, place, tls, stop.clone()).run());
                        }
                        None => {
                            self.shared.gate.note(Note::Busy);
                            if tasks.len() < self.shared.settings.max_connections.saturating_mul(2) {
                                tasks.spawn(turn_away(stream));
                            }
                        }
                    }
                }
                // Out of descriptors: wait for connections to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
        drop(listener);
        let _ = timeout(grace, async { while tasks.join_next().await.is_some() {} }).await;
        // A message whose text is whole is being stored: that is never broken off.
        tasks.detach_all();
    }
}

/// RFC 5321 §3.1: 421 instead of a greeting... and nothing more is read.
async fn turn_away(mut stream: TcpStream) {
    let _ = timeout(Duration::from_secs(5), stream.write_all(&replies::busy().to_bytes())).await;
}
