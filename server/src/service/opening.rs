//! Opening a BAL: who may, in which domain, under which address, step by step. What the identity provider says cannot be
//! typed; what people type is checked here. Nothing exists before the last step, which makes everything at once.

use app::i18n::{self, Lang};
use store::{
    accounts::{NewAccount, Profile},
    cgu::{Acceptance, AcceptedBy},
    openings::{Awaited, Finish, Finished, Opening, Wish},
    professionals::{Activity, Identity},
};
use wire::id::PersonId;

use super::{nomenclature, recipients, welcome};
use crate::{
    auth::{
        code,
        means::{self, SignedBy},
        password::rule,
        psc::Vouched,
    },
    portal::cgu::NOTICE,
    state::State,
};

mod address;

use address::names;
pub use address::propose;

/// Codes sent for one opening, at most: a flood of messages to an address is nobody's wish.
const SENDS: u32 = 10;

/// Why somebody may not open a BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotEntitled {
    /// No profession at all, as a secretary or an administrator.
    NoProfession,
    /// Only as a student.
    Student,
    /// No domain of this service is for that profession.
    NotServed,
    /// A BAL in each domain already.
    Already,
}

impl NotEntitled {
    /// The stable code of traces and sentences.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoProfession => "no-profession",
            Self::Student => "student",
            Self::NotServed => "not-served",
            Self::Already => "already",
        }
    }
}

/// An activity for which a BAL may be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Which of the identity's activities.
    pub index: usize,
    pub domain: String,
    pub activity: Activity,
}

/// Where one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    Identity,
    Contact,
    Code,
    Mobile,
    Password,
    Terms,
}

impl Step {
    pub const ALL: [Self; 6] = [Self::Identity, Self::Contact, Self::Code, Self::Mobile, Self::Password, Self::Terms];

    /// The last word of its address.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Identity => "identite",
            Self::Contact => "coordonnees",
            Self::Code => "code",
            Self::Mobile => "mobile",
            Self::Password => "mot-de-passe",
            Self::Terms => "conditions",
        }
    }

    /// The step of an address.
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.slug() == slug)
    }
}

/// Why a step is not passed: a code of the locales, at a field where there is one.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("{field}: {code}")]
    Field { field: &'static str, code: &'static str },
    /// A code was sent a moment ago.
    #[error("wait {0} s")]
    TooSoon(u32),
    /// Somebody else got the address meanwhile, or the opening went on elsewhere: look again.
    #[error("changed meanwhile")]
    Changed,
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

fn field(field: &'static str, code: &'static str) -> StepError {
    StepError::Field { field, code }
}

/// For which activities somebody may open a BAL, or why for none.
///
/// # Errors
/// The store's.
pub async fn entitled(
    state: &State,
    identity: &Identity,
    known: Option<PersonId>,
) -> Result<Result<Vec<Choice>, NotEntitled>, store::Error> {
    let config = &state.config.opening;
    let refused = |activity: &Activity| config.refused_categories.contains(&activity.category);
    let with_profession = || identity.activities.iter().filter(|activity| !activity.profession.is_empty());
    if with_profession().next().is_none() {
        return Ok(Err(NotEntitled::NoProfession));
    }
    if with_profession().all(refused) {
        return Ok(Err(NotEntitled::Student));
    }
    let has = match known {
        Some(person) => state.store.nominatives(person).await?,
        None => Vec::new(),
    };
    let mut served = false;
    let mut choices = Vec::new();
    for (index, activity) in identity.activities.iter().enumerate().filter(|(_, activity)| !refused(activity)) {
        let Some(domain) = config.domain(&activity.profession) else { continue };
        served = true;
        if !has.iter().any(|(taken, _)| taken == domain) {
            choices.push(Choice { index, domain: domain.to_owned(), activity: activity.clone() });
        }
    }
    Ok(match (choices.is_empty(), served) {
        (false, _) => Ok(choices),
        (true, true) => Err(NotEntitled::Already),
        (true, false) => Err(NotEntitled::NotServed),
    })
}

