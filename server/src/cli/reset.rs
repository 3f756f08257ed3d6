//! `pli accounts reset`: gives somebody their access back after the operator checked who they are. The operator learns no
//! password: the person gets a link at the ordinary address, and needs the code that the operator says to them.

use anyhow::{Context, bail};
use clap::Args;
use sha2::{Digest, Sha256};
use store::{
    Actor, ContactChange, SystemRandom,
    checks::IdentityCheck,
    links::{Link, LinkPurpose},
    notices::Channel,
};

use super::Place;
use crate::{
    auth::{second, sessions},
    service::tell::Told,
};

/// Links that the operator may send to one person within an hour.
const LINKS: i64 = 10;

/// An assisted reset.
#[derive(Args)]
pub struct Reset {
    /// The MSSanté address, or the login of a person without one.
    address: String,
    /// Who checked the identity: kept, sealed, as the proof of the check.
    #[arg(long, value_name = "NAME")]
    checked_by: String,
    /// On which document, such as "carte d'identité".
    #[arg(long, value_name = "KIND")]
    document: String,
    /// The ordinary address is lost too: this one replaces it, and the old one is told.
    #[arg(long, value_name = "ADDRESS")]
    ordinary_email: Option<String>,
    /// The enrolled devices and the mobile are lost: removes them.
    #[arg(long)]
    lost_devices: bool,
    #[command(flatten)]
    place: Place,
}

/// Records the check, sends the link, prints the code to say.
///
/// # Errors
/// When nobody has this login, an option is empty or wrong, or the store fails.
pub async fn run(reset: Reset) -> anyhow::Result<()> {
    let (by, document) = (reset.checked_by.trim(), reset.document.trim());
    if by.is_empty() || document.is_empty() {
        bail!("--checked-by and --document must say who checked what");
    }
    let (config, store) = reset.place.open().await?;
    let login = store.login_lookup(&reset.address).await?;
    let person = login.with_context(|| format!("nobody signs in as {}", reset.address))?.person;
    let (lang, origin) = (app::i18n::Lang::default(), config.origin().to_owned());
    let before = store.contact(person).await?;
    let mut notices = Vec::new();
    store.identity_checked(Actor::COMMAND, person, IdentityCheck { by: by.into(), document: document.into() }).await?;
    if let Some(email) = &reset.ordinary_email {
        wire::check::address(email).map_err(|fault| anyhow::anyhow!("{email} ({})", fault.code()))?;
        store.contact_set(Actor::COMMAND, person, ContactChange::OrdinaryEmail(email.to_lowercase())).await?;
        let old = Some(before.ordinary_email.clone());
        notices.push((person, Channel::Email, Told::EmailChanged.notice(lang, &origin, Channel::Email, old)));
    }
    if reset.lost_devices {
        store.devices_remove_all(Actor::COMMAND, person).await?;
        if before.mobile.is_some() {
            store.contact_set(Actor::COMMAND, person, ContactChange::Mobile(None)).await?;
        }
    }
    let (token, code) = (sessions::new_token(&SystemRandom), second::spoken_code(&SystemRandom));
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let valid = i64::from(config.sign_in.link_minutes) * 60_000;
    let link = Link { person, purpose: LinkPurpose::Assisted };
    if !store.link_create(Actor::COMMAND, link, hash, Some(code.clone()), valid, LINKS).await? {
        bail!("too many links were sent to this person within the last hour");
    }
    let told = Told::AssistedLink(format!("{origin}/connexion/lien/{token}"));
    notices.push((person, Channel::Email, told.notice(lang, &origin, Channel::Email, None)));
    if let Some(old) = before.mobile.filter(|_| !config.sms.url.is_empty()) {
        notices.push((person, Channel::Sms, Told::RecoveryAsked.notice(lang, &origin, Channel::Sms, Some(old))));
    }
    store.notices_add(notices).await?;
    println!("Say this code to the person, to nobody else: {code}");
    println!(
        "The link leaves for the ordinary address within seconds; both are valid for {} minutes.",
        config.sign_in.link_minutes
    );
    Ok(())
}
