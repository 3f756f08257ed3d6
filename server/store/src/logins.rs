//! Logins: what a person types to be known, found by HMAC, never stored readable.

use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::{Result, Store, credentials};

statements! {
    INSERT = "INSERT INTO login (lookup_code, person_id) VALUES ($1, $2)";
    SELECT = "SELECT login.person_id, credential.sealed_password FROM login
        LEFT JOIN credential ON credential.person_id = login.person_id WHERE login.lookup_code = $1";
    UPDATE = "UPDATE login SET lookup_code = $2 WHERE lookup_code = $1 AND person_id = $3";
}

/// A login that exists.
#[derive(Clone)]
pub struct Login {
    pub person: PersonId,
    /// The PHC string of the password, if the person has one.
    pub password: Option<String>,
}

fn code(keys: &Keys, login: &str) -> [u8; 32] {
    keys.lookup("login", login.trim().to_lowercase().as_bytes())
}

impl Store {
    /// The person of a login, whatever its case. None when nobody has it.
    pub async fn login_lookup(&self, login: &str) -> Result<Option<Login>> {
        let code = code(&*self.operator_keys().await?, login);
        let Some(row) = self.read().await?.fetch_optional(SELECT, args![code]).await? else { return Ok(None) };
        let person = PersonId(row.int(0)?);
        let password = match row.opt_bytes(1)? {
            Some(sealed) => Some(credentials::open(&*self.keys(Owner::Person(person.0)).await?, person, &sealed)?),
            None => None,
        };
        Ok(Some(Login { person, password }))
    }
}

/// Gives a person one more login, in the caller's transaction.
pub(crate) async fn insert(tx: &mut Tx, login: &str, person: PersonId) -> Result<()> {
    let code = code(&*tx.keys(Owner::Operator).await?, login);
    tx.execute(INSERT, args![code, person]).await.map(drop)
}

/// Where the old text was a login of this person, the new one is now. `Conflict` on `login_pk` when it is another's.
pub(crate) async fn replace(tx: &mut Tx, old: &str, new: &str, person: PersonId) -> Result<()> {
    let operator = tx.keys(Owner::Operator).await?;
    tx.execute(UPDATE, args![code(&operator, old), code(&operator, new), person]).await.map(drop)
}
