//! The secrets of a structure's programs. Whatever is made wants a fresh proof of who asks, and is shown once.

use app::pages::compte::structure::{
    StructurePage,
    software::{Program, SecretLine, SoftwareSheet},
};
use axum::{
    extract::{Query, State as AxumState},
    response::Response,
};
use serde::Deserialize;
use store::organisations::StructureBox;
use wire::id::{AccountId, TokenId};

use super::{
    super::{Asked, Said, done},
    HOME, refused, show,
};
use crate::{
    auth::rights::Administering,
    clock,
    error::Error,
    http::{
        extract::{Form, Fresh, Nonce},
        public::Spoken,
    },
    service::application,
    state::State,
};

async fn program(state: &State, one: &StructureBox, zone: &str) -> Result<Program, Error> {
    let account = state.store.account(one.account).await?;
    let found = state.store.application(one.account).await?.ok_or(Error::NotFound)?;
    let rates = found.rates.over(state.config.rates.limits());
    let local = |ms: i64| clock::local_minutes(ms, zone);
    let secrets = application::secrets(state, one.account).await?.into_iter().map(|secret| SecretLine {
        id: secret.id.to_string(),
        name: secret.name,
        certificate: secret.certificate,
        created_local: local(secret.created_at),
        seen_local: secret.seen_at.map(local),
        expires_local: secret.expires_at.map(local),
    });
    Ok(Program {
        account: one.account.to_string(),
        name: account.name,
        address: account.address,
        purpose: one.charge.purpose.clone(),
        receives: found.receives,
        suspended: one.suspended_at.is_some(),
        messages: (rates.messages_hour, rates.messages_day),
        secrets: secrets.collect(),
    })
}

async fn page(
    asked: Asked<'_>,
    acting: &Administering,
    made: Option<(String, String)>,
    (at, error): (String, Option<(&str, &str)>),
    said: Said,
) -> Result<Response, Error> {
    let (state, zone) = (asked.state, asked.zone().await?);
    let structure = state.store.organisation(acting.organisation()).await?;
    let mut list = Vec::new();
    for one in state.store.structure_boxes(structure.id).await?.iter().filter(|one| one.software) {
        list.push(program(state, one, &zone).await?);
    }
    let page = SoftwareSheet {
        structure: structure.id.to_string(),
        structure_name: structure.name,
        list,
        made,
        overlap_hours: state.config.organisation.overlap_hours.into(),
        at,
        error: error.map(|(field, code)| (field.to_owned(), code.to_owned())),
    };
    let refused = page.error.is_some();
    show(asked, refused, StructurePage::Software(page), said).await
}

/// `GET /compte/structure/{structure}/logiciels`.
pub async fn form(
    AxumState(state): AxumState<State>,
    acting: Administering,
    spoken: Spoken,
    nonce: Nonce,
    Query(said): Query<Said>,
) -> Result<Response, Error> {
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    page(asked, &acting, None, Default::default(), said).await
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SoftwareForm {
    op: String,
    boite: String,
    secret: String,
    nom: String,
    jours: String,
    certificat: String,
}

/// `POST /compte/structure/{structure}/logiciels`.
pub async fn act(
    AxumState(state): AxumState<State>,
    acting: Administering,
    fresh: Result<Fresh, Error>,
    spoken: Spoken,
    nonce: Nonce,
    Form(form): Form<SoftwareForm>,
) -> Result<Response, Error> {
    let account: AccountId = form.boite.parse().map_err(|_| Error::NotFound)?;
    // A program's BAL of this very structure.
    let found = state.store.structure_box(account).await?;
    if !found.is_some_and(|one| one.software && one.organisation == acting.organisation()) {
        return Err(Error::NotFound);
    }
    let (actor, home) = (acting.actor(), format!("{HOME}/{}/logiciels", acting.organisation()));
    let secret = || form.secret.parse::<TokenId>().map_err(|_| Error::NotFound);
    let made = match form.op.as_str() {
        "retirer" => {
            let ended = application::end(&state, actor, account, secret()?).await;
            ended.map(|()| Err("secret-ended"))
        }
        "jeton" => {
            fresh?;
            application::token(&state, actor, account, &form.nom, &form.jours).await.map(Ok)
        }
        "remplacer" => {
            fresh?;
            application::rotate(&state, actor, account, secret()?).await.map(Ok)
        }
        "certificat" => {
            fresh?;
            application::certificate(&state, actor, account, &form.certificat).await.map(|_| Err("certificate-added"))
        }
        _ => return Err(Error::BadRequest("bad-form")),
    };
    let asked = Asked { state: &state, caller: acting.caller(), spoken, nonce: &nonce };
    match made {
        Ok(Err(said)) => Ok(done(&home, said)),
        Ok(Ok(token)) => page(asked, &acting, Some((form.boite, token)), Default::default(), Said::default()).await,
        Err(error) => {
            let at = refused(error)?;
            page(asked, &acting, None, (form.boite, Some(at)), Said::default()).await
        }
    }
}
