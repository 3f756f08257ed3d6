//! Searches: words are saved, so that addresses of pages hold an id only.

use serde_json::{Value, json};
use store::searches::Search;
use wire::id::{AccountId, SearchId};
use wire::limits::SEARCH_CHARS;

use crate::auth::Caller;
use crate::state::State;

/// The fields that can be searched in.
pub const FIELDS: [&str; 4] = ["text", "from", "to", "subject"];

/// Saves a search of a person; none when the words or the field are none.
///
/// # Errors
/// The store's.
pub async fn save(
    state: &State,
    caller: &Caller,
    account: AccountId,
    words: &str,
    field: &str,
) -> Result<Option<SearchId>, store::Error> {
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let bad = mail::search::query_words(&words).is_empty() || words.chars().count() > SEARCH_CHARS;
    if bad || !FIELDS.contains(&field) {
        return Ok(None);
    }
    state.store.search_save(account, caller.person, &words, field).await.map(Some)
}

/// The filter of Email/query that a saved search stands for.
pub fn filter(search: &Search) -> Value {
    match search.field.as_str() {
        "to" => json!({"operator": "OR", "conditions": [{"to": search.words}, {"cc": search.words}, {"bcc": search.words}]}),
        field => json!({field: search.words}),
    }
}
