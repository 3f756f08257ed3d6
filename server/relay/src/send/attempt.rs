//! One host: connect, TLS, judge, and as many transactions as the recipients need.

use std::sync::Arc;

use rustls::ClientConfig;

use super::client::{Capabilities, Client};
use super::job::{Job, JobRecipient};
use super::outcome::{HandedOver, Outcome, Trouble};
use super::payload::Payload;
use super::route::Host;
use super::sender::Timeouts;
use super::transaction::{GoAhead, missing, transact};
use crate::Clock;
use crate::smtp::Enhanced;
use crate::trust::{Peer, Standing, Trust, Usage};

/// Recipients named in one transaction (RFC 5321 §4.5.3.1.8).
const MAX_RECIPIENTS: usize = 100;

/// What one host needs.
pub(super) struct Attempt<'a> {
    pub job: &'a Job,
    pub payload: &'a Payload,
    pub trust: &'a Trust,
    pub config: &'a Arc<ClientConfig>,
    pub hostname: &'a str,
    pub timeouts: Timeouts,
    pub clock: &'a dyn Clock,
    pub go_ahead: GoAhead<'a>,
}

/// What one host gave.
pub(super) struct Attempted {
    /// Per pending recipient, in order.
    pub outcomes: Vec<Outcome>,
    /// It spoke SMTP over TLS with a certificate of the domain.
    pub reached: bool,
}

/// A connection that may be spoken on.
struct Ready {
    client: Client,
    capabilities: Capabilities,
    peer: Peer,
}

impl Attempt<'_> {
    /// Tries one host for the `pending` recipients.
    pub async fn host(&self, host: &Host, pending: &[&JobRecipient]) -> Attempted {
        let all = |trouble: Trouble, reached| {
            let outcome = Outcome::of(trouble, Some(&host.name));
            Attempted { outcomes: vec![outcome; pending.len()], reached }
        };
        let mut ready = match self.ready(host).await {
            Ok(ready) => ready,
            Err(trouble) => return all(trouble, false),
        };
        if let Some(trouble) = missing(&ready.capabilities, self.job, self.payload) {
            ready.client.quit().await;
            return all(trouble, true);
        }
        let outcomes = self.transactions(&mut ready, host, pending).await;
        Attempted { outcomes, reached: true }
    }

    async fn ready(&self, host: &Host) -> Result<Ready, Trouble> {
        let mut trouble = Trouble::Unreachable("no address".to_owned());
        for address in &host.addresses {
            let mut client = match Client::connect(*address, self.timeouts).await {
                Ok(client) => client,
                Err(error) => {
                    trouble = error;
                    continue;
                }
            };
            match self.secure(&mut client, host).await {
                Ok((capabilities, peer)) => return Ok(Ready { client, capabilities, peer }),
                // It answered: its other addresses are the same host.
                Err(error) => return Err(error),
            }
        }
        Err(trouble)
    }

    /// Greeting, EHLO, STARTTLS, the judgement of its certificate, EHLO again.
    async fn secure(&self, client: &mut Client, host: &Host) -> Result<(Capabilities, Peer), Trouble> {
        client.greeting().await?;
        if !client.ehlo(self.hostname).await?.start_tls {
            client.quit().await;
            return Err(Trouble::NoTls);
        }
        let chain = client.start_tls(self.config, &host.name).await?;
        let peer = self.trust.authority.judge(&chain, Usage::Server, self.clock.now_ms()).map_err(Trouble::Certificate)?;
        match self.trust.standing(&peer.name, &self.job.domain) {
            Standing::Listed => {}
            Standing::OtherCertificate => return Err(Trouble::OtherCertificate(peer.name.to_string())),
            Standing::NotListed => return Err(Trouble::NotListed),
            Standing::NoList => return Err(Trouble::NoList),
        }
        Ok((client.ehlo(self.hostname).await?, peer))
    }

    /// Transactions until every recipient has an answer; those refused as "too
    /// many" go into the next one (RFC 5321 §4.5.3.1.10).
    async fn transactions(&self, ready: &mut Ready, host: &Host, pending: &[&JobRecipient]) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; pending.len()];
        let mut most = MAX_RECIPIENTS;
        loop {
            let open: Vec<usize> = (0..pending.len()).filter(|&i| outcomes[i].is_none()).take(most).collect();
            if open.is_empty() {
                break;
            }
            let named: Vec<&JobRecipient> = open.iter().map(|&i| pending[i]).collect();
            let Ready { client, capabilities, peer } = ready;
            let done = transact(client, capabilities, self.job, self.payload, &named, self.go_ahead).await;
            let accepted = done.results.iter().filter(|r| !is_too_many(r)).count();
            for (&index, result) in open.iter().zip(&done.results) {
                // Only when others got through: otherwise it is a refusal like any other.
                if is_too_many(result) && accepted > 0 && done.usable {
                    most = most.min(accepted);
                    continue;
                }
                outcomes[index] = Some(self.outcome(result, peer, host, capabilities));
            }
            if !done.usable {
                let trouble = done.results.iter().find_map(|r| r.clone().err()).unwrap_or(Trouble::Dropped);
                let rest = if trouble.is_uncertain() { Trouble::Dropped } else { trouble };
                outcomes.iter_mut().for_each(|o| {
                    o.get_or_insert_with(|| Outcome::of(rest.clone(), Some(&host.name)));
                });
                return outcomes.into_iter().flatten().collect();
            }
        }
        ready.client.quit().await;
        outcomes.into_iter().flatten().collect()
    }

    fn outcome(
        &self,
        result: &Result<crate::smtp::Reply, Trouble>,
        peer: &Peer,
        host: &Host,
        capabilities: &Capabilities,
    ) -> Outcome {
        match result {
            Ok(reply) => Outcome::Sent(HandedOver {
                operator: peer.name.operator(),
                host: host.name.clone(),
                reply: reply.clone(),
                at: self.clock.now_ms(),
                dsn: capabilities.dsn,
            }),
            Err(trouble) => Outcome::of(trouble.clone(), Some(&host.name)),
        }
    }
}

/// 452 4.5.3, or 452 without a closer code (RFC 5321 §4.5.3.1.10).
fn is_too_many(result: &Result<crate::smtp::Reply, Trouble>) -> bool {
    let Err(Trouble::Reply(reply)) = result else { return false };
    reply.code == 452 && reply.enhanced.is_none_or(|e| e == Enhanced::new(4, 5, 3))
}
