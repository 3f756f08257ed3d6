//! Portal requests and answers: small JSON resources under `/api`.

use serde::{Deserialize, Serialize};

use crate::id::*;

/// `GET /api/me`: what a page needs before anything else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Me {
    pub person: PersonId,
    pub name: String,
    pub accounts: Vec<Account>,
    pub preferences: Preferences,
    /// Wall clock of the person's zone, `2026-11-22T09:05`.
    pub now_local: String,
    /// Seconds until the session ends if nothing is done, and until it ends anyway.
    pub idle_seconds: u32,
    pub absolute_seconds: u32,
    /// Hexadecimal key of this person's drafts kept in a browser; for sessions only.
    #[serde(default)]
    pub draft_key: String,
}

/// A BAL this person may open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    pub address: String,
    /// Name of the holder or of the service.
    pub name: String,
    /// Own BAL, or opened through a right given by another.
    pub own: bool,
    pub may: Vec<Action>,
    /// Conversations in the inbox with something unread.
    #[serde(default)]
    pub unread: u32,
    /// Receipts of reading are asked for: `never`, `each` (where the writer says so) or `always`.
    #[serde(default)]
    pub receipts: String,
}

/// What a right allows over a whole BAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Read,
    Sort,
    Draft,
    Send,
    Manage,
}

impl Action {
    pub const ALL: [Action; 5] = [Self::Read, Self::Sort, Self::Draft, Self::Send, Self::Manage];

    pub fn code(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Sort => "sort",
            Self::Draft => "draft",
            Self::Send => "send",
            Self::Manage => "manage",
        }
    }
}

/// `PATCH /api/me/preferences` takes any of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Preferences {
    /// `fr` or `en`; none: the browser's.
    #[serde(default)]
    pub language: Option<String>,
    /// `light`, `dark`; none: the system's.
    #[serde(default)]
    pub theme: Option<String>,
    /// `comfortable` or `compact`.
    #[serde(default = "comfortable")]
    pub density: String,
    #[serde(default = "yes")]
    pub keys: bool,
    #[serde(default = "paris")]
    pub zone: String,
}

fn comfortable() -> String {
    "comfortable".into()
}

fn yes() -> bool {
    true
}

fn paris() -> String {
    "Europe/Paris".into()
}

impl Default for Preferences {
    fn default() -> Self {
        Self { language: None, theme: None, density: comfortable(), keys: true, zone: paris() }
    }
}

/// `GET /api/sessions`: where one is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    pub id: SessionId,
    pub current: bool,
    pub created_local: String,
    pub seen_local: String,
    /// What the browser says it is, shortened: `Firefox, Windows`.
    pub agent: String,
}

/// `POST /api/session/stay`: the seconds left after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stay {
    pub idle_seconds: u32,
    pub absolute_seconds: u32,
}

/// `POST /api/sign-out`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignOut {
    #[serde(default)]
    pub everywhere: bool,
}

/// What a person is told of outside the service, when new mail came. Hours are of the person's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notifications {
    pub email: bool,
    pub sms: bool,
    /// `now`, `hourly` or `daily`.
    pub rhythm: String,
    /// Nothing is sent from this hour…
    pub quiet_from: u8,
    /// …to this one; the same: no quiet hours.
    pub quiet_to: u8,
    /// News of the service by e-mail.
    pub newsletter: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { email: false, sms: false, rhythm: "now".into(), quiet_from: 20, quiet_to: 7, newsletter: true }
    }
}
