//! What others see and what one is told: signature, notices of new mail, directory, the end of a BAL.

use app::pages::compte::account::AccountPage;
use axum::{
    extract::{Query, State as AxumState},
    response::Response,
};
use serde::Deserialize;
use store::directory::Listing;
use store::receipts::{Answering, Asking, Wishes};
use wire::{id::AccountId, portal::Notifications};

use super::{Asked, Said, done, held, status_of};
use crate::{
    auth::{
        Caller,
        rights::{self, Acting, Manage},
    },
    clock,
    error::Error,
    http::{
        extract::{Form, Fresh, Nonce},
        public::Spoken,
    },
    portal::me,
    service::tell::{self, Told},
    state::State,
};

/// Characters of a signature.
const SIGNATURE_CHARS: usize = 2000;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct BoxForm {
    boite: String,
    signature: String,
    liste_rouge: String,
    telephone: String,
    op: String,
    adresse: String,
    demander: String,
    repondre: String,
}

impl BoxForm {
    /// The BAL it is about.
    pub(super) fn account(&self) -> &str {
        &self.boite
    }
}

/// The right to run the BAL that a form names.
pub(super) async fn managing(state: &State, caller: &Caller, id: &str) -> Result<Acting<Manage>, Error> {
    let account: AccountId = id.parse().map_err(|_| Error::NotFound)?;
    Ok(rights::acting(state, caller, account).await?)
}

/// `GET /compte/signature`.
pub async fn signature_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let page = AccountPage::Signature { held: held(&state, &caller).await? };
    Asked { state: &state, caller: &caller, spoken, nonce: &nonce }.page(status_of(None), page, said).await
}

/// `POST /compte/signature`.
pub async fn signature(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(form): Form<BoxForm>,
) -> Result<Response, Error> {
    let acting = managing(&state, &caller, &form.boite).await?;
    let text: String = form.signature.replace("\r\n", "\n").trim_end().chars().take(SIGNATURE_CHARS).collect();
    state.store.identity_sign(acting.actor(), acting.account(), text).await?;
    Ok(done("/compte/signature", "signature"))
}

/// `GET /compte/accuses`.
pub async fn receipts_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let mut list = Vec::new();
    for one in held(&state, &caller).await? {
        let wishes = state.store.receipt_wishes(one.id.parse().map_err(|_| Error::NotFound)?).await?;
        list.push((one.id, one.address, wishes.asking.code().to_owned(), wishes.answering.code().to_owned()));
    }
    let page = AccountPage::Receipts { held: list };
    Asked { state: &state, caller: &caller, spoken, nonce: &nonce }.page(status_of(None), page, said).await
}

/// `POST /compte/accuses`.
pub async fn receipts(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(form): Form<BoxForm>,
) -> Result<Response, Error> {
    let acting = managing(&state, &caller, &form.boite).await?;
    let wishes = Wishes { asking: Asking::from_code(&form.demander), answering: Answering::from_code(&form.repondre) };
    state.store.receipt_wishes_set(acting.actor(), acting.account(), wishes).await?;
    Ok(done("/compte/accuses", "receipts"))
}

/// `GET /compte/notifications`.
pub async fn notifications_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let page = AccountPage::Notifications {
        wishes: state.store.notifications(caller.person).await?,
        has_mobile: state.store.contact(caller.person).await?.mobile.is_some(),
        sms: state.sms.is_configured(),
        boxes: told_of(&state, &caller).await?,
    };
    Asked { state: &state, caller: &caller, spoken, nonce: &nonce }.page(status_of(None), page, said).await
}

/// Each BAL that one may open, and whether one is told of its mail.
async fn told_of(state: &State, caller: &Caller) -> Result<Vec<(String, String, bool)>, Error> {
    let chosen = state.store.notification_boxes(caller.person).await?;
    let accounts = me::accounts(state, caller).await?.into_iter();
    Ok(accounts
        .map(|one| {
            let wanted = chosen.get(&one.id).copied().unwrap_or(one.own);
            (one.id.to_string(), one.name, wanted)
        })
        .collect())
}

/// The choices of a form that showed some BALs: those ticked are wanted, the others not. Only of BALs one may open.
async fn keep_boxes(state: &State, caller: &Caller, fields: &[(String, String)]) -> Result<(), Error> {
    let values = |name: &str| -> Vec<AccountId> {
        fields.iter().filter(|(key, _)| key == name).filter_map(|(_, value)| value.parse().ok()).collect()
    };
    let (shown, wanted) = (values("boites"), values("voulues"));
    let own = rights::accounts(state, caller).await?;
    let chosen = own.into_iter().map(|(id, _)| id).filter(|id| shown.contains(id)).map(|id| (id, wanted.contains(&id)));
    Ok(state.store.notification_boxes_set(caller.person, chosen.collect()).await?)
}

