//! `pli accounts set`: what the operator sets for one BAL.

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use store::{Actor, receiving::Rule};

use super::Place;

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Choice {
    Yes,
    No,
}

/// `pli accounts set`.
#[derive(Args)]
pub struct Set {
    /// The MSSanté address.
    address: String,
    /// Octets it may hold; `default` for the setting quota.mailbox_octets, 0 for no limit.
    #[arg(long, value_name = "OCTETS")]
    quota: Option<String>,
    /// Whether mail to it is refused.
    #[arg(long, value_name = "YES|NO", ignore_case = true)]
    suspended: Option<Choice>,
    /// Whether patients may write first: for pharmacies.
    #[arg(long, value_name = "YES|NO", ignore_case = true)]
    patients_begin: Option<Choice>,
    #[command(flatten)]
    place: Place,
}

/// Runs it, then says what holds.
///
/// # Errors
/// When there is no such BAL, or a value is wrong.
pub async fn set(set: Set) -> anyhow::Result<()> {
    let mut rules = Vec::new();
    if let Some(quota) = &set.quota {
        let octets = match quota.as_str() {
            "default" => None,
            text => Some(text.parse().with_context(|| format!("--quota: `{text}` is not a number of octets"))?),
        };
        rules.push(Rule::Quota(octets));
    }
    rules.extend(set.suspended.map(|choice| Rule::Suspended(choice == Choice::Yes)));
    rules.extend(set.patients_begin.map(|choice| Rule::PatientsBegin(choice == Choice::Yes)));
    let (_, store) = set.place.open().await?;
    let Some(account) = store.account_by_address(&set.address).await? else { bail!("there is no BAL {}", set.address) };
    for rule in rules {
        store.account_rule_set(Actor::COMMAND, account, rule).await?;
    }
    let rules = store.account_rules(account).await?;
    let quota = rules.quota.map_or("default".to_owned(), |octets| octets.to_string());
    let yes = |so: bool| if so { "yes" } else { "no" };
    println!("octets: {}", store.account_octets(account).await?);
    println!("quota: {quota}");
    println!("suspended: {}", yes(rules.suspended_at.is_some()));
    println!("patients begin: {}", yes(rules.patients_begin));
    Ok(())
}
