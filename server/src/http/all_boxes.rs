//! `/courrier/toutes`: the newest conversations of all one's inboxes, each leading into its BAL.

use app::{
    pages::boites::{Boxes, Line, Mailbox},
    public::PublicPage,
};
use axum::{
    extract::{Query, State as AxumState},
    http::StatusCode,
    response::Response,
};
use serde::Deserialize;

use super::{
    account_pages::personal,
    extract::Nonce,
    public::{self, Spoken},
};
use crate::{
    auth::Caller,
    clock,
    error::Error,
    service::boxes::{self, Found},
    state::State,
};

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Asked {
    /// Received before this moment, in milliseconds.
    avant: Option<i64>,
}

/// `GET /courrier/toutes`.
pub async fn show(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let zone = state.store.preferences(caller.person).await?.zone;
    let Found { boxes, conversations, more } = boxes::newest(&state, &caller, asked.avant).await?;
    let older = conversations.last().filter(|_| more).map(|last| format!("/courrier/toutes?avant={}", last.received_at));
    let lines = conversations.into_iter().map(|one| Line {
        url: format!("/courrier/{}/{}/{}", one.account, one.inbox, one.thread),
        mailbox: one.mailbox,
        own: one.own,
        from: one.from,
        subject: one.subject,
        preview: one.preview,
        received_local: clock::local_minutes(one.received_at, &zone),
        unread: one.unread,
    });
    let page = Boxes {
        lines: lines.collect(),
        boxes: boxes
            .into_iter()
            .map(|one| Mailbox {
                account: one.id.to_string(),
                name: one.name,
                address: one.address,
                own: one.own,
                unread: one.unread.into(),
            })
            .collect(),
        older,
        later_page: asked.avant.is_some(),
    };
    let context = personal(&state, &caller, spoken, &nonce, Default::default()).await?;
    Ok(public::page(StatusCode::OK, PublicPage::Boxes(Box::new(page)), context))
}
