//! The means of sign-in: which are switched on (`[sign_in] means`), which of them a person has.

use wire::id::PersonId;

use crate::state::State;

/// What a session was opened by, beside the password where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignedBy {
    /// Pro Santé Connect.
    Psc,
    /// A code sent to the ordinary address.
    Email,
    /// A code sent to the mobile.
    Sms,
    /// A code of an enrolled application.
    Totp,
    /// An enrolled browser said yes.
    Approval,
    /// A passkey, without a password.
    Passkey,
    /// Only in recovery, after a link: the password of the account.
    Password,
}

impl SignedBy {
    /// All that can stand in `[sign_in] means`.
    pub const CONFIGURED: [Self; 6] = [Self::Psc, Self::Email, Self::Sms, Self::Totp, Self::Approval, Self::Passkey];

    /// The word in the configuration, the database and the traces.
    pub fn code(self) -> &'static str {
        match self {
            Self::Psc => "psc",
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Totp => "totp",
            Self::Approval => "approval",
            Self::Passkey => "passkey",
            Self::Password => "password",
        }
    }

    /// The means a word stands for.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::CONFIGURED.into_iter().chain([Self::Password]).find(|means| means.code() == code)
    }
}

/// Is this means switched on for the service (and has what it needs)?
pub fn is_on(state: &State, means: SignedBy) -> bool {
    let listed = state.config.sign_in.means.iter().any(|word| word == means.code());
    listed
        && match means {
            SignedBy::Sms => state.sms.is_configured(),
            SignedBy::Passkey => state.passkeys.is_some(),
            _ => true,
        }
}

/// Is a password of any use here?
pub fn password_is_on(state: &State) -> bool {
    [SignedBy::Email, SignedBy::Sms, SignedBy::Totp, SignedBy::Approval].into_iter().any(|means| is_on(state, means))
}

/// What a person may give after their password: the means used last first, then the strongest.
///
/// # Errors
/// The store's.
pub async fn second(state: &State, person: PersonId) -> Result<Vec<SignedBy>, store::Error> {
    let contact = state.store.contact(person).await?;
    let enrolled = state.store.devices(person).await?;
    let has_totp = enrolled.iter().any(|device| device.confirmed_at.is_some());
    let has = [
        (SignedBy::Approval, !state.store.approvers(person).await?.is_empty()),
        (SignedBy::Totp, has_totp),
        (SignedBy::Sms, contact.mobile.is_some()),
        (SignedBy::Email, true),
    ];
    let usable = has.into_iter().filter(|(means, has)| *has && is_on(state, *means));
    let mut list: Vec<SignedBy> = usable.map(|(means, _)| means).collect();
    if let Some(last) = state.store.means_remembered(person).await? {
        list.sort_by_key(|means| means.code() != last);
    }
    Ok(list)
}
