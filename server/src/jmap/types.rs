//! What all methods share: arguments, property selection, dates, and the answers of `/get`, `/changes` and `/set`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use store::Store;
use store::changes::Type;
use wire::id::AccountId;

use super::error::{MethodError, SetError};

/// JSON members.
pub type Object = Map<String, Value>;
/// What a method answers: the arguments of its response.
pub type Answer = Result<Value, MethodError>;

/// Objects in one `/get` (RFC 8620 §2).
pub const MAX_GET: usize = 500;
/// Objects in one `/set`, creations, updates and destructions together.
pub const MAX_SET: usize = 500;
/// Ids in one page of a `/query`.
pub const MAX_QUERY: u64 = 500;
/// Changes in one `/changes`.
pub const MAX_CHANGES: u64 = 1_000;

/// Reads the arguments of a call.
///
/// # Errors
/// `invalidArguments` when one is missing, unknown or of the wrong type.
pub fn arguments<T: DeserializeOwned>(arguments: Object) -> Result<T, MethodError> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| MethodError::arguments(error.to_string()))
}

/// Arguments of a plain `/get` (RFC 8620 §5.1).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GetArgs {
    /// The account.
    pub account_id: String,
    /// Which objects; null: all.
    #[serde(default)]
    pub ids: Option<Vec<String>>,
    /// Which properties; null: all.
    #[serde(default)]
    pub properties: Option<Vec<String>>,
}

/// Arguments of a `/changes` (RFC 8620 §5.2).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangesArgs {
    /// The account.
    pub account_id: String,
    /// The state the client has.
    pub since_state: String,
    /// How many ids at most.
    #[serde(default)]
    pub max_changes: Option<u64>,
}

/// Arguments of a plain `/set` (RFC 8620 §5.3).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetArgs {
    /// The account.
    pub account_id: String,
    /// Fail unless this is the state.
    #[serde(default)]
    pub if_in_state: Option<String>,
    /// Objects to make, by creation id.
    #[serde(default)]
    pub create: Option<Map<String, Value>>,
    /// Patches, by id.
    #[serde(default)]
    pub update: Option<Map<String, Value>>,
    /// Ids to remove.
    #[serde(default)]
    pub destroy: Option<Vec<String>>,
}

impl SetArgs {
    /// Checks the number of objects (RFC 8620 §5.3).
    ///
    /// # Errors
    /// `requestTooLarge`.
    pub fn check_size(&self) -> Result<(), MethodError> {
        let objects = self.create.as_ref().map_or(0, Map::len)
            + self.update.as_ref().map_or(0, Map::len)
            + self.destroy.as_ref().map_or(0, Vec::len);
        if objects > MAX_SET { Err(MethodError::new("requestTooLarge")) } else { Ok(()) }
    }
}

/// Checks `ifInState`.
///
/// # Errors
/// `stateMismatch`.
pub fn check_state(wanted: Option<&str>, state: i64) -> Result<(), MethodError> {
    match wanted {
        Some(wanted) if wanted != state.to_string() => Err(store::Error::StateMismatch.into()),
        _ => Ok(()),
    }
}

/// `ifInState` of a call that changes objects. It is compared when the call begins, for calls that change nothing, and
/// again in the transaction of the first change, so that nobody comes between; what follows that one is the call's own.
#[derive(Debug)]
pub struct InState {
    account: AccountId,
    kind: Type,
    expected: Option<i64>,
}

impl InState {
    /// Compares what was asked for with the present state.
    ///
    /// # Errors
    /// `stateMismatch`.
    pub fn new(wanted: Option<&str>, account: AccountId, kind: Type, state: i64) -> Result<Self, MethodError> {
        check_state(wanted, state)?;
        Ok(Self { account, kind, expected: wanted.map(|_| state) })
    }

    /// The store for the next change.
    pub fn store(&self, store: &Store) -> Store {
        store.expecting(self.account, self.kind, self.expected)
    }

    /// Notes what became of a change.
    pub fn tried<T, E>(&mut self, result: &Result<T, E>) {
        if result.is_ok() {
            self.expected = None;
        }
    }
}