#[derive(Default)]
struct WishesForm {
    email: String,
    sms: String,
    rythme: String,
    silence_de: String,
    silence_a: String,
    nouvelles: String,
}

impl WishesForm {
    fn read(fields: &[(String, String)]) -> Self {
        let get = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let text = |name: &str| get(name).unwrap_or_default();
        Self {
            email: text("email"),
            sms: text("sms"),
            rythme: text("rythme"),
            silence_de: text("silence_de"),
            silence_a: text("silence_a"),
            nouvelles: text("nouvelles"),
        }
    }
}

/// `POST /compte/notifications`.
pub async fn notifications(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let form = WishesForm::read(&fields);
    keep_boxes(&state, &caller, &fields).await?;
    let hour = |text: &str| text.parse().ok().filter(|hour| *hour < 24).ok_or(Error::BadRequest("bad-value"));
    let rhythm = ["now", "hourly", "daily"].into_iter().find(|rhythm| *rhythm == form.rythme);
    let wishes = Notifications {
        email: !form.email.is_empty(),
        sms: !form.sms.is_empty(),
        rhythm: rhythm.ok_or(Error::BadRequest("bad-value"))?.to_owned(),
        quiet_from: hour(&form.silence_de)?,
        quiet_to: hour(&form.silence_a)?,
        newsletter: !form.nouvelles.is_empty(),
    };
    state.store.notifications_set(caller.person, wishes).await?;
    Ok(done("/compte/notifications", "notifications"))
}

/// `GET /compte/annuaire`.
pub async fn directory_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let page = AccountPage::Directory { held: held(&state, &caller).await? };
    Asked { state: &state, caller: &caller, spoken, nonce: &nonce }.page(status_of(None), page, said).await
}

/// `POST /compte/annuaire`.
pub async fn directory(
    AxumState(state): AxumState<State>,
    caller: Caller,
    Form(form): Form<BoxForm>,
) -> Result<Response, Error> {
    let acting = managing(&state, &caller, &form.boite).await?;
    let listing = Listing { liste_rouge: !form.liste_rouge.is_empty(), publish_phone: !form.telephone.is_empty() };
    state.store.directory_listing_set(acting.actor(), acting.account(), listing).await?;
    Ok(done("/compte/annuaire", "directory"))
}

async fn closing_page(asked: Asked<'_>, error: Option<(String, String)>, said: Said) -> Result<Response, Error> {
    let status = status_of(error.as_ref().map(|(_, code)| code.as_str()));
    let own = rights::own(asked.state, asked.caller).await?;
    let mut held = held(asked.state, asked.caller).await?;
    held.retain(|one| one.id.parse().is_ok_and(|id: AccountId| own.contains(&id)));
    let page = AccountPage::Closing { held, days: asked.state.config.closing.days, error };
    asked.page(status, page, said).await
}

/// `GET /compte/fermer`.
pub async fn closing_form(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    closing_page(Asked { state: &state, caller: &caller, spoken, nonce: &nonce }, None, said).await
}

/// `POST /compte/fermer`: asks for the end of a BAL, or takes that back.
pub async fn closing(
    AxumState(state): AxumState<State>,
    caller: Caller,
    _fresh: Fresh,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<BoxForm>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: &caller, spoken, nonce: &nonce };
    let account: AccountId = form.boite.parse().map_err(|_| Error::NotFound)?;
    let acting = rights::holding(&state, &caller, account).await?;
    let address = state.store.account(acting.account()).await?.address;
    if form.op == "annuler" {
        if state.store.closing_cancel(acting.actor(), acting.account()).await? {
            tell::person(&state, caller.person, Told::ClosingCancelled(address)).await?;
        }
        return Ok(done("/compte/fermer", "closing-cancelled"));
    }
    if !form.adresse.trim().eq_ignore_ascii_case(&address) {
        return closing_page(asked, Some((form.boite, "closing-word".into())), Said::default()).await;
    }
    let delay = i64::from(state.config.closing.days) * 86_400_000;
    state.store.closing_ask(acting.actor(), caller.person, acting.account(), delay).await?;
    let due = state.store.closing(acting.account()).await?.map_or(0, |closing| closing.due_at);
    let day = tell::day(&clock::local_minutes(due, &asked.zone().await?));
    tell::person(&state, caller.person, Told::ClosingAsked(address, day)).await?;
    Ok(done("/compte/fermer", "closing-asked"))
}
