//! The ordinary address and the mobile: a new one is verified by a code, the old one is told.

use app::{
    i18n,
    pages::{
        compte::account::{AccountPage, Contacts},
        connexion::CodePage,
    },
    public::PublicPage,
};
use axum::{
    extract::{Query, State as AxumState},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use store::{ContactChange, Purpose, Renewal, notices::Channel};

use super::{Asked, Said, done, personal, status_of};
use crate::{
    auth::{Caller, code, means::SignedBy, second, sessions},
    error::Error,
    http::{
        extract::{self, ClientAddress, Form, Fresh, Nonce},
        public::{self, Spoken},
        sign_in::{browser, challenge_cookie, challenge_token, refusal},
    },
    service::tell::{self, Told},
    state::State,
};

const CONTACT_CODE: &str = "/compte/contacts/code";

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct ContactForm {
    op: String,
    email: String,
    mobile: String,
    code: String,
}

async fn contacts_page(asked: Asked<'_>, shown: Contacts, said: Said) -> Result<Response, Error> {
    let contact = asked.state.store.contact(asked.caller.person).await?;
    let status = status_of(shown.email_error.as_deref().or(shown.mobile_error.as_deref()));
    let page =
        Contacts { email: contact.ordinary_email, mobile: contact.mobile, sms: asked.state.sms.is_configured(), ..shown };
    asked.page(status, AccountPage::Contacts(page), said).await
}

/// `GET /compte/contacts`.
pub async fn contacts_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    contacts_page(asked, Contacts::default(), said).await
}

/// The ordinary address that was typed, if it can be one: outside the trust space, and not the present one.
async fn ordinary(state: &State, caller: &Caller, typed: &str) -> Result<Result<String, &'static str>, Error> {
    let address = typed.trim().to_lowercase();
    if let Err(fault) = wire::check::address(&address) {
        return Ok(Err(fault.code()));
    }
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    if state.is_listed(&address) || state.store.account_by_address(&address).await?.is_some() || domain.contains(".mssante.")
    {
        return Ok(Err("contact-mssante"));
    }
    if state.store.contact(caller.person).await?.ordinary_email.eq_ignore_ascii_case(&address) {
        return Ok(Err("contact-same"));
    }
    Ok(Ok(address))
}

/// `POST /compte/contacts`: sends a code to the new contact; or removes the mobile.
pub async fn contacts(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ContactForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let (change, to, means) = match form.op.as_str() {
        "retirer" => {
            let before = state.store.contact_set(caller.actor(), caller.person, ContactChange::Mobile(None)).await?;
            if let Some(old) = before.mobile {
                tell::old_contact(&state, caller.person, Told::MobileChanged, Channel::Sms, old).await?;
            }
            return Ok(done("/compte/contacts", "mobile-removed"));
        }
        "mobile" => match wire::check::mobile(&form.mobile).filter(|_| state.sms.is_configured()) {
            Some(number) => (ContactChange::Mobile(Some(number.clone())), number, SignedBy::Sms),
            None => {
                let shown =
                    Contacts { typed_mobile: form.mobile, mobile_error: Some("mobile-bad".into()), ..Contacts::default() };
                return contacts_page(asked, shown, Said::default()).await;
            }
        },
        _ => match ordinary(&state, &caller, &form.email).await? {
            Ok(address) => (ContactChange::OrdinaryEmail(address.clone()), address, SignedBy::Email),
            Err(fault) => {
                let shown = Contacts { typed_email: form.email, email_error: Some(fault.into()), ..Contacts::default() };
                return contacts_page(asked, shown, Said::default()).await;
            }
        },
    };
    let token = second::begin_contact(&state, caller.person, &to, means, &change, spoken.0).await;
    let token = token.map_err(|error| refusal(error).err().unwrap_or(Error::NotFound))?;
    Ok(([(header::SET_COOKIE, challenge_cookie(&state, &token)?)], Redirect::to(CONTACT_CODE)).into_response())
}