/// The modseq in a state string.
///
/// # Errors
/// `cannotCalculateChanges` when it is none of ours.
pub fn since(state: &str) -> Result<i64, MethodError> {
    let plain = !state.is_empty() && state.bytes().all(|b| b.is_ascii_digit());
    let number = if plain { state.parse().ok() } else { None };
    number.ok_or_else(|| MethodError::new("cannotCalculateChanges"))
}

/// The ids of a `/get`, without repetitions, checked against [`MAX_GET`].
///
/// # Errors
/// `requestTooLarge`.
pub fn distinct(ids: &[String]) -> Result<Vec<&str>, MethodError> {
    let mut seen = std::collections::HashSet::new();
    let ids: Vec<&str> = ids.iter().map(String::as_str).filter(|id| seen.insert(*id)).collect();
    if ids.len() > MAX_GET { Err(MethodError::new("requestTooLarge")) } else { Ok(ids) }
}

/// The properties to answer: those asked for with `id`, or `default`.
///
/// # Errors
/// `invalidArguments` for a name that `known` does not know.
pub fn select(
    asked: Option<Vec<String>>,
    default: &[&str],
    known: impl Fn(&str) -> bool,
) -> Result<Vec<String>, MethodError> {
    let Some(mut names) = asked else { return Ok(default.iter().map(|name| (*name).to_owned()).collect()) };
    if let Some(bad) = names.iter().find(|name| !known(name)) {
        return Err(MethodError::arguments(format!("unknown property {bad}")));
    }
    if !names.iter().any(|name| name == "id") {
        names.push("id".into());
    }
    Ok(names)
}

/// Keeps the members of `object` that were asked for.
pub fn keep(object: &mut Object, properties: &[String]) {
    object.retain(|name, _| properties.iter().any(|p| p == name));
}

/// The answer of a `/get`.
pub fn got(account: &str, state: i64, list: Vec<Value>, not_found: Vec<String>) -> Value {
    json!({"accountId": account, "state": state.to_string(), "list": list, "notFound": not_found})
}

/// The answer of a `/set`, filled object by object.
#[derive(Debug, Default)]
pub struct SetAnswer {
    created: Object,
    updated: Object,
    destroyed: Vec<Value>,
    not_created: Object,
    not_updated: Object,
    not_destroyed: Object,
    mismatch: bool,
}

impl SetAnswer {
    /// One object was made, or not; `value` holds what the server chose.
    pub fn created(&mut self, key: String, result: Result<Value, SetError>) {
        self.look(&result);
        put(&mut self.created, &mut self.not_created, key, result);
    }

    /// One object was changed, or not; `value` holds what changed besides.
    pub fn updated(&mut self, id: String, result: Result<Value, SetError>) {
        self.look(&result);
        put(&mut self.updated, &mut self.not_updated, id, result);
    }

    /// One object was removed, or not.
    pub fn destroyed(&mut self, id: String, result: Result<(), SetError>) {
        self.look(&result);
        match result {
            Ok(()) => self.destroyed.push(id.into()),
            Err(error) => {
                self.not_destroyed.insert(id, error.into_value());
            }
        }
    }

    fn look<T>(&mut self, result: &Result<T, SetError>) {
        self.mismatch |= result.as_ref().is_err_and(SetError::is_state_mismatch);
    }

    /// The creation ids that became objects, with what was answered for each.
    pub fn creations(&self) -> &Object {
        &self.created
    }

    /// The response's arguments; maps without entries are null.
    ///
    /// # Errors
    /// `stateMismatch` when the first change met another state: then none was made.
    pub fn finish(self, account: &str, old: i64, new: i64) -> Answer {
        if self.mismatch {
            return Err(store::Error::StateMismatch.into());
        }
        let some = |map: Object| if map.is_empty() { Value::Null } else { Value::Object(map) };
        Ok(json!({
            "accountId": account,
            "oldState": old.to_string(),
            "newState": new.to_string(),
            "created": some(self.created),
            "updated": some(self.updated),
            "destroyed": if self.destroyed.is_empty() { Value::Null } else { self.destroyed.into() },
            "notCreated": some(self.not_created),
            "notUpdated": some(self.not_updated),
            "notDestroyed": some(self.not_destroyed),
        }))
    }
}

