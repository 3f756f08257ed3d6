//! Back-references between calls (RFC 8620 §3.7): JSON pointers with `*` over earlier answers.

use serde_json::{Map, Value};
use wire::jmap::Invocation;

use super::error::MethodError;

fn failed(description: &str) -> MethodError {
    MethodError::new("invalidResultReference").because(description)
}

/// Replaces every argument `#name` by what it refers to in `responses`.
///
/// # Errors
/// `invalidArguments` when both `name` and `#name` are given or the reference is malformed,
/// `invalidResultReference` when it leads nowhere.
pub fn resolve(arguments: &mut Map<String, Value>, responses: &[Invocation]) -> Result<(), MethodError> {
    let names: Vec<String> = arguments.keys().filter(|key| key.starts_with('#')).cloned().collect();
    for name in names {
        let plain = &name[1..];
        if arguments.contains_key(plain) {
            return Err(MethodError::arguments(format!("both {plain} and {name} are given")));
        }
        let reference = arguments.remove(&name).unwrap_or_default();
        let value = follow(&reference, responses)?;
        arguments.insert(plain.to_owned(), value);
    }
    Ok(())
}

fn follow(reference: &Value, responses: &[Invocation]) -> Result<Value, MethodError> {
    let member = |name: &str| {
        reference.get(name).and_then(Value::as_str).ok_or_else(|| MethodError::arguments("a malformed ResultReference"))
    };
    let (result_of, name, path) = (member("resultOf")?, member("name")?, member("path")?);
    let response = responses.iter().find(|r| r.2 == result_of).ok_or_else(|| failed("no such call"))?;
    if response.0 != name {
        return Err(failed("the response has another name"));
    }
    pointer(&response.1, path).ok_or_else(|| failed("the path leads nowhere"))
}

/// Evaluates a JSON pointer (RFC 6901) with `*` for all the items of an array, their arrays flattened.
pub fn pointer(value: &Value, path: &str) -> Option<Value> {
    if path.is_empty() {
        return Some(value.clone());
    }
    let tokens: Vec<String> = path.strip_prefix('/')?.split('/').map(unescape).collect();
    walk(value, &tokens)
}

/// `~1` is `/` and `~0` is `~` (RFC 6901 §4).
pub fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

fn walk(value: &Value, tokens: &[String]) -> Option<Value> {
    let Some((token, rest)) = tokens.split_first() else { return Some(value.clone()) };
    match value {
        Value::Object(map) => walk(map.get(token)?, rest),
        Value::Array(items) if token == "*" => {
            let mut all = Vec::new();
            for item in items {
                match walk(item, rest)? {
                    Value::Array(inner) => all.extend(inner),
                    other => all.push(other),
                }
            }
            Some(Value::Array(all))
        }
        Value::Array(items) => walk(items.get(index(token)?)?, rest),
        _ => None,
    }
}

/// An array index of RFC 6901 §4: digits without leading zeros.
fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    if plain { token.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_examples_of_the_rfc() {
        let threads = json!({"list": [{"id": "t1", "emailIds": ["a", "b"]}, {"id": "t2", "emailIds": ["c"]}]});
        assert_eq!(pointer(&threads, "/list/*/emailIds"), Some(json!(["a", "b", "c"])));
        assert_eq!(pointer(&threads, "/list/*/id"), Some(json!(["t1", "t2"])));
        assert_eq!(pointer(&threads, "/list/1/emailIds/0"), Some(json!("c")));
        assert_eq!(pointer(&threads, "/list/01"), None);
        assert_eq!(pointer(&threads, "/list/2"), None);
        assert_eq!(pointer(&threads, "/list/*/nothing"), None);
        assert_eq!(pointer(&threads, "list"), None);
        assert_eq!(pointer(&json!({"a/b": {"m~n": 1}}), "/a~1b/m~0n"), Some(json!(1)));
    }

    #[test]
    fn faults_have_their_names() {
        let done = [Invocation("Foo/get".into(), json!({"ids": ["x"]}), "0".into())];
        let call = |args: Value| {
            let mut map = args.as_object().cloned().unwrap_or_default();
            resolve(&mut map, &done).map(|()| Value::Object(map)).map_err(|e| e.kind)
        };
        let to = |name: &str, path: &str| json!({"resultOf": "0", "name": name, "path": path});
        assert_eq!(call(json!({"#ids": to("Foo/get", "/ids")})), Ok(json!({"ids": ["x"]})));
        assert_eq!(call(json!({"#ids": to("Foo/get", "/ids"), "ids": []})), Err("invalidArguments"));
        assert_eq!(call(json!({"#ids": 3})), Err("invalidArguments"));
        assert_eq!(call(json!({"#ids": to("Bar/get", "/ids")})), Err("invalidResultReference"));
        assert_eq!(call(json!({"#ids": to("Foo/get", "/list")})), Err("invalidResultReference"));
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), "[a-z~/]{0,4}".prop_map(Value::from)];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z~/*]{0,3}", inner, 0..5)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    fn paths(value: &Value, at: String, out: &mut Vec<(String, Value)>) {
        out.push((at.clone(), value.clone()));
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    paths(inner, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out);
                }
            }
            Value::Array(items) => {
                for (n, inner) in items.iter().enumerate() {
                    paths(inner, format!("{at}/{n}"), out);
                }
            }
            _ => {}
        }
    }

    proptest! {
        #[test]
        fn every_place_is_reached_by_its_pointer(value in tree()) {
            let mut all = Vec::new();
            paths(&value, String::new(), &mut all);
            for (path, expected) in all {
                prop_assert_eq!(pointer(&value, &path), Some(expected), "{}", path);
            }
        }

        #[test]
        fn a_star_is_the_flattened_items(items in prop::collection::vec(tree(), 0..6)) {
            let all = pointer(&Value::Array(items.clone()), "/*");
            let expected: Vec<Value> = items.into_iter().flat_map(|v| match v { Value::Array(a) => a, v => vec![v] }).collect();
            prop_assert_eq!(all, Some(Value::Array(expected)));
        }

        #[test]
        fn no_path_breaks_it(value in tree(), path in "[/a-z0-9~*#-]{0,20}") {
            let _ = pointer(&value, &path);
        }
    }
}
