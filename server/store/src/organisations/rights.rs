//! The rights that follow from a structure: what each person and each program should be able to do is reckoned anew from
//! grants, groups and standing, compared with the rows that hold, and only the difference is written. So no change can
//! forget one.

use std::collections::BTreeSet;

use serde_json::json;
use wire::delegation::DelegateRole;
use wire::id::{AccountId, OrganisationId, PersonId};
use wire::portal::Action;

use crate::db::{Row, Tx, args, statements};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result};

statements! {
    BY_PERSON = "SELECT m.person_id, g.account_id, g.role FROM organisation_grant g
        JOIN organisation_box b ON b.account_id = g.account_id AND b.organisation_id = g.organisation_id
        JOIN organisation_member m ON m.organisation_id = g.organisation_id AND m.member_id = g.subject_id
        WHERE g.organisation_id = $1 AND b.software = 0 AND b.suspended_at IS NULL AND m.state = 1
        AND m.suspended_at IS NULL AND m.person_id IS NOT NULL";
    BY_GROUP = "SELECT m.person_id, g.account_id, g.role FROM organisation_grant g
        JOIN organisation_box b ON b.account_id = g.account_id AND b.organisation_id = g.organisation_id
        JOIN organisation_group_member i ON i.organisation_id = g.organisation_id AND i.group_id = g.subject_id
        JOIN organisation_member m ON m.organisation_id = i.organisation_id AND m.member_id = i.member_id
        WHERE g.organisation_id = $1 AND b.software = 0 AND b.suspended_at IS NULL AND m.state = 1
        AND m.suspended_at IS NULL AND m.person_id IS NOT NULL";
    /// A program sends what it prepared itself; its BAL is nobody else's.
    SOFTWARE = "SELECT a.person_id, a.account_id, 'send' FROM application a
        JOIN organisation_box b ON b.account_id = a.account_id
        WHERE b.organisation_id = $1 AND b.suspended_at IS NULL";
    HELD = "SELECT person_id, account_id, action FROM account_right
        WHERE organisation_id = $1 AND (to_at IS NULL OR to_at > $2)";
    GRANT = "INSERT INTO account_right (person_id, account_id, action, from_at, to_at, organisation_id)
        VALUES ($1, $2, $3, $4, NULL, $5) ON CONFLICT (person_id, account_id, action, from_at)
        DO UPDATE SET to_at = NULL, organisation_id = excluded.organisation_id";
    END = "UPDATE account_right SET to_at = $5 WHERE person_id = $1 AND account_id = $2 AND action = $3
        AND organisation_id = $4 AND (to_at IS NULL OR to_at > $5)";
}

type Held = BTreeSet<(PersonId, AccountId, &'static str)>;

async fn wanted(tx: &mut Tx, organisation: OrganisationId) -> Result<Held> {
    let mut wanted = Held::new();
    for statement in [BY_PERSON, BY_GROUP, SOFTWARE] {
        for row in tx.fetch_all(statement, args![organisation]).await? {
            let role = DelegateRole::from_code(&row.text(2)?).ok_or(Error::Corrupt("role in a structure"))?;
            let (person, account) = (PersonId(row.int(0)?), AccountId(row.int(1)?));
            wanted.extend(role.actions().iter().map(|action| (person, account, action.code())));
        }
    }
    Ok(wanted)
}

async fn held(tx: &mut Tx, organisation: OrganisationId) -> Result<Held> {
    let now = tx.now();
    let rows = tx.fetch_all(HELD, args![organisation, now]).await?;
    let one = |row: &Row| {
        let code = row.text(2)?;
        let action = Action::ALL.into_iter().find(|action| action.code() == code).ok_or(Error::Corrupt("action"))?;
        Ok((PersonId(row.int(0)?), AccountId(row.int(1)?), action.code()))
    };
    rows.iter().map(one).collect()
}

/// Writes the rights of a structure as they should be from now on, in the caller's transaction, which locked it.
pub(crate) async fn sync(tx: &mut Tx, actor: Actor, organisation: OrganisationId) -> Result<()> {
    let (wanted, held, now) = (wanted(tx, organisation).await?, held(tx, organisation).await?, tx.now());
    for (person, account, action) in held.difference(&wanted) {
        tx.execute(END, args![*person, *account, *action, organisation, now]).await?;
    }
    for (person, account, action) in wanted.difference(&held) {
        tx.execute(GRANT, args![*person, *account, *action, now, organisation]).await?;
    }
    let of = |set: &Held, account: AccountId| {
        let mut list: Vec<_> = set.iter().filter(|row| row.1 == account).collect();
        list.dedup_by_key(|row| row.0);
        list.into_iter()
            .map(|(person, ..)| {
                let actions: Vec<_> =
                    set.iter().filter(|row| (row.0, row.1) == (*person, account)).map(|row| row.2).collect();
                json!({"person": person, "actions": actions})
            })
            .collect::<Vec<_>>()
    };
    let (ended, begun): (Held, Held) =
        (held.difference(&wanted).copied().collect(), wanted.difference(&held).copied().collect());
    let accounts: BTreeSet<AccountId> = ended.iter().chain(&begun).map(|row| row.1).collect();
    for account in accounts {
        tx.touch(account.0);
        let detail = json!({"given": of(&begun, account), "ended": of(&ended, account)});
        traces::trace(tx, Chain::Account(account), Trace::done("structure-rights", actor, Some(account), detail)).await?;
    }
    Ok(())
}
