//! `/compte/approbation`: the page of an enrolled browser that approves or refuses sign-ins. Its own cookie opens it: a
//! session would be one more thing to sign in to.

use app::{
    pages::approbation::{ApprovalPage, RequestLine},
    public::PublicPage,
};
use axum::{
    Json,
    extract::{Query, State as AxumState},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::{
    approvals::{Answer, Answered},
    approvers::Approver,
};

use super::{
    account_pages::{Said, personal},
    extract::{self, Form, Nonce, Visitor},
    public::{self, Spoken},
};
use crate::{auth::approval, auth::code, clock, error::Error, state::State};

const PAGE: &str = "/compte/approbation";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct AnswerForm {
    demande: String,
    nombre: String,
    op: String,
}

async fn enrolled(state: &State, headers: &HeaderMap) -> Result<Option<Approver>, Error> {
    let token = extract::cookie(headers, extract::APPROVER_COOKIE);
    Ok(approval::approver(state, token.as_deref()).await?)
}

/// Who looks at the page, and in what.
struct Desk<'a> {
    state: &'a State,
    who: Visitor,
    spoken: Spoken,
    nonce: &'a Nonce,
}

impl Desk<'_> {
    async fn show(self, approver: Option<Approver>, refused: Option<(i64, &str)>, said: Said) -> Result<Response, Error> {
        let state = self.state;
        let mut page = ApprovalPage::default();
        let mut context = match self.who.0.as_ref().zip(approver.as_ref()) {
            Some((caller, approver)) if caller.person == approver.person => {
                personal(state, caller, self.spoken, self.nonce, said).await?
            }
            _ => {
                let mut context = public::context(state, self.spoken, self.nonce);
                context.said = said.code();
                context
            }
        };
        if let Some(approver) = approver {
            let zone = state.store.preferences(approver.person).await?.zone;
            context.now_local = clock::local_minutes(state.clock.now_ms(), &zone);
            let waiting = approval::waiting(state, &approver).await?.into_iter();
            page.requests = waiting
                .map(|one| RequestLine {
                    error: refused.filter(|(id, _)| *id == one.id).map(|(_, code)| code.to_owned()),
                    id: one.id.to_string(),
                    agent: one.agent,
                    at_local: clock::local_minutes(one.asked_at, &zone),
                })
                .collect();
            page.browser = Some(approver.name);
        }
        let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
        Ok(public::page(status, PublicPage::Approval(Box::new(page)), context))
    }
}

/// `GET /compte/approbation`.
pub async fn page(
    AxumState(state): AxumState<State>,
    who: Visitor,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let approver = enrolled(&state, &headers).await?;
    Desk { state: &state, who, spoken, nonce: &nonce }.show(approver, None, said).await
}

/// `GET /compte/approbation/attente`: what waits, for the script of the page.
pub async fn waiting(AxumState(state): AxumState<State>, headers: HeaderMap) -> Result<Response, Error> {
    let requests = match enrolled(&state, &headers).await? {
        Some(approver) => approval::waiting(&state, &approver).await?,
        None => Vec::new(),
    };
    let ids: Vec<String> = requests.iter().map(|request| request.id.to_string()).collect();
    Ok(Json(serde_json::json!({"requests": ids})).into_response())
}

/// `POST /compte/approbation`: approves with the digits of the other screen, or refuses.
pub async fn answer(
    AxumState(state): AxumState<State>,
    who: Visitor,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<AnswerForm>,
) -> Result<Response, Error> {
    let desk = Desk { state: &state, who, spoken, nonce: &nonce };
    let Some(approver) = enrolled(&state, &headers).await? else { return desk.show(None, None, Said::default()).await };
    let request: i64 = form.demande.parse().unwrap_or_default();
    let answer = match form.op.as_str() {
        "refuser" => Answer::Refuse,
        _ => Answer::Approve(code::typed(&form.nombre)),
    };
    let said = match approval::answer(&state, &approver, request, answer).await? {
        Answered::Wrong { .. } => {
            return desk.show(Some(approver), Some((request, "approval-number")), Said::default()).await;
        }
        Answered::Approved => "approval-given",
        Answered::Refused => "approval-refused",
        Answered::UsedUp => "approval-used-up",
        Answered::Gone => "approval-gone",
    };
    Ok(Redirect::to(&format!("{PAGE}?dit={said}")).into_response())
}
