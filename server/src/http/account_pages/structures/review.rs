//! The yearly review of a structure, and its report as a file.

use app::{
    i18n::Lang,
    pages::compte::structure::{
        StructurePage,
        review::{ReviewFound, ReviewLine, ReviewSheet},
    },
};
use axum::{
    body::Body,
    extract::{Query, State as AxumState},
    http::{HeaderValue, header},
    response::Response,
};
use serde::Deserialize;
use store::organisations::review::{Review, Reviewed};

use super::{
    super::{Asked, Said, done},
    HOME, refused, role_in, show,
};
use crate::{
    auth::rights::Administering,
    clock,
    error::Error,
    http::{
        extract::{Form, Nonce},
        public::Spoken,
    },
    service::organisation::{review, shared_boxes},
    state::State,
};

async fn lines(state: &State, acting: &Administering, found: &Review, zone: &str) -> Result<Vec<ReviewLine>, Error> {
    let (store, structure) = (&state.store, acting.organisation());
    let (boxes, members) = (store.structure_boxes(structure).await?, store.structure_members(structure).await?);
    let (groups, grants) = (store.structure_groups(structure).await?, store.structure_grants(structure).await?);
    let shared = shared_boxes(state, structure).await?;
    let mut lines = Vec::new();
    for item in &found.items {
        let (id, is_box, name, detail, professional) = match item.what {
            Reviewed::Box(account) => {
                let Some(one) = boxes.iter().find(|one| one.account == account) else { continue };
                let charge = one.charge.clone();
                let detail = format!("{} · {} ({})", charge.purpose, charge.professional, charge.rpps);
                let professional = (found.closed_at.is_none()).then_some((charge.professional, charge.rpps));
                (account.to_string(), true, store.account(account).await?.address, detail, professional)
            }
            Reviewed::Member(member) => {
                let Some(one) = members.iter().find(|one| one.id == member) else { continue };
                let mut detail = vec![one.function.clone()];
                for open in &shared {
                    if role_in(member, open.account, &groups, &grants).is_some() {
                        detail.push(store.account(open.account).await?.address);
                    }
                }
                (member.to_string(), false, one.name.clone(), detail.join(" · "), None)
            }
        };
        let decided_by = match item.decided_by {
            Some(person) => Some(store.person(person).await?.name),
            None => None,
        };
        let decided_local = item.decided_at.map(|at| clock::local_minutes(at, zone));
        let decision = item.decision.code();
        lines.push(ReviewLine { id, is_box, name, detail, professional, decision, decided_local, decided_by });
    }
    Ok(lines)
}

async fn page(asked: Asked<'_>, acting: &Administering, error: Option<(&str, &str)>, said: Said) -> Result<Response, Error> {
    let (state, zone) = (asked.state, asked.zone().await?);
    let structure = state.store.organisation(acting.organisation()).await?;
    let local = |ms: i64| clock::local_minutes(ms, &zone);
    let found = match state.store.review_latest(structure.id).await? {
        None => None,
        Some(found) => Some(ReviewFound {
            opened_local: local(found.opened_at),
            due_local: local(found.due_at),
            closed_local: found.closed_at.map(local),
            late: found.suspended_at.is_some(),
            waiting: found.waiting() as u64,
            lines: lines(state, acting, &found, &zone).await?,
        }),
    };
    let page = ReviewSheet {
        structure: structure.id.to_string(),
        structure_name: structure.name,
        next_local: local(structure.review_due_at),
        found,
        error: error.map(|(field, code)| (field.to_owned(), code.to_owned())),
    };
    let refused = page.error.is_some();
    show(asked, refused, StructurePage::Review(page), said).await
}

/// `GET /compte/structure/{structure}/revue`.
pub async fn form(
    AxumState(state): AxumState<State>,
    acting: Administering,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    page(asked, &acting, None, said).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ReviewForm {
    op: String,
    boite: String,
    membre: String,
    responsable: String,
    rpps: String,
}

/// `POST /compte/structure/{structure}/revue`: confirms, names another responsible professional, or says that a BAL is needed
/// no more.
pub async fn act(
    AxumState(state): AxumState<State>,
    acting: Administering,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ReviewForm>,
) -> Result<Response, Error> {
    let account = || form.boite.parse().map_err(|_| Error::NotFound);
    let (said, result) = match form.op.as_str() {
        "confirmer" if form.membre.is_empty() => {
            ("review-confirmed", review::confirm(&state, &acting, Reviewed::Box(account()?)).await)
        }
        "confirmer" => {
            let member = form.membre.parse().map_err(|_| Error::NotFound)?;
            ("review-confirmed", review::confirm(&state, &acting, Reviewed::Member(member)).await)
        }
        "responsable" => {
            let changed = review::charge(&state, &acting, account()?, &form.responsable, &form.rpps).await;
            ("review-charge", changed)
        }
        "inutile" => ("review-unneeded", review::unneeded(&state, &acting, account()?).await),
        _ => return Err(Error::BadRequest("bad-form")),
    };
    match result {
        Ok(()) => Ok(done(&format!("{HOME}/{}/revue", acting.organisation()), said)),
        Err(error) => {
            let at = refused(error)?;
            let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
            page(asked, &acting, Some(at), Said::default()).await
        }
    }
}

/// `GET /compte/structure/{structure}/revue.csv`: the newest review as a file.
pub async fn report(AxumState(state): AxumState<State>, acting: Administering, spoken: Spoken) -> Result<Response, Error> {
    let structure = acting.organisation();
    let found = state.store.review_latest(structure).await?.ok_or(Error::NotFound)?;
    let preferences = state.store.preferences(acting.caller().person).await?;
    let lang = preferences.language.as_deref().and_then(Lang::from_code).unwrap_or(spoken.0);
    let mut response = Response::new(Body::from(review::report(&state, structure, &found, lang).await?));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"revue.csv\""));
    Ok(response)
}
