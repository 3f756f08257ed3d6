//! Saved searches: words are kept by the server, so that no address shows them.

use serde_json::json;
use wire::{
    Problem,
    id::{AccountId, SearchId},
    jmap::Request,
    mail::SetAnswer,
};

use super::{Api, change::created};

impl Api {
    /// Keeps a search (Search/set of our extension); `field` is `text`, `from`, `to` or `subject`.
    pub async fn save_search(&self, account: AccountId, words: &str, field: &str) -> Result<SearchId, Problem> {
        let create = json!({"accountId": account, "create": {"s": {"words": words, "field": field}}});
        let response = self.jmap(Request::new().call("Search/set", create)).await?;
        let id = created(response.answer::<SetAnswer>(0)?, "s")?.id;
        id.parse().map_err(|_| Problem::new("unreadable-answer", 502, "Not an id"))
    }
}