fn put(done: &mut Object, failed: &mut Object, key: String, result: Result<Value, SetError>) {
    match result {
        Ok(value) => done.insert(key, value),
        Err(error) => failed.insert(key, error.into_value()),
    };
}

/// The answer of a `/changes`, with its members in a map so that methods may add theirs.
pub fn changes(account: &str, since: &str, changes: Changed) -> Object {
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.into());
    answer.insert("oldState".into(), since.into());
    answer.insert("newState".into(), changes.new_state.to_string().into());
    answer.insert("hasMoreChanges".into(), changes.has_more.into());
    answer.insert("created".into(), json!(changes.created));
    answer.insert("updated".into(), json!(changes.updated));
    answer.insert("destroyed".into(), json!(changes.destroyed));
    answer
}

/// Changed ids as they stand on the wire.
#[derive(Debug, Default)]
pub struct Changed {
    pub created: Vec<String>,
    pub updated: Vec<String>,
    pub destroyed: Vec<String>,
    pub new_state: i64,
    pub has_more: bool,
}

/// Checks `maxChanges` (RFC 8620 §5.2: a positive integer).
///
/// # Errors
/// `invalidArguments` for zero.
pub fn max_changes(asked: Option<u64>) -> Result<u32, MethodError> {
    match asked {
        Some(0) => Err(MethodError::arguments("maxChanges must be positive")),
        Some(n) => Ok(n.min(MAX_CHANGES) as u32),
        None => Ok(MAX_CHANGES as u32),
    }
}

/// A UTCDate (RFC 8620 §1.4) in whole seconds.
pub fn utc_date(ms: i64) -> String {
    let seconds = ms.div_euclid(1000);
    jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// A Date (RFC 8620 §1.4) with the sender's offset.
pub fn date(ms: i64, offset_minutes: i16) -> String {
    let Ok(offset) = jiff::tz::Offset::from_seconds(i32::from(offset_minutes) * 60) else { return utc_date(ms) };
    let Ok(time) = jiff::Timestamp::from_second(ms.div_euclid(1000)) else { return utc_date(ms) };
    time.display_with_offset(offset).to_string()
}

/// Reads a UTCDate as milliseconds.
pub fn parse_utc_date(text: &str) -> Option<i64> {
    if !text.ends_with('Z') || text.get(10..11) != Some("T") {
        return None;
    }
    text.parse::<jiff::Timestamp>().ok().map(|t| t.as_millisecond())
}

/// Reads a Date: milliseconds and minutes east of Greenwich.
pub fn parse_date(text: &str) -> Option<(i64, i16)> {
    if text.get(10..11) != Some("T") {
        return None;
    }
    let ms = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
    let offset = match text.get(text.len().checked_sub(6)?..)? {
        zone if zone.starts_with(['+', '-']) => {
            let minutes = zone.get(1..3)?.parse::<i16>().ok()? * 60 + zone.get(4..6)?.parse::<i16>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
        _ => 0,
    };
    Some((ms, offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_whole_seconds() {
        assert_eq!(utc_date(1_414_630_800_999), "2014-10-30T01:00:00Z");
        assert_eq!(date(1_414_630_800_000, 120), "2014-10-30T03:00:00+02:00");
        assert_eq!(parse_utc_date("2014-10-30T01:00:00Z"), Some(1_414_630_800_000));
        assert_eq!(parse_utc_date("2014-10-30T01:00:00+00:00"), None);
        assert_eq!(parse_utc_date("2014-10-30"), None);
        assert_eq!(parse_date("2014-10-30T03:00:00+02:00"), Some((1_414_630_800_000, 120)));
        assert_eq!(parse_date("2014-10-30T01:00:00Z"), Some((1_414_630_800_000, 0)));
    }

    #[test]
    fn states_are_digits() {
        assert_eq!(since("12"), Ok(12));
        assert!(since("+12").is_err() && since("").is_err() && since("x").is_err());
    }
}
