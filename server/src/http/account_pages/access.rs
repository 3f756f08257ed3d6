//! Who gets in: password, contacts, devices, application passwords, activity. Whatever changes the access wants a fresh
//! proof of who asks (`Fresh`), is traced, and is told to the person outside the service.

use app::{
    i18n,
    pages::{
        compte::{
            account::{AccountPage, Contacts, DeviceLine, DeviceNew, Event, TokenLine},
            password::PasswordPage,
        },
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
use store::{Chain, ContactChange, Purpose, devices::DeviceContent, notices::Channel};

use super::{Asked, Said, done, password_fault, personal, status_of};
use crate::{
    auth::{Caller, code, means::SignedBy, password::rule, second, sessions, tokens, totp},
    clock,
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
/// Characters of a name that a person gives to a device or an application.
const NAME_CHARS: usize = 60;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct PasswordForm {
    password: String,
    again: String,
    mesurer: String,
}

async fn password_page(asked: Asked<'_>, error: Option<&str>, level: Option<u8>, said: Said) -> Result<Response, Error> {
    let zone = asked.zone().await?;
    let credential = asked.state.store.credential(asked.caller.person).await?;
    let page = PasswordPage {
        changed_local: credential.map(|credential| clock::local_minutes(credential.changed_at, &zone)),
        error: error.map(String::from),
        level,
    };
    asked.page(status_of(error), AccountPage::Password(page), said).await
}

/// `GET /compte/mot-de-passe`.
pub async fn password_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    password_page(asked, None, None, said).await
}

/// `POST /compte/mot-de-passe`: measures it, or keeps it and closes the other sessions.
pub async fn password(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let level = Some(rule::strength(&form.password).level);
    if !form.mesurer.is_empty() {
        return password_page(asked, None, level, Said::default()).await;
    }
    if let Some(error) = password_fault(&state, caller.person, &form.password, &form.again).await? {
        return password_page(asked, Some(error), level, Said::default()).await;
    }
    let phc = state.passwords.hash(&form.password, &*state.random).await?;
    state.store.password_change(caller.actor(), caller.person, phc, caller.session).await?;
    tell::person(&state, caller.person, Told::PasswordChanged).await?;
    Ok(done("/compte/mot-de-passe", "password-changed"))
}

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
    let trusted = state.config.trust.domains.iter().any(|one| one == domain);
    if trusted || state.store.account_by_address(&address).await?.is_some() || domain.contains(".mssante.") {
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
    let (valid, pause) =
        (i64::from(state.config.codes.minutes) * 60_000, i64::from(state.config.codes.resend_seconds) * 1000);
    let renewed = state.store.challenge_renew(hash, Purpose::Contact, means.code(), Some(&new), valid, pause).await?;
    match renewed {
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

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct DeviceForm {
    nom: String,
    appareil: String,
    code: String,
}

async fn devices_page(asked: Asked<'_>, error: Option<&str>, said: Said) -> Result<Response, Error> {
    let zone = asked.zone().await?;
    let devices = asked.state.store.devices(asked.caller.person).await?;
    let list = devices.into_iter().filter(|device| device.confirmed_at.is_some()).map(|device| DeviceLine {
        id: device.id.to_string(),
        name: device.content.name,
        added_local: clock::local_minutes(device.created_at, &zone),
        used_local: device.used_at.map(|at| clock::local_minutes(at, &zone)),
    });
    let page = AccountPage::Devices { list: list.collect(), error: error.map(String::from) };
    asked.page(status_of(error), page, said).await
}

/// `GET /compte/appareils`.
pub async fn devices_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    devices_page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, None, said).await
}

fn name_of(text: &str) -> Option<String> {
    let name: String = text.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    (!name.is_empty()).then_some(name)
}

/// `POST /compte/appareils`: makes a secret and shows it as a QR code.
pub async fn device_add(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let Some(name) = name_of(&form.nom) else {
        return devices_page(asked, Some("name-needed"), Said::default()).await;
    };
    let content = DeviceContent { name, secret: totp::new_secret(&*state.random) };
    match state.store.totp_begin(caller.person, content).await {
        Ok(id) => device_page(asked, id, None).await,
        Err(store::Error::Limit { .. }) => devices_page(asked, Some("device-limit"), Said::default()).await,
        Err(error) => Err(error.into()),
    }
}

async fn device_page(asked: Asked<'_>, id: i64, error: Option<&str>) -> Result<Response, Error> {
    let devices = asked.state.store.devices(asked.caller.person).await?;
    let waiting = devices.into_iter().find(|device| device.id == id && device.confirmed_at.is_none());
    let secret = waiting.ok_or(Error::NotFound)?.content.secret;
    // What the application shows: the first BAL, or the name.
    let own = super::held(asked.state, asked.caller).await?;
    let account = match own.into_iter().next() {
        Some(held) => held.address,
        None => asked.state.store.person(asked.caller.person).await?.name,
    };
    let issuer = i18n::app::name(asked.spoken.0);
    let (size, path) = totp::qr(&totp::uri(&secret, &account, issuer))?;
    let secret = totp::base32(&secret);
    let letters: Vec<char> = secret.chars().collect();
    let secret = letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    let page = DeviceNew { id: id.to_string(), size, path, secret, error: error.map(String::from) };
    asked.page(status_of(error), AccountPage::DeviceNew(page), Said::default()).await
}

/// `POST /compte/appareils/confirmer`: the first code makes the device count.
pub async fn device_confirm(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let id: i64 = form.appareil.parse().map_err(|_| Error::NotFound)?;
    let devices = state.store.devices(caller.person).await?;
    let device = devices.into_iter().find(|device| device.id == id && device.confirmed_at.is_none());
    let secret = device.ok_or(Error::NotFound)?.content.secret;
    let Some(step) = totp::step_of(&secret, &code::typed(&form.code), state.clock.now_ms()) else {
        return device_page(asked, id, Some("bad-code")).await;
    };
    if !state.store.device_confirm(caller.actor(), caller.person, id, step).await? {
        return Err(Error::NotFound);
    }
    tell::person(&state, caller.person, Told::DeviceAdded).await?;
    Ok(done("/compte/appareils", "device-added"))
}

/// `POST /compte/appareils/retirer`.
pub async fn device_remove(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    Form(form): Form<DeviceForm>,
) -> Result<Response, Error> {
    let id = form.appareil.parse().map_err(|_| Error::NotFound)?;
    if !state.store.device_remove(caller.actor(), caller.person, id).await? {
        return Err(Error::NotFound);
    }
    tell::person(&state, caller.person, Told::DeviceRemoved).await?;
    Ok(done("/compte/appareils", "device-removed"))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct TokenForm {
    nom: String,
    token: String,
}

async fn applications_page(
    asked: Asked<'_>,
    made: Option<String>,
    error: Option<&str>,
    said: Said,
) -> Result<Response, Error> {
    let zone = asked.zone().await?;
    let tokens = asked.state.store.tokens(asked.caller.person).await?;
    let list = tokens.into_iter().map(|token| TokenLine {
        id: token.id.to_string(),
        name: token.name,
        created_local: clock::local_minutes(token.created_at, &zone),
        seen_local: token.seen_at.map(|at| clock::local_minutes(at, &zone)),
    });
    let page = AccountPage::Applications { list: list.collect(), made, error: error.map(String::from) };
    asked.page(status_of(error), page, said).await
}

/// `GET /compte/applications`.
pub async fn applications_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    applications_page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, None, None, said).await
}

/// `POST /compte/applications`: makes one and shows it, once.
pub async fn application_add(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<TokenForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let Some(name) = name_of(&form.nom) else {
        return applications_page(asked, None, Some("name-needed"), Said::default()).await;
    };
    let (token, _) = tokens::create(&state.store, &*state.random, caller.actor(), caller.person, &name).await?;
    tell::person(&state, caller.person, Told::TokenMade).await?;
    applications_page(asked, Some(token), None, Said::default()).await
}

/// `POST /compte/applications/retirer`.
pub async fn application_end(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(form): Form<TokenForm>,
) -> Result<Response, Error> {
    let id = form.token.parse().map_err(|_| Error::NotFound)?;
    if !state.store.token_revoke(caller.actor(), caller.person, id).await? {
        return Err(Error::NotFound);
    }
    Ok(done("/compte/applications", "token-ended"))
}

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
