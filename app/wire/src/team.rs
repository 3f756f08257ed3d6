//! Team work in a BAL (our extension `urn:pli:team`): who has a conversation in hand and how far it is, notes that never
//! leave, who answers now, who read and who answered.

use serde::{Deserialize, Serialize};

use crate::id::{EmailId, NoteId, PersonId, ThreadId};

/// How far a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkState {
    Todo,
    Doing,
    Waiting,
    Done,
}

impl WorkState {
    /// All, in the order of the work.
    pub const ALL: [WorkState; 4] = [Self::Todo, Self::Doing, Self::Waiting, Self::Done];

    /// The word in JMAP, forms and addresses.
    pub fn code(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Doing => "doing",
            Self::Waiting => "waiting",
            Self::Done => "done",
        }
    }

    /// Reads that word.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// The work on one conversation: the object `Work`, whose id is the conversation's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Work {
    pub id: ThreadId,
    /// Who has it in hand.
    #[serde(default)]
    pub assignee_id: Option<PersonId>,
    #[serde(default)]
    pub assignee_name: Option<String>,
    #[serde(default)]
    pub state: Option<WorkState>,
    #[serde(default)]
    pub note_count: u32,
    /// Who writes an answer at this moment, the one who asks left out.
    #[serde(default)]
    pub answering: Vec<Answering>,
    /// Who opened one of its messages, and when first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readers: Vec<Touch>,
    /// Who sent something in it, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Touch>,
}

/// Properties of `Work` in the pane of a conversation.
pub const WORK_PROPERTIES: &[&str] =
    &["id", "assigneeId", "assigneeName", "state", "noteCount", "noteIds", "answering", "readers", "answers"];

/// Somebody writes an answer; the sign of it ends after `seconds` unless it is given again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answering {
    pub person_id: PersonId,
    pub name: String,
    pub seconds: u32,
}

/// Somebody did something with a message of the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Touch {
    pub person_id: PersonId,
    pub name: String,
    /// Wall clock of the zone of the one who asks, `2026-11-22T09:05`.
    pub local: String,
    pub email_id: EmailId,
}

/// An internal note: data of the BAL, for whoever may open it, never part of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    pub id: NoteId,
    pub thread_id: ThreadId,
    pub author_id: PersonId,
    pub author_name: String,
    pub text: String,
    pub created_local: String,
    /// Whether the one who asks may remove it.
    #[serde(default)]
    pub may_destroy: bool,
}

/// Who may open the BAL, or once could and still has conversations in hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Member {
    pub id: PersonId,
    pub name: String,
    /// May open the BAL now.
    pub active: bool,
    /// It is the one who asks.
    pub me: bool,
}

/// How many conversations somebody (or nobody) has in a state (or none).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkCount {
    #[serde(default)]
    pub assignee_id: Option<PersonId>,
    #[serde(default)]
    pub state: Option<WorkState>,
    pub total: u32,
}

/// `Work/count`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkCounts {
    /// The state of `Work` when they were counted.
    pub state: String,
    pub list: Vec<WorkCount>,
}

/// `Work/answering`: what the others do, or did since the last message that came in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Others {
    #[serde(default)]
    pub thread_id: Option<ThreadId>,
    #[serde(default)]
    pub answering: Vec<Answering>,
    #[serde(default)]
    pub answers: Vec<Touch>,
}

impl Others {
    /// Nobody else answers or answered.
    pub fn is_empty(&self) -> bool {
        self.answering.is_empty() && self.answers.is_empty()
    }
}

/// `Work/handOver`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandedOver {
    /// How many conversations.
    pub total: u64,
}