/// Begins, or takes up, the opening of somebody the provider vouches for, in the browser of this token.
///
/// # Errors
/// The store's.
pub async fn begin(state: &State, token: [u8; 32], vouched: Vouched, known: Option<PersonId>) -> Result<(), store::Error> {
    let email = match known {
        Some(person) => state.store.contact(person).await?.ordinary_email,
        None => String::new(),
    };
    let wish = Wish {
        names: vouched.names,
        identity: vouched.identity,
        acr: vouched.acr,
        id_token: vouched.id_token,
        known,
        activity: None,
        address: String::new(),
        email_verified: known.is_some(),
        email,
        mobile: String::new(),
        mobile_verified: false,
        liste_rouge: false,
        publish_phone: false,
        password: None,
        reached: false,
        sends: 0,
    };
    let valid = i64::from(state.config.opening.hours) * 3_600_000;
    state.metrics.event("opening", "begun");
    state.store.opening_begin(token, wish, valid).await
}

/// Does this opening ask for a password?
pub fn wants_password(state: &State, wish: &Wish) -> bool {
    wish.known.is_none() && means::password_is_on(state)
}

/// The steps of an opening, in order.
pub fn steps(state: &State, wish: &Wish) -> Vec<Step> {
    let asked = |step: &Step| match step {
        Step::Code => wish.known.is_none(),
        Step::Mobile => !wish.mobile.is_empty(),
        Step::Password => wants_password(state, wish),
        _ => true,
    };
    Step::ALL.into_iter().filter(asked).collect()
}

/// The first step that is not passed.
pub fn current(state: &State, wish: &Wish) -> Step {
    if wish.activity.is_none() || wish.address.is_empty() {
        Step::Identity
    } else if !wish.reached {
        Step::Contact
    } else if !wish.email_verified {
        Step::Code
    } else if !wish.mobile.is_empty() && !wish.mobile_verified {
        Step::Mobile
    } else if wants_password(state, wish) && wish.password.is_none() {
        Step::Password
    } else {
        Step::Terms
    }
}

/// Step 1: which activity the BAL is for; its address is proposed.
///
/// # Errors
/// At the field `activity`; `Changed`.
pub async fn choose(state: &State, opening: &Opening, index: Option<usize>) -> Result<(), StepError> {
    let wish = &opening.wish;
    let choices = entitled(state, &wish.identity, wish.known).await?.unwrap_or_default();
    let index = index.or(choices.first().filter(|_| choices.len() == 1).map(|choice| choice.index));
    let Some(choice) = choices.iter().find(|choice| Some(choice.index) == index) else {
        return Err(field("activity", "required"));
    };
    let same = wish.address.ends_with(&format!("@{}", choice.domain)) && wish.activity == Some(choice.index);
    let address = match same && state.store.address_is_free(&wish.address).await? {
        true => wish.address.clone(),
        false => propose(state, &wish.identity, choice).await?,
    };
    save(state, opening, Wish { activity: Some(choice.index), address, ..wish.clone() }).await
}

async fn save(state: &State, opening: &Opening, wish: Wish) -> Result<(), StepError> {
    state.store.opening_save(opening, wish).await.map_err(changed)
}

fn changed(error: store::Error) -> StepError {
    match error {
        store::Error::StateMismatch => StepError::Changed,
        other => other.into(),
    }
}

/// What is typed in step 2.
#[derive(Debug, Default)]
pub struct Contacts {
    pub email: String,
    /// Empty: none.
    pub mobile: String,
    pub liste_rouge: bool,
    pub publish_phone: bool,
}

/// Step 2: the ordinary address, outside the trust space, and perhaps a mobile; a code goes to each that is not verified
/// yet, one after the other.
///
/// # Errors
/// At the fields `email` and `mobile`; `TooSoon`; `Changed`.
pub async fn contacts(state: &State, opening: &Opening, typed: Contacts, lang: Lang) -> Result<(), StepError> {
    let mut wish = opening.wish.clone();
    (wish.liste_rouge, wish.publish_phone, wish.reached) = (typed.liste_rouge, typed.publish_phone, true);
    if wish.known.is_none() {
        let email = typed.email.trim().to_lowercase();
        wire::check::address(&email).map_err(|fault| field("email", fault.code()))?;
        if recipients::is_mssante(state, &email).await? {
            return Err(field("email", "email-is-mssante"));
        }
        wish.email_verified &= wish.email == email;
        wish.email = email;
        let mobile = match typed.mobile.trim() {
            "" => String::new(),
            text => wire::check::mobile(text)
                .filter(|_| state.sms.is_configured())
                .ok_or_else(|| field("mobile", "mobile-bad"))?,
        };
        wish.mobile_verified &= wish.mobile == mobile;
        wish.mobile = mobile;
    }
    if wish.awaited().is_none() {
        return save(state, opening, wish).await;
    }
    // The same contact is still waiting for its code.
    if opening.wish.awaited() == wish.awaited() && opening.code_expires_at > state.clock.now_ms() {
        return save(state, opening, wish).await;
    }
    send_code(state, opening, wish, lang).await
}

