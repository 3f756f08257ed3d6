//! Own folders: create, rename, delete (RFC 8621 §2.5).

use serde_json::{Map, Value, json};
use wire::{
    Problem,
    id::{AccountId, MailboxId},
    jmap::{Request, result_of},
    mail::{GetAnswer, SetAnswer},
};

use super::{Api, change, get_arguments};

/// Messages moved at a time.
const BATCH: usize = 200;

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

    /// Deletes a folder, whose messages first go to the trash unless they are elsewhere too.
    pub async fn delete_folder(&self, account: AccountId, folder: MailboxId, trash: MailboxId) -> Result<(), Problem> {
        loop {
            let query = json!({"accountId": account, "filter": {"inMailbox": folder}, "limit": BATCH});
            let ids = result_of(0, "Email/query", "/ids");
            let get = get_arguments(&account.to_string(), ids, change::PLACE_PROPERTIES);
            let response = self.jmap(Request::new().call("Email/query", query).call("Email/get", get)).await?;
            let places = response.answer::<GetAnswer<change::Place>>(1)?.list;
            let leave = |place: &change::Place| {
                let mut patch = Map::from_iter([(format!("mailboxIds/{folder}"), Value::Null)]);
                if place.mailbox_ids.len() == 1 {
                    patch.insert(format!("mailboxIds/{trash}"), json!(true));
                }
                (place.id, patch)
            };
            let patches: Vec<_> = places.iter().map(leave).collect();
            if patches.is_empty() {
                break;
            }
            self.patch(account, &patches).await?;
        }
        let set = json!({"accountId": account, "destroy": [folder], "onDestroyRemoveEmails": false});
        change::accepted(&self.folder_set(set).await?)
    }

    async fn folder_set(&self, arguments: serde_json::Value) -> Result<SetAnswer, Problem> {
        self.jmap(Request::new().call("Mailbox/set", arguments)).await?.answer(0)
    }
}
