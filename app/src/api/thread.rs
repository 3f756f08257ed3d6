//! A conversation: every message of a thread, without bodies (the frame shows those).

use serde::Deserialize;
use serde_json::json;
use wire::{
    Problem,
    id::{AccountId, EmailId, ThreadId},
    jmap::{Request, result_of},
    mail::{GetAnswer, MESSAGE_PROPERTIES, Message},
};

use super::{Api, get_arguments};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    email_ids: Vec<EmailId>,
}

impl Api {
    /// Says that messages are printed: it is traced like their opening (Email/printed of our extension).
    pub async fn printed(&self, account: AccountId, emails: &[EmailId]) -> Result<(), Problem> {
        let arguments = json!({"accountId": account, "emailIds": emails});
        self.jmap(Request::new().call("Email/printed", arguments)).await?.answer::<serde_json::Value>(0).map(drop)
    }

    /// The messages of a conversation, oldest first (RFC 8621 §3.1 and §4.2). Fails with 404 when there is none.
    pub async fn thread(&self, account: AccountId, thread: ThreadId) -> Result<Vec<Message>, Problem> {
        let ids = result_of(0, "Thread/get", "/list/*/emailIds");
        let request = Request::new()
            .call("Thread/get", json!({"accountId": account, "ids": [thread]}))
            .call("Email/get", get_arguments(&account.to_string(), ids, MESSAGE_PROPERTIES));
        let response = self.jmap(request).await?;
        let threads: GetAnswer<Members> = response.answer(0)?;
        let order = threads.list.into_iter().next().map(|members| members.email_ids).unwrap_or_default();
        let mut messages = response.answer::<GetAnswer<Message>>(1)?.list;
        if messages.is_empty() {
            return Err(Problem::new("not-found", 404, "No such conversation"));
        }
        messages.sort_by_key(|message| order.iter().position(|id| *id == message.id));
        Ok(messages)
    }
}
