//! Which passwords are accepted: the rule of `wire::password` with the list of common ones.

use std::{collections::HashSet, sync::LazyLock};

use wire::password::{self, PasswordFault, Strength};

static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common.txt").lines().filter(|line| !line.starts_with('#')).collect());

fn is_common(letters: &str) -> bool {
    COMMON.contains(letters)
}

/// Checks a password somebody wants; `personal` are their name and addresses.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str, personal: &[&str]) -> Result<Strength, PasswordFault> {
    password::check(text, personal, is_common)
}

/// How hard a password is to guess, for the meter, whether it is accepted or not.
pub fn strength(text: &str) -> Strength {
    password::strength(text, is_common)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_ones_are_known() {
        for bad in
            ["Azertyuiop123!", "MonMotDePasse1", "Cabinet-Medical-75", "iloveyou2026!!", "Qwertyuiop[]12", "Docteur!2026!!"]
        {
            assert_eq!(check(bad, &[]), Err(PasswordFault::Common), "{bad}");
        }
        assert!(check("marronnier-boussole-2026", &[]).is_ok());
    }
}
