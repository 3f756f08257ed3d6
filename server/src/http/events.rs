//! The event source (RFC 8620 §7.3): state changes of all accounts the person may open, pushed as they happen. A stream
//! asks every second whether its session or token and its rights still live, and ends when they do not; it never
//! extends a session.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::{
    body::Body,
    extract::{Query, State as AxumState},
    http::{HeaderValue, header},
    response::Response,
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::accounts::States;
use tokio::sync::{broadcast, mpsc};
use tokio::time::Instant;
use wire::{id::AccountId, portal::Action};

use crate::{
    auth::{Caller, rights, sessions},
    error::Error,
    portal::cgu,
    state::State,
};

/// How often a stream makes sure that it may go on.
const WATCH: Duration = Duration::from_millis(900);
/// Of these, every so many also look at the states: behind the hints, which may be missed.
const SLOW: u32 = 6;
/// The types whose states are pushed.
const TYPES: [&str; 7] = ["Email", "Mailbox", "Thread", "EmailSubmission", "Identity", "Work", "Note"];
/// Seconds between pings: what clients may ask.
const PINGS: std::ops::RangeInclusive<u64> = 5..=300;

/// The query of the event source.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    types: Option<String>,
    #[serde(default)]
    closeafter: Option<String>,
    #[serde(default)]
    ping: Option<String>,
    /// `yes` (ours): the states as they are come first, so that a page learns what happened since it was made.
    #[serde(default)]
    initial: Option<String>,
}

/// `GET /jmap/events`.
pub async fn events(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let types = types(asked.types.as_deref())?;
    let close_after_state = match asked.closeafter.as_deref() {
        None | Some("no") => false,
        Some("state") => true,
        Some(_) => return Err(Error::BadRequest("bad-closeafter")),
    };
    let ping = match asked.ping.as_deref().map(str::parse::<u64>) {
        None | Some(Ok(0)) => None,
        Some(Ok(seconds)) => Some(Duration::from_secs(seconds.clamp(*PINGS.start(), *PINGS.end()))),
        Some(Err(_)) => return Err(Error::BadRequest("bad-ping")),
    };
    let (sender, receiver) = mpsc::channel::<Bytes>(16);
    let hints = state.store.changed();
    let accounts = current(&state, &caller).await?;
    let initial = asked.initial.as_deref() == Some("yes");
    let watcher = Watcher { state, caller, types, close_after_state, ping, initial, sender, accounts };
    tokio::spawn(watcher.run(hints));
    let stream = futures::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|piece| (Ok::<_, Infallible>(piece), receiver))
    });
    let mut response = Response::new(Body::from_stream(stream));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn types(asked: Option<&str>) -> Result<Vec<&'static str>, Error> {
    match asked {
        None | Some("" | "*") => Ok(TYPES.to_vec()),
        Some(list) => {
            let names: Vec<&str> = list.split(',').collect();
            Ok(TYPES.into_iter().filter(|known| names.contains(known)).collect())
        }
    }
}

/// The accounts that may be read, with their states.
async fn current(state: &State, caller: &Caller) -> Result<BTreeMap<AccountId, (Vec<Action>, States)>, store::Error> {
    let mut accounts = BTreeMap::new();
    for (account, actions) in rights::accounts(state, caller).await? {
        let states = state.store.states(account).await?;
        accounts.insert(account, (actions, states));
    }
    Ok(accounts)
}

struct Watcher {
    state: State,
    caller: Caller,
    types: Vec<&'static str>,
    close_after_state: bool,
    ping: Option<Duration>,
    initial: bool,
    sender: mpsc::Sender<Bytes>,
    accounts: BTreeMap<AccountId, (Vec<Action>, States)>,
}

/// What woke the stream.
enum Woken {
    Hint,
    Watch,
    Ping,
    End,
}

impl Watcher {
    async fn run(mut self, mut hints: broadcast::Receiver<store::Hint>) {
        // A comment at once: proxies and clients know that the stream is open. One that ended is asked for again within a
        // second, so that a page learns soon what it may not show any more.
        if self.sender.send(Bytes::from_static(b"retry: 1000\n: open\n\n")).await.is_err() {
            return;
        }
        if self.initial && !self.tell_all().await {
            return;
        }
        let mut watch = tokio::time::interval(WATCH);
        let mut looks = 0_u32;
        let mut next_ping = self.ping.map(|every| Instant::now() + every);
        loop {
            let going_on = match self.wait(&mut hints, &mut watch, next_ping).await {
                Woken::Hint => self.changed().await,
                Woken::Watch => {
                    looks = looks.wrapping_add(1);
                    self.still_allowed().await && (!looks.is_multiple_of(SLOW) || self.changed().await)
                }
                Woken::Ping => {
                    next_ping = self.ping.map(|every| Instant::now() + every);
                    self.send("ping", &json!({"interval": self.ping.map_or(0, |every| every.as_secs())})).await
                }
                Woken::End => false,
            };
            if !going_on {
                return;
            }
        }
    }

