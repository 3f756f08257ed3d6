//! The receiving side of this process: the store behind the SMTP dialogue, and the listeners.

use std::{sync::Arc, time::Duration};

use relay::receive::{
    Acceptance, Gate, Incoming, Note, Receiver, ReceiverOptions, RecipientQuery, Settings, Unavailable, Verdict,
};
use tokio::net::TcpListener;

use super::Relay;
use crate::{
    config::Config,
    service::{receive, reports},
    state::State,
};

/// The server behind the receiving side.
pub struct StoreGate(State);

impl Gate for StoreGate {
    async fn recipient(&self, query: &RecipientQuery<'_>) -> Verdict {
        receive::recipient(&self.0, query).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a recipient could not be looked up");
            Verdict::Later("Temporarily unable to answer, try again later".into())
        })
    }

    async fn sent_to(&self, bal: &str, about: &mail::report::About) -> Result<Vec<String>, Unavailable> {
        reports::sent_to(&self.0, bal, about).await.map_err(|error| {
            tracing::warn!(%error, "what a report is about could not be looked up");
            Unavailable
        })
    }

    async fn accept(&self, incoming: Incoming) -> Acceptance {
        receive::accept(&self.0, incoming).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "a message could not be stored: its operator is asked to come back");
            Acceptance::Later
        })
    }

    fn note(&self, note: Note) {
        if let Some(relay) = &self.0.relay {
            relay.figures.note(note);
        }
    }
}

/// The limits of `[relay]`; those that are not settings are the crate's.
fn settings(config: &Config) -> Settings {
    let relay = &config.relay;
    Settings {
        max_size: relay.message_octets,
        max_memory: relay.memory_octets,
        max_recipients: relay.recipients,
        single_recipient_domains: vec![config.mss.patient_domain.clone()],
        max_connections: relay.connections,
        max_per_address: relay.connections_per_address,
        max_per_peer: relay.connections_per_peer,
        command_timeout: Duration::from_secs(relay.command_seconds.into()),
        message_timeout: Duration::from_secs(relay.message_seconds.into()),
        ..Settings::new(relay.hostname.clone())
    }
}

/// Prepares to take mail.
///
/// # Errors
/// When mail is not exchanged, or the certificate cannot be used.
pub fn receiver(state: &State) -> anyhow::Result<Arc<Receiver<StoreGate>>> {
    let relay = state.relay.as_ref().ok_or_else(|| anyhow::anyhow!("`relay.certificate_file` is not set"))?;
    let receiver = Receiver::new(ReceiverOptions {
        settings: settings(&state.config),
        identity: relay.identity.read()?,
        trust: relay.book.clone(),
        clock: relay.clock.clone(),
        gate: StoreGate(state.clone()),
    })?;
    Ok(Arc::new(receiver))
}

/// Takes mail until the process is asked to stop; then messages on their way may end.
pub async fn serve(state: State, receiver: Arc<Receiver<StoreGate>>, listeners: Vec<TcpListener>) {
    let grace = Duration::from_secs(state.config.relay.grace_seconds.into());
    let run = |listener| receiver.run(listener, state.closing.clone(), grace);
    futures::future::join_all(listeners.into_iter().map(run)).await;
}

/// Looks at the files of our certificate until the process stops, and shows the new one on both sides.
pub async fn watch(state: State, receiver: Option<Arc<Receiver<StoreGate>>>) {
    let Some(relay) = &state.relay else { return };
    let every = Duration::from_secs(state.config.relay.check_seconds.into());
    loop {
        tokio::select! {
            () = state.closed() => return,
            () = tokio::time::sleep(every) => {}
        }
        if relay.identity.changed() {
            replace(relay, receiver.as_deref());
        }
    }
}

fn replace(relay: &Relay, receiver: Option<&Receiver<StoreGate>>) {
    let replaced = relay.identity.read().and_then(|identity| {
        relay.sender.replace_identity(&identity)?;
        receiver.map_or(Ok(()), |receiver| receiver.replace_identity(&identity))?;
        relay.identity.show(&identity);
        Ok(())
    });
    match replaced {
        Ok(()) => tracing::info!("a new certificate is shown to other operators from now on"),
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "the new certificate cannot be used: the old one stays")
        }
    }
}
