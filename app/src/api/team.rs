//! Team work in a BAL (our extension `urn:pli:team`): members, counters, the work on a conversation, notes, the sign that
//! one answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wire::{
    Problem,
    id::{AccountId, EmailId, MailboxId, NoteId, PersonId, ThreadId},
    jmap::{Request, result_of},
    mail::{GetAnswer, SetAnswer},
    team::{HandedOver, Member, Note, Others, WORK_PROPERTIES, Work, WorkCount, WorkCounts, WorkState},
};

use super::{
    Api,
    change::{accepted, created},
};

/// What a screen shows of the team. In a BAL of one person there is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Sight {
    pub members: Vec<Member>,
    /// State of the work when it was asked.
    pub state: String,
    /// Of the folder on screen, or of the whole BAL.
    pub counts: Vec<WorkCount>,
    /// Of the open conversation.
    pub work: Option<Work>,
    pub notes: Vec<Note>,
}

impl Sight {
    /// Whether there is a team: several may open the BAL, or one has what others left.
    pub fn is_shared(&self) -> bool {
        self.members.len() > 1
    }
}

/// A change of the work on a conversation; none stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    pub assignee: Option<Option<PersonId>>,
    pub state: Option<Option<WorkState>>,
}

impl Change {
    fn patch(self) -> Value {
        let mut patch = Map::new();
        if let Some(assignee) = self.assignee {
            patch.insert("assigneeId".into(), json!(assignee));
        }
        if let Some(state) = self.state {
            patch.insert("state".into(), json!(state));
        }
        Value::Object(patch)
    }
}

#[derive(Deserialize)]
struct Members {
    list: Vec<Member>,
}

impl Api {
    /// Who may open the BAL; then, where that is a team, counters of `folder` (or of the BAL) and the work on `thread`
    /// with its notes.
    pub async fn team(
        &self,
        account: AccountId,
        folder: Option<MailboxId>,
        thread: Option<ThreadId>,
    ) -> Result<Sight, Problem> {
        let members = Request::new().call("Member/get", json!({"accountId": account}));
        let members = self.jmap(members).await?.answer::<Members>(0)?.list;
        let sight = Sight { members, ..Sight::default() };
        if !sight.is_shared() {
            return Ok(sight);
        }
        let mut request = Request::new().call("Work/count", json!({"accountId": account, "mailboxId": folder}));
        if let Some(thread) = thread {
            let get = json!({"accountId": account, "ids": [thread], "properties": WORK_PROPERTIES});
            let notes = json!({"accountId": account, "#ids": result_of(1, "Work/get", "/list/*/noteIds")});
            request = request.call("Work/get", get).call("Note/get", notes);
        }
        let response = self.jmap(request).await?;
        let WorkCounts { state, list: counts } = response.answer(0)?;
        let (mut work, mut notes) = (None, Vec::new());
        if thread.is_some() {
            work = response.answer::<GetAnswer<Work>>(1)?.list.into_iter().next();
            notes = response.answer::<GetAnswer<Note>>(2)?.list;
        }
        Ok(Sight { state, counts, work, notes, ..sight })
    }

    /// Changes assignee or state of conversations.
    pub async fn work_set(&self, account: AccountId, threads: &[ThreadId], change: Change) -> Result<(), Problem> {
        let update: Map<String, Value> = threads.iter().map(|thread| (thread.to_string(), change.patch())).collect();
        let set = json!({"accountId": account, "update": update});
        accepted(&self.jmap(Request::new().call("Work/set", set)).await?.answer(0)?)
    }

    /// Gives what somebody has in hand to another, or to nobody; how many conversations.
    pub async fn hand_over(&self, account: AccountId, from: PersonId, to: Option<PersonId>) -> Result<u64, Problem> {
        let arguments = json!({"accountId": account, "fromId": from, "toId": to});
        Ok(self.jmap(Request::new().call("Work/handOver", arguments)).await?.answer::<HandedOver>(0)?.total)
    }

    /// Writes a note.
    pub async fn note_add(&self, account: AccountId, thread: ThreadId, text: &str) -> Result<(), Problem> {
        let create = json!({"accountId": account, "create": {"n": {"threadId": thread, "text": text}}});
        created(self.jmap(Request::new().call("Note/set", create)).await?.answer::<SetAnswer>(0)?, "n").map(|_| ())
    }

    /// Removes a note.
    pub async fn note_delete(&self, account: AccountId, note: NoteId) -> Result<(), Problem> {
        let set = json!({"accountId": account, "destroy": [note]});
        accepted(&self.jmap(Request::new().call("Note/set", set)).await?.answer(0)?)
    }

    /// Says that one answers the conversation of a message, or not any more; what the others do or did.
    pub async fn answering(&self, account: AccountId, email: EmailId, active: bool) -> Result<Others, Problem> {
        let arguments = json!({"accountId": account, "emailId": email, "active": active});
        self.jmap(Request::new().call("Work/answering", arguments)).await?.answer(0)
    }
}