async fn send_code(state: &State, opening: &Opening, mut wish: Wish, lang: Lang) -> Result<(), StepError> {
    if wish.sends >= SENDS {
        return Err(field("code", "too-many"));
    }
    wish.sends += 1;
    let codes = &state.config.codes;
    let code = code::new_code(&*state.random);
    let (valid, pause) = (i64::from(codes.minutes) * 60_000, i64::from(codes.resend_seconds) * 1000);
    let sms = matches!(wish.awaited(), Some(Awaited::Mobile(_)));
    let to = if sms { wish.mobile.clone() } else { wish.email.clone() };
    match state.store.opening_code(opening, wish, &code, valid, pause).await.map_err(changed)? {
        store::openings::CodeSent::Sent => {}
        store::openings::CodeSent::TooSoon { ms } => {
            return Err(StepError::TooSoon(u32::try_from(ms / 1000 + 1).unwrap_or(u32::MAX)));
        }
    }
    if sms {
        code::send_to(state, to, SignedBy::Sms, i18n::notice::code_sms(lang, &code), lang);
        return Ok(());
    }
    let text = i18n::opening::code_body(lang, &code, u64::from(codes.minutes), state.config.origin());
    let subject = i18n::opening::code_subject(lang);
    let mailer = state.clone();
    tokio::spawn(async move {
        let sent = mailer.mailer.send(&to, subject, text).await;
        mailer.metrics.event("code", if sent.is_ok() { "sent" } else { "failed" });
        if let Err(error) = sent {
            // Only the outermost sentence: what the mail server said may hold the address.
            tracing::error!(%error, "a code could not be sent");
        }
    });
    Ok(())
}

/// A new code to the same contact.
///
/// # Errors
/// `TooSoon`; `Changed`.
pub async fn resend(state: &State, opening: &Opening, lang: Lang) -> Result<(), StepError> {
    if opening.wish.email.is_empty() || opening.wish.awaited().is_none() {
        return Err(StepError::Changed);
    }
    send_code(state, opening, opening.wish.clone(), lang).await
}

/// Step 3: the code that was sent. Where a mobile waits for its own, that one leaves.
///
/// # Errors
/// At the field `code`; `Changed`.
pub async fn verify(state: &State, opening: &Opening, typed: &str, lang: Lang) -> Result<(), StepError> {
    use store::openings::Typed;
    match state.store.opening_code_try(opening.id, &code::typed(typed), state.config.codes.tries).await? {
        Typed::Right(opening) if opening.wish.awaited().is_some() => {
            let wish = opening.wish.clone();
            send_code(state, &opening, wish, lang).await
        }
        Typed::Right(_) => Ok(()),
        Typed::Wrong => Err(field("code", "bad-code")),
        Typed::UsedUp => Err(field("code", "code-used-up")),
        Typed::Expired => Err(field("code", "code-expired")),
    }
}

/// The mobile that waits for its code is given up.
///
/// # Errors
/// `Changed`.
pub async fn without_mobile(state: &State, opening: &Opening) -> Result<(), StepError> {
    let wish = Wish { mobile: String::new(), mobile_verified: false, ..opening.wish.clone() };
    save(state, opening, wish).await
}

/// Step 4: the password.
///
/// # Errors
/// At the fields `password` and `again`; `Changed`.
pub async fn password(state: &State, opening: &Opening, typed: &str, again: &str) -> Result<(), StepError> {
    let wish = &opening.wish;
    let personal = [&wish.identity.given_name, &wish.identity.family_name, &wish.email, &wish.address].map(String::as_str);
    rule::check(typed, &personal).map_err(|fault| field("password", fault.code()))?;
    if typed != again {
        return Err(field("again", "password-differs"));
    }
    let hash = state.passwords.hash(typed, &*state.random).await?;
    save(state, opening, Wish { password: Some(hash), ..wish.clone() }).await
}

