//! What was done about the access to the account.

use app::pages::compte::account::{AccountPage, Event};
use axum::{extract::State as AxumState, http::StatusCode, response::Response};
use store::Chain;

use super::{Asked, Said};
use crate::{
    auth::Caller,
    clock,
    error::Error,
    http::{extract::Nonce, public::Spoken},
    state::State,
};

/// `GET /compte/securite`: what was done about the access to the account.
pub async fn security(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    const SHOWN: u32 = 100;
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let zone = asked.zone().await?;
    let traces = state.store.traces_newest(Chain::Person(caller.person), SHOWN).await?;
    let events = traces.into_iter().map(|trace| Event {
        by: trace.detail["by"].as_str().unwrap_or_default().to_owned(),
        refused: trace.result != "ok",
        at_local: clock::local_minutes(trace.at, &zone),
        kind: trace.kind,
    });
    asked.page(StatusCode::OK, AccountPage::Security { events: events.collect() }, Said::default()).await
}
