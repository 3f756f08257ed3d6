//! The fields of reports (RFC 3464 §2.1, RFC 8098 §3): groups of header fields with typed values.

/// Groups in one report: a message has so many recipients at most.
const MAX_GROUPS: usize = 1_000;
/// Fields of one group.
const MAX_FIELDS: usize = 100;
/// Characters of one value.
const MAX_VALUE: usize = 4_000;

/// One group, names in lower case.
pub(super) type Group = Vec<(String, String)>;

/// Splits the content of a report's part into its groups.
pub(super) fn groups(bytes: &[u8]) -> Vec<Group> {
    let text = String::from_utf8_lossy(bytes);
    let mut groups: Vec<Group> = vec![Vec::new()];
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let Some(group) = groups.last_mut() else { break };
        if line.trim().is_empty() {
            if !group.is_empty() {
                if groups.len() == MAX_GROUPS {
                    break;
                }
                groups.push(Vec::new());
            }
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = group.last_mut() {
                push(value, line);
            }
        } else if let Some((name, value)) = line.split_once(':').filter(|_| group.len() < MAX_FIELDS) {
            let mut clean = String::new();
            push(&mut clean, value);
            group.push((name.trim().to_ascii_lowercase(), clean));
        }
    }
    groups.retain(|g| !g.is_empty());
    groups
}

fn push(value: &mut String, more: &str) {
    for word in more.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()) {
        if value.chars().count() + word.chars().count() > MAX_VALUE {
            return;
        }
        if !value.is_empty() {
            value.push(' ');
        }
        value.push_str(word);
    }
}

/// The value of a field.
pub(super) fn get<'a>(group: &'a Group, name: &str) -> Option<&'a str> {
    group.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
}

/// The value after its type (`rfc822; a@b` → `a@b`); a value without a type is given whole.
pub(super) fn typed(group: &Group, name: &str) -> Option<String> {
    let value = get(group, name)?;
    let bare = value.split_once(';').map_or(value, |(_, v)| v).trim();
    let bare = bare.strip_prefix('<').and_then(|b| b.strip_suffix('>')).unwrap_or(bare);
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// A value for a field that we write: ASCII, no control character, not too long.
pub(super) fn clean(value: &str) -> String {
    let one = value.chars().map(|c| {
        if c.is_ascii_graphic() || c == ' ' {
            c
        } else if c.is_whitespace() {
            ' '
        } else {
            '?'
        }
    });
    one.take(900).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Appends `name: value`, folded at spaces (RFC 5322 §2.2.3).
pub(super) fn write(out: &mut String, name: &str, value: &str) {
    let mut column = name.len() + 1;
    out.push_str(name);
    out.push(':');
    for word in clean(value).split(' ') {
        if column + word.len() + 1 > 76 && column > name.len() + 1 {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(word);
        column += word.len() + 1;
    }
    out.push_str("\r\n");
}