async fn contact_code_page(
    asked: Asked<'_>,
    headers: &HeaderMap,
    (status, error): (StatusCode, Option<&str>),
) -> Result<Response, Error> {
    let token = challenge_token(headers).unwrap_or_default();
    let waiting = match second::waiting(asked.state, &token, Purpose::Contact).await {
        Ok(waiting) if waiting.person == asked.caller.person => waiting,
        _ => return Ok(Redirect::to("/compte/contacts").into_response()),
    };
    let page = CodePage {
        action: CONTACT_CODE,
        means: waiting.means.code(),
        contact: waiting.contact,
        error: error.map(String::from),
        resend_in: waiting.resend_in,
        cancel: "/compte/contacts",
        ..CodePage::default()
    };
    let context = personal(asked.state, asked.caller, asked.spoken, asked.nonce, Said::default()).await?;
    Ok(public::page(status, PublicPage::Code(Box::new(page)), context))
}

/// `GET /compte/contacts/code`.
pub async fn contact_code_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    contact_code_page(asked, &headers, (StatusCode::OK, None)).await
}

/// `POST /compte/contacts/code`: the new contact is verified and kept, the old one is told.
pub async fn contact_code(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    address: ClientAddress,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<ContactForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let token = challenge_token(&headers).unwrap_or_default();
    let waiting = second::waiting(&state, &token, Purpose::Contact).await;
    if !matches!(&waiting, Ok(waiting) if waiting.person == caller.person) {
        return Ok(Redirect::to("/compte/contacts").into_response());
    }
    let browser = browser(address, &headers, spoken);
    let challenge = match second::attempt(&state, &token, Purpose::Contact, &form.code, &browser).await {
        Ok((challenge, _)) => challenge,
        Err(error) => {
            let (status, code, _) = refusal(error)?;
            return contact_code_page(asked, &headers, (status, Some(code))).await;
        }
    };
    let change: ContactChange = store::codes::waiting(&challenge)?;
    let (told, channel) = match &change {
        ContactChange::OrdinaryEmail(_) => (Told::EmailChanged, Channel::Email),
        ContactChange::Mobile(_) => (Told::MobileChanged, Channel::Sms),
    };
    let before = match state.store.contact_set(caller.actor(), caller.person, change).await {
        Ok(before) => before,
        Err(error) if error.is_conflict("login_pk") => {
            let shown = Contacts { email_error: Some("contact-taken".into()), ..Contacts::default() };
            return contacts_page(asked, shown, Said::default()).await;
        }
        Err(error) => return Err(error.into()),
    };
    let old = if channel == Channel::Email { Some(before.ordinary_email) } else { before.mobile };
    match old {
        Some(old) => tell::old_contact(&state, caller.person, told, channel, old).await?,
        None => tell::person(&state, caller.person, told).await?,
    }
    let gone = extract::set_cookie(extract::CHALLENGE_COOKIE, "", 0)?;
    let mut response = done("/compte/contacts", "contact-changed");
    response.headers_mut().append(header::SET_COOKIE, gone);
    Ok(response)
}

/// `POST /compte/contacts/code/renvoyer`: another code to the new contact.
pub async fn contact_renew(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    headers: HeaderMap,
    spoken: Spoken,
    nonce: Nonce,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let token = challenge_token(&headers).unwrap_or_default();
    let hash = sessions::token_hash(&token);
    let Some(challenge) =
        state.store.challenge(hash, Purpose::Contact).await?.filter(|challenge| challenge.person == caller.person)
    else {
        return Ok(Redirect::to("/compte/contacts").into_response());
    };
    let change: ContactChange = store::codes::waiting(&challenge)?;
    let (to, means) = match change {
        ContactChange::OrdinaryEmail(address) => (address, SignedBy::Email),
        ContactChange::Mobile(number) => (number.unwrap_or_default(), SignedBy::Sms),
    };
    let new = code::new_code(&*state.random);
    let (valid_ms, pause_ms) =
        (i64::from(state.config.codes.minutes) * 60_000, i64::from(state.config.codes.resend_seconds) * 1000);
    let code = Some(new.clone());
    let renewal = Renewal { means: means.code(), code, approval: None, valid_ms, pause_ms };
    match state.store.challenge_renew(hash, Purpose::Contact, renewal).await? {
        store::Renewed::Sent(_) => {
            code::send_to(&state, to, means, i18n::notice::contact_code(spoken.0, &new), spoken.0);
            Ok(Redirect::to(CONTACT_CODE).into_response())
        }
        store::Renewed::TooSoon { .. } => {
            contact_code_page(asked, &headers, (StatusCode::TOO_MANY_REQUESTS, Some("code-too-soon"))).await
        }
        store::Renewed::Expired => Ok(Redirect::to("/compte/contacts").into_response()),
    }
}