/// The name shown in the directory and on mail: `Dr Claire MARTIN`.
pub fn display_name(identity: &Identity, activity: &Activity) -> String {
    let (given, family) = names(identity, activity);
    let title = match activity.title.as_str() {
        "DR" => "Dr ",
        "PR" => "Pr ",
        _ => "",
    };
    format!("{title}{given} {}", family.to_uppercase())
}

/// Who answers for the data of the BAL: the structure of somebody employed there, else the holder.
pub fn controller(identity: &Identity, activity: &Activity) -> String {
    match activity.mode == "S" && !activity.place.is_empty() {
        true => activity.place.clone(),
        false => display_name(identity, activity),
    }
}

fn profile(wish: &Wish, activity: &Activity) -> Profile {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let national = &wish.identity.national_id;
    Profile {
        kind: "PER".into(),
        profession: nomenclature::profession(&activity.profession).map(String::from),
        profession_code: some(&activity.profession),
        speciality: nomenclature::speciality(&activity.speciality).map(String::from),
        place: some(&activity.place),
        city: some(&activity.city).or_else(|| some(&activity.postcode)),
        rpps: national.strip_prefix('8').filter(|number| number.len() == 11).map(String::from),
        liste_rouge: wish.liste_rouge,
        phone: some(&activity.phone),
        publish_phone: wish.publish_phone,
        controller: Some(controller(&wish.identity, activity)),
    }
}

/// The last step: terms and notice are accepted, everything is made, the first message is on its way.
///
/// # Errors
/// At the field `cgu`; `Changed` when the address or the BAL was taken meanwhile, or the opening was finished elsewhere.
pub async fn finish(state: &State, opening: Opening, accepted: bool, lang: Lang) -> Result<Finished, StepError> {
    if !accepted {
        return Err(field("cgu", "cgu-needed"));
    }
    let wish = &opening.wish;
    let choices = entitled(state, &wish.identity, wish.known).await?.unwrap_or_default();
    let Some(choice) = choices.into_iter().find(|choice| Some(choice.index) == wish.activity) else {
        return Err(StepError::Changed);
    };
    let version = state.store.cgu_current(state.clock.now_ms()).await?;
    let acceptance =
        version.map(|version| Acceptance { version: version.version, by: AcceptedBy::Creation, notice: NOTICE.into() });
    let what = Finish {
        account: NewAccount {
            address: wish.address.clone(),
            name: display_name(&wish.identity, &choice.activity),
            holder: wish.known,
            profile: profile(wish, &choice.activity),
            inbox_only: false,
        },
        person_name: display_name(&wish.identity, &choice.activity),
        acceptance,
        lang: lang.code().into(),
    };
    match state.store.opening_finish(opening.clone(), what).await {
        Ok(finished) => {
            state.metrics.event("opening", "done");
            // What fails here is done by the job, a little later.
            if let Err(error) = welcome::run(state).await {
                tracing::warn!(%error, "a first message could not be delivered, trying again later");
            }
            Ok(finished)
        }
        Err(error) if error.is_conflict("account_address_unique") || error.is_conflict("reserved_address_pk") => {
            // A homonym was faster: the next address is proposed.
            save(state, &opening, Wish { activity: None, address: String::new(), ..opening.wish.clone() }).await?;
            Err(StepError::Changed)
        }
        Err(store::Error::StateMismatch | store::Error::Conflict { .. }) => Err(StepError::Changed),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_employer_answers_for_the_data_of_the_employed() {
        let identity = Identity { given_name: "Claire".into(), family_name: "Martin".into(), ..Identity::default() };
        let own = Activity { title: "DR".into(), mode: "L".into(), place: "CABINET".into(), ..Activity::default() };
        assert_eq!(controller(&identity, &own), "Dr Claire MARTIN");
        assert_eq!(controller(&identity, &Activity { mode: "S".into(), ..own }), "CABINET");
    }
}
