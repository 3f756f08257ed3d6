//! Opening a BAL, by forms that need no script: one step a page, what was typed comes back with a refusal.

use app::{
    pages::inscription::{ChoiceLine, Head, OpeningPage},
    public::PublicPage,
};
use axum::{
    extract::{Path, State as AxumState},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::openings::{Opening, Wish};

use super::{
    extract::{self, Form, Nonce},
    public::{self, Spoken},
};
use crate::{
    auth::{Caller, code, means::SignedBy, sessions},
    clock,
    error::Error,
    portal::cgu,
    service::{
        nomenclature,
        opening::{self, Contacts, Step, StepError},
    },
    state::State,
};

/// Everything the steps post.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Posted {
    activity: String,
    email: String,
    mobile: String,
    liste_rouge: String,
    phone: String,
    code: String,
    password: String,
    again: String,
    cgu: String,
    notice: String,
}

/// Why the step is shown again.
#[derive(Default)]
struct Refusal {
    field: &'static str,
    code: &'static str,
    wait: Option<u32>,
}

/// What a step needs to be shown.
struct Desk {
    state: State,
    spoken: Spoken,
    nonce: Nonce,
    opening: Opening,
}

async fn find(state: &State, headers: &HeaderMap) -> Result<Option<Opening>, Error> {
    let Some(token) = extract::cookie(headers, extract::OPENING_COOKIE) else { return Ok(None) };
    let idle = i64::from(state.config.sessions.idle_minutes) * 60_000;
    Ok(state.store.opening(&sessions::token_hash(&token), idle).await?)
}

fn path(step: Step) -> String {
    format!("/inscription/{}", step.slug())
}

/// `GET /inscription`: what it takes, or the step one had come to.
pub async fn start(
    AxumState(state): AxumState<State>,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    if let Some(opening) = find(&state, &headers).await? {
        return Ok(Redirect::to(&path(opening::current(&state, &opening.wish))).into_response());
    }
    let resumed = extract::cookie(&headers, extract::OPENING_COOKIE).is_some();
    let page = OpeningPage::Start { open: state.config.is_open(), resumed };
    Ok(shown(&state, StatusCode::OK, page, spoken, &nonce))
}

fn shown(state: &State, status: StatusCode, page: OpeningPage, spoken: Spoken, nonce: &Nonce) -> Response {
    public::page(status, PublicPage::Opening(Box::new(page)), public::context(state, spoken, nonce))
}

/// `GET /inscription/{step}`.
pub async fn step(
    AxumState(state): AxumState<State>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let step = Step::from_slug(&slug).ok_or(Error::NotFound)?;
    let Some(opening) = find(&state, &headers).await? else { return Ok(Redirect::to("/inscription").into_response()) };
    let now = opening::current(&state, &opening.wish);
    if step > now || !opening::steps(&state, &opening.wish).contains(&step) {
        return Ok(Redirect::to(&path(now)).into_response());
    }
    let desk = Desk { state, spoken, nonce, opening };
    desk.show(step, Refusal::default(), None).await
}

/// `POST /inscription/{step}`.
pub async fn post(
    AxumState(state): AxumState<State>,
    Path(slug): Path<String>,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<Posted>,
) -> Result<Response, Error> {
    let Some(opening) = find(&state, &headers).await? else { return Ok(Redirect::to("/inscription").into_response()) };
    if slug == "abandon" {
        state.store.opening_forget(opening.id).await?;
        let gone = extract::set_cookie(extract::OPENING_COOKIE, "", 0)?;
        return Ok(([(header::SET_COOKIE, gone)], Redirect::to("/inscription")).into_response());
    }
    let desk = Desk { state, spoken, nonce, opening };
    let (step, done) = desk.act(&slug, &form, &headers).await?;
    match done {
        Ok(Some(response)) => Ok(response),
        Ok(None) => Ok(Redirect::to("/inscription").into_response()),
        Err(StepError::Field { field, code }) => desk.show(step, Refusal { field, code, wait: None }, Some(&form)).await,
        Err(StepError::TooSoon(seconds)) => {
            desk.show(step, Refusal { field: "code", code: "code-too-soon", wait: Some(seconds) }, Some(&form)).await
        }
        Err(StepError::Changed) => Ok(Redirect::to("/inscription").into_response()),
        Err(StepError::Store(error)) => Err(error.into()),
        Err(StepError::Internal(error)) => Err(error.into()),
    }
}

