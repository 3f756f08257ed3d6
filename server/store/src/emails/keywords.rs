//! Keywords: the system ones are flags in clear, the others sealed and found by code.

use super::flag;
use crate::keys::Keys;

const SYSTEM: [(&str, i64); 5] = [
    ("$seen", flag::SEEN),
    ("$flagged", flag::FLAGGED),
    ("$draft", flag::DRAFT),
    ("$answered", flag::ANSWERED),
    ("$forwarded", flag::FORWARDED),
];

/// Keywords of one message at most.
pub(crate) const MOST: usize = 100;

/// The flag of a system keyword.
pub(crate) fn flag_of(keyword: &str) -> Option<i64> {
    SYSTEM.iter().find(|(name, _)| name.eq_ignore_ascii_case(keyword)).map(|(_, flag)| *flag)
}

/// RFC 8621 §4.1.1: printable ASCII without `( ) { ] % * " \`, at most 255.
pub(crate) fn valid(keyword: &str) -> bool {
    (1..=255).contains(&keyword.len())
        && keyword.bytes().all(|byte| (0x21..=0x7e).contains(&byte) && !b"(){]%*\"\\".contains(&byte))
}

/// The flags and the other keywords, lower case, sorted, once each.
pub(crate) fn split<'a>(keywords: impl Iterator<Item = &'a str>) -> (i64, Vec<String>) {
    let (mut flags, mut others) = (0, Vec::new());
    for keyword in keywords {
        match flag_of(keyword) {
            Some(flag) => flags |= flag,
            None => others.push(keyword.to_ascii_lowercase()),
        }
    }
    others.sort_unstable();
    others.dedup();
    if !others.is_empty() {
        flags |= flag::OTHERS;
    }
    (flags, others)
}

/// All keywords, sorted.
pub(crate) fn join(flags: i64, others: &[String]) -> Vec<String> {
    let system = SYSTEM.iter().filter(|(_, flag)| flags & flag != 0).map(|(name, _)| (*name).to_owned());
    let mut all: Vec<String> = system.chain(others.iter().cloned()).collect();
    all.sort_unstable();
    all
}

/// How a keyword that is not a flag is found.
pub(crate) fn code(keys: &Keys, keyword: &str) -> i64 {
    keys.lookup_code("keyword", keyword.to_ascii_lowercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_come_back() {
        let (flags, others) = split(["$Seen", "Project-X", "$flagged", "project-x"].into_iter());
        assert_eq!(flags, flag::SEEN | flag::FLAGGED | flag::OTHERS);
        assert_eq!(join(flags, &others), ["$flagged", "$seen", "project-x"]);
        assert!(valid("$seen") && !valid("a b") && !valid("") && !valid("é"));
    }
}
