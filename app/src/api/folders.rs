//! Own folders: create, rename, delete (RFC 8621 §2.5).

use serde_json::json;
use wire::{
    Problem,
    id::{AccountId, MailboxId},
    jmap::Request,
    mail::SetAnswer,
};

use super::{Api, change};

impl Api {
    /// Creates a folder. Fails with the code of the SetError (`invalidProperties`, `overQuota`…).
    pub async fn create_folder(&self, account: AccountId, name: &str) -> Result<(), Problem> {
        let set = json!({"accountId": account, "create": {"f": {"name": name}}});
        change::created(self.folder_set(set).await?, "f").map(|_| ())
    }

    /// Renames a folder.
    pub async fn rename_folder(&self, account: AccountId, folder: MailboxId, name: &str) -> Result<(), Problem> {
        let set = json!({"accountId": account, "update": {folder.to_string(): {"name": name}}});
        change::accepted(&self.folder_set(set).await?)
    }

    /// Deletes a folder; its messages go nowhere else than where they also are (`onDestroyRemoveEmails`).
    pub async fn delete_folder(&self, account: AccountId, folder: MailboxId) -> Result<(), Problem> {
        let set = json!({"accountId": account, "destroy": [folder], "onDestroyRemoveEmails": true});
        change::accepted(&self.folder_set(set).await?)
    }

    async fn folder_set(&self, arguments: serde_json::Value) -> Result<SetAnswer, Problem> {
        self.jmap(Request::new().call("Mailbox/set", arguments)).await?.answer(0)
    }
}