impl Desk {
    /// Does what a step posts. The step is where a refusal is shown.
    async fn act(
        &self,
        slug: &str,
        form: &Posted,
        headers: &HeaderMap,
    ) -> Result<(Step, Result<Option<Response>, StepError>), Error> {
        let (state, opening, lang) = (&self.state, &self.opening, self.spoken.0);
        if slug == "renvoyer" {
            let step = opening::current(state, &opening.wish);
            return Ok((step, opening::resend(state, opening, lang).await.map(|()| None)));
        }
        if slug == "sans-mobile" {
            return Ok((Step::Mobile, opening::without_mobile(state, opening).await.map(|()| None)));
        }
        let step = Step::from_slug(slug).ok_or(Error::NotFound)?;
        let now = opening::current(state, &opening.wish);
        if step > now {
            return Ok((step, Err(StepError::Changed)));
        }
        let done = match step {
            Step::Identity => opening::choose(state, opening, form.activity.parse().ok()).await,
            Step::Contact => {
                let typed = Contacts {
                    email: form.email.chars().take(254).collect(),
                    mobile: form.mobile.chars().take(40).collect(),
                    liste_rouge: !form.liste_rouge.is_empty(),
                    publish_phone: !form.phone.is_empty(),
                };
                opening::contacts(state, opening, typed, lang).await
            }
            Step::Code | Step::Mobile if step == now => opening::verify(state, opening, &form.code, lang).await,
            Step::Code | Step::Mobile => Err(StepError::Changed),
            Step::Password => {
                let secret: String = form.password.chars().take(wire::limits::PASSWORD_CHARS + 1).collect();
                opening::password(state, opening, &secret, &form.again).await
            }
            Step::Terms => return Ok((step, self.finish(form, headers).await)),
        };
        Ok((step, done.map(|()| None)))
    }

    async fn finish(&self, form: &Posted, headers: &HeaderMap) -> Result<Option<Response>, StepError> {
        let state = &self.state;
        let accepted = !form.cgu.is_empty() && !form.notice.is_empty();
        let finished = opening::finish(state, self.opening.clone(), accepted, self.spoken.0).await?;
        let agent = headers.get(header::USER_AGENT).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let (token, session) = sessions::create(state, finished.person, agent, SignedBy::Psc).await?;
        let id_token = self.opening.wish.id_token.clone();
        state.store.psc_session_keep(finished.person, session, id_token).await?;
        let seconds = u64::from(state.config.sessions.absolute_hours) * 3600;
        let cookie = |name, value: &str, seconds| {
            extract::set_cookie(name, value, seconds).map_err(|error| anyhow::anyhow!("{error}"))
        };
        let mut response = Redirect::to("/inscription/fin").into_response();
        let headers = response.headers_mut();
        headers.append(header::SET_COOKIE, cookie(extract::SESSION_COOKIE, &token, seconds)?);
        headers.append(header::SET_COOKIE, cookie(extract::OPENING_COOKIE, "", 0)?);
        Ok(Some(response))
    }

