//! The person and the session.

use serde_json::json;
use wire::{
    Problem,
    id::{AccountId, EmailId},
    jmap::Request,
    mail::{GetAnswer, Identity, Mailbox},
    portal::{Me, Stay},
};

use super::Api;

impl Api {
    /// Who is signed in, with the accounts they may open. Fails with 401 when nobody is.
    pub async fn me(&self) -> Result<Me, Problem> {
        read(self.portal("GET", "/api/me", None).await?)
    }

    /// Keeps the session alive; answers the seconds left.
    pub async fn stay(&self) -> Result<Stay, Problem> {
        read(self.portal("POST", "/api/session/stay", Some(json!({}))).await?)
    }

    /// Keeps a preference: `change` is any subset of `wire::portal::Preferences`.
    pub async fn prefer(&self, change: serde_json::Value) -> Result<(), Problem> {
        self.portal("PATCH", "/api/me/preferences", Some(change)).await.map(|_| ())
    }

    /// Hands a draft in, for somebody who may send.
    pub async fn hand_in(&self, account: AccountId, draft: EmailId) -> Result<(), Problem> {
        let path = ["/api/accounts/", &account.to_string(), "/reviews"].concat();
        self.portal("POST", &path, Some(json!({"emailId": draft}))).await.map(|_| ())
    }

    /// Folders (RFC 8621 §2.1) with their state, and identities (§6.1) of an account.
    pub async fn account(&self, account: AccountId) -> Result<(Vec<Mailbox>, String, Vec<Identity>), Problem> {
        let all = json!({"accountId": account, "ids": null});
        let response = self.jmap(Request::new().call("Mailbox/get", all.clone()).call("Identity/get", all)).await?;
        let mailboxes: GetAnswer<Mailbox> = response.answer(0)?;
        let identities: GetAnswer<Identity> = response.answer(1)?;
        Ok((mailboxes.list, mailboxes.state, identities.list))
    }

    /// Folders with their counters (RFC 8621 §2.1), and their state.
    pub async fn mailboxes(&self, account: AccountId) -> Result<(Vec<Mailbox>, String), Problem> {
        let response = self.jmap(Request::new().call("Mailbox/get", json!({"accountId": account, "ids": null}))).await?;
        let answer = response.answer::<GetAnswer<Mailbox>>(0)?;
        Ok((answer.list, answer.state))
    }
}

fn read<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Result<T, Problem> {
    T::deserialize(value).map_err(|error| Problem::new("unreadable-answer", 502, error.to_string()))
}