    async fn wait(
        &self,
        hints: &mut broadcast::Receiver<store::Hint>,
        watch: &mut tokio::time::Interval,
        ping: Option<Instant>,
    ) -> Woken {
        let pinging = async {
            match ping {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.sender.closed() => Woken::End,
            () = self.state.closed() => Woken::End,
            _ = watch.tick() => Woken::Watch,
            woken = self.hint(hints) => woken,
            () = pinging => Woken::Ping,
        }
    }

    /// Returns when something changed that this stream may tell.
    async fn hint(&self, hints: &mut broadcast::Receiver<store::Hint>) -> Woken {
        loop {
            match hints.recv().await {
                Ok(hint) if hint.account.is_some_and(|account| !self.accounts.contains_key(&account)) => {}
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return Woken::Hint,
                Err(broadcast::error::RecvError::Closed) => return Woken::End,
            }
        }
    }

    /// The session or token lives, and the rights are those the stream began with: otherwise it ends, and the client
    /// that comes back is told anew what it may see.
    async fn still_allowed(&self) -> bool {
        let alive = match cgu::accepted(&self.state, &self.caller).await {
            Ok(()) => sessions::still_alive(&self.state, &self.caller).await,
            Err(Error::Store(error)) => Err(error),
            Err(_) => Ok(false),
        };
        let rights = rights::accounts(&self.state, &self.caller).await;
        match (alive, rights) {
            (Ok(true), Ok(rights)) => {
                rights.len() == self.accounts.len()
                    && rights.iter().all(|(account, actions)| self.accounts.get(account).is_some_and(|(a, _)| a == actions))
            }
            (Ok(false), _) => false,
            // The database is away for a moment: nothing is sent meanwhile, and the next look decides.
            (Err(error), _) | (_, Err(error)) => error.is_transient(),
        }
    }

    /// Sends what changed since the last time; false ends the stream.
    async fn changed(&mut self) -> bool {
        let mut changed = Map::new();
        for (account, (_, known)) in &mut self.accounts {
            let Ok(states) = self.state.store.states(*account).await else { return true };
            let types = differences(known, &states, &self.types);
            *known = states;
            if !types.is_empty() {
                changed.insert(account.to_string(), Value::Object(types));
            }
        }
        if changed.is_empty() {
            return true;
        }
        self.send("state", &json!({"@type": "StateChange", "changed": changed})).await && !self.close_after_state
    }

    /// Sends every state; false ends the stream.
    async fn tell_all(&self) -> bool {
        let none = States::default();
        let states = self
            .accounts
            .iter()
            .map(|(account, (_, states))| (account.to_string(), Value::Object(differences(&none, states, &self.types))));
        self.send("state", &json!({"@type": "StateChange", "changed": states.collect::<Map<_, _>>()})).await
    }

    async fn send(&self, event: &str, data: &Value) -> bool {
        self.sender.send(format!("event: {event}\ndata: {data}\n\n").into()).await.is_ok()
    }
}

fn differences(old: &States, new: &States, types: &[&str]) -> Map<String, Value> {
    let pairs = [
        ("Email", old.email, new.email),
        ("Mailbox", old.mailbox, new.mailbox),
        ("Thread", old.thread, new.thread),
        ("EmailSubmission", old.submission, new.submission),
        ("Identity", old.identity, new.identity),
        ("Work", old.work, new.work),
        ("Note", old.note, new.note),
    ];
    pairs
        .into_iter()
        .filter(|(name, old, new)| old != new && types.contains(name))
        .map(|(name, _, new)| (name.to_owned(), new.to_string().into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_and_was_asked_for() {
        let old = States { email: 1, mailbox: 1, ..States::default() };
        let new = States { email: 2, mailbox: 3, ..States::default() };
        let of = |asked: Option<&str>| differences(&old, &new, &types(asked).unwrap());
        assert_eq!(Value::Object(of(None)), json!({"Email": "2", "Mailbox": "3"}));
        assert_eq!(Value::Object(of(Some("Mailbox,Thread"))), json!({"Mailbox": "3"}));
    }
}