    async fn show(&self, step: Step, refusal: Refusal, form: Option<&Posted>) -> Result<Response, Error> {
        let status = match (refusal.code, refusal.wait) {
            ("", _) => StatusCode::OK,
            (_, Some(_)) => StatusCode::TOO_MANY_REQUESTS,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let page = self.page(step, refusal, form).await?;
        Ok(shown(&self.state, status, page, self.spoken, &self.nonce))
    }

    async fn page(&self, step: Step, refusal: Refusal, form: Option<&Posted>) -> Result<OpeningPage, Error> {
        let wish = &self.opening.wish;
        let steps = opening::steps(&self.state, wish);
        let at = steps.iter().position(|one| *one == step).unwrap_or_default() + 1;
        let before = at.checked_sub(2).and_then(|at| steps.get(at)).map(|step| path(*step));
        let head = Head { at: at as u64, of: steps.len() as u64, before };
        let error = |field: &str| (refusal.field == field).then(|| refusal.code.to_owned());
        Ok(match step {
            Step::Identity => self.identity(head, error("activity")).await?,
            Step::Contact => {
                let activity = wish.activity.and_then(|at| wish.identity.activities.get(at));
                let phone = activity.map(|activity| activity.phone.clone()).filter(|phone| !phone.is_empty());
                let kept = |typed: fn(&Posted) -> &String, known: bool| form.map_or(known, |form| !typed(form).is_empty());
                OpeningPage::Contact {
                    head,
                    known: wish.known.is_some(),
                    email: form.map_or(&wish.email, |form| &form.email).chars().take(254).collect(),
                    mobile: (wish.known.is_none() && self.state.sms.is_configured())
                        .then(|| form.map_or(&wish.mobile, |form| &form.mobile).chars().take(40).collect()),
                    mobile_error: error("mobile"),
                    liste_rouge: kept(|form| &form.liste_rouge, wish.liste_rouge),
                    publish_phone: kept(|form| &form.phone, wish.publish_phone),
                    phone,
                    error: error("email").or_else(|| error("code")),
                }
            }
            Step::Code | Step::Mobile => {
                let since = self.state.clock.now_ms() - self.opening.code_sent_at;
                let left = i64::from(self.state.config.codes.resend_seconds) - since / 1000;
                let mobile = step == Step::Mobile;
                OpeningPage::Code {
                    head,
                    mobile,
                    masked_contact: if mobile { code::masked_mobile(&wish.mobile) } else { code::masked(&wish.email) },
                    error: error("code"),
                    resend_in: u32::try_from(left).unwrap_or(0),
                }
            }
            Step::Password => OpeningPage::Password {
                head,
                login: wish.address.clone(),
                error: error("password"),
                again_error: error("again"),
            },
            Step::Terms => self.terms(head, error("cgu")).await?,
        })
    }

    async fn identity(&self, head: Head, error: Option<String>) -> Result<OpeningPage, Error> {
        let wish = &self.opening.wish;
        let choices = opening::entitled(&self.state, &wish.identity, wish.known).await?.unwrap_or_default();
        let mut lines = Vec::with_capacity(choices.len());
        for choice in choices {
            let address = match wish.activity == Some(choice.index) && !wish.address.is_empty() {
                true => wish.address.clone(),
                false => opening::propose(&self.state, &wish.identity, &choice).await?,
            };
            lines.push(line(wish, &choice, address));
        }
        let identity = &wish.identity;
        Ok(OpeningPage::Identity {
            head,
            name: format!("{} {}", identity.given_name, identity.family_name.to_uppercase()),
            national_id: identity.national_id.clone(),
            choices: lines,
            selected: wish.activity.map(|at| at as u64),
            error,
        })
    }

    async fn terms(&self, head: Head, error: Option<String>) -> Result<OpeningPage, Error> {
        let (state, wish) = (&self.state, &self.opening.wish);
        let now = state.clock.now_ms();
        let version = state.store.cgu_current(now).await?;
        let activity = wish.activity.and_then(|at| wish.identity.activities.get(at));
        let activity = activity.cloned().unwrap_or_default();
        Ok(OpeningPage::Terms {
            head,
            address: wish.address.clone(),
            name: opening::display_name(&wish.identity, &activity),
            controller: opening::controller(&wish.identity, &activity),
            email: wish.email.clone(),
            mobile: wish.verified_mobile(),
            liste_rouge: wish.liste_rouge,
            cgu: version.map(|version| (version.version, cgu::day(self.spoken.0, version.from_at))),
            error,
        })
    }
}

fn line(wish: &Wish, choice: &opening::Choice, address: String) -> ChoiceLine {
    let activity = &choice.activity;
    let town = if activity.city.is_empty() { &activity.postcode } else { &activity.city };
    let place: Vec<&str> = [activity.place.as_str(), town].into_iter().filter(|part| !part.is_empty()).collect();
    ChoiceLine {
        index: choice.index as u64,
        profession: nomenclature::profession(&activity.profession).unwrap_or(&activity.profession).to_owned(),
        speciality: nomenclature::speciality(&activity.speciality).map(String::from),
        place: place.join(", "),
        employed: activity.mode == "S",
        controller: opening::controller(&wish.identity, activity),
        address,
    }
}

/// `GET /inscription/fin`: the BAL is ready.
pub async fn ready(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let newest = state.store.nominatives(caller.person).await?.into_iter().map(|(_, account)| account).max();
    let account = state.store.account(newest.ok_or(Error::NotFound)?).await?;
    let preferences = state.store.preferences(caller.person).await?;
    let name = state.store.person(caller.person).await?.name;
    let context = public::context(&state, spoken, &nonce);
    let context = public::personal(context, &preferences, name, state.clock.now_ms());
    let page = OpeningPage::Ready {
        address: account.address,
        controller: account.profile.controller.unwrap_or(account.name),
        opened: clock::local_minutes(account.created_at, &preferences.zone),
    };
    Ok(public::page(StatusCode::OK, PublicPage::Opening(Box::new(page)), context))
}
