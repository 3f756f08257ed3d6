//! PatchObject (RFC 8620 §5.3): which members of an object change, by pointers without their first `/`.

use serde_json::{Map, Value};

use super::error::SetError;
use super::reference::unescape;

/// A patch taken apart: the path of each change and its value.
pub type Changes<'a> = Vec<(Vec<String>, &'a Value)>;

/// Takes a patch apart.
///
/// # Errors
/// `invalidPatch` when one pointer lies inside another.
pub fn parse(patch: &Map<String, Value>) -> Result<Changes<'_>, SetError> {
    let changes: Changes = patch.iter().map(|(path, v)| (path.split('/').map(unescape).collect(), v)).collect();
    for (i, (one, _)) in changes.iter().enumerate() {
        let inside = changes.iter().enumerate().any(|(j, (other, _))| i != j && other.starts_with(one));
        if inside {
            return Err(SetError::new("invalidPatch").because("one pointer is inside another"));
        }
    }
    Ok(changes)
}

/// Applies a patch to the members of `object`; null removes a member.
///
/// # Errors
/// `invalidPatch` when a pointer goes into an array or through something that is not there.
pub fn apply(object: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), SetError> {
    for (path, value) in parse(patch)? {
        put(object, &path, value)?;
    }
    Ok(())
}

fn put(object: &mut Map<String, Value>, path: &[String], value: &Value) -> Result<(), SetError> {
    match path {
        [] => Err(SetError::new("invalidPatch")),
        [last] => {
            if value.is_null() {
                object.remove(last);
            } else {
                object.insert(last.clone(), value.clone());
            }
            Ok(())
        }
        [first, rest @ ..] => match object.get_mut(first) {
            Some(Value::Object(inner)) => put(inner, rest, value),
            _ => Err(SetError::new("invalidPatch").because(format!("{first} is not an object"))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn members_are_set_and_removed() {
        let mut object = map(json!({"keywords": {"$seen": true, "a/b": true}, "n": 1}));
        apply(&mut object, &map(json!({"keywords/$seen": null, "keywords/$flagged": true, "keywords/a~1b": null, "n": 2})))
            .unwrap();
        assert_eq!(Value::Object(object), json!({"keywords": {"$flagged": true}, "n": 2}));
    }

    #[test]
    fn bad_pointers_are_refused() {
        let kind = |patch: Value| apply(&mut map(json!({"a": {"b": []}})), &map(patch)).map_err(|e| e.kind);
        assert_eq!(kind(json!({"a": {}, "a/b": 1})), Err("invalidPatch"));
        assert_eq!(kind(json!({"a/b/0": 1})), Err("invalidPatch"));
        assert_eq!(kind(json!({"c/d": 1})), Err("invalidPatch"));
        assert_eq!(kind(json!({"a/c": 1})), Ok(()));
    }

    proptest! {
        #[test]
        fn a_flat_patch_is_a_merge(
            old in prop::collection::btree_map("[a-z]{1,3}", any::<u8>(), 0..8),
            new in prop::collection::btree_map("[a-z]{1,3}", prop::option::of(any::<u8>()), 0..8),
        ) {
            let mut object: Map<String, Value> = old.iter().map(|(k, v)| (k.clone(), (*v).into())).collect();
            let patch: Map<String, Value> = new.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
            prop_assert!(apply(&mut object, &patch).is_ok());
            for (key, value) in &new {
                prop_assert_eq!(object.get(key).cloned(), value.map(Value::from));
            }
            for (key, value) in old.iter().filter(|(k, _)| !new.contains_key(*k)) {
                prop_assert_eq!(object.get(key), Some(&Value::from(*value)));
            }
        }
    }
}
