//! Who professionals are, as the identity provider (Pro Santé Connect) says, and by which names it knows them. The facts
//! are sealed under the person's key; the provider's names are found by HMAC.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::{PersonId, SessionId};

use crate::db::{Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    LINK_SELECT = "SELECT person_id FROM psc_link WHERE link_code = $1";
    LINK_INSERT = "INSERT INTO psc_link (link_code, person_id, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (link_code) DO NOTHING";
    SAVE = "INSERT INTO professional (person_id, sealed, checked_at) VALUES ($1, $2, $3)
        ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed, checked_at = excluded.checked_at";
    SELECT = "SELECT sealed, checked_at FROM professional WHERE person_id = $1";
    RETURN_INSERT = "INSERT INTO psc_return (state_code, expires_at) VALUES ($1, $2)
        ON CONFLICT (state_code) DO NOTHING";
    RETURN_PRUNE = "DELETE FROM psc_return WHERE expires_at < $1";
    SESSION_INSERT = "INSERT INTO psc_session (session_id, person_id, sealed, expires_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (session_id) DO NOTHING";
    SESSION_SELECT = "SELECT person_id, sealed FROM psc_session WHERE session_id = $1";
    SESSION_PRUNE = "DELETE FROM psc_session WHERE expires_at < $1";
}

const TABLE: &str = "professional";
const SESSION_TABLE: &str = "psc_session";
const DAY_MS: i64 = 24 * 3_600_000;

/// A place where somebody practises, and as what. Codes are those of the national nomenclatures; absent values are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Activity {
    /// TRE_G15 and its neighbours: `10` is a physician.
    pub profession: String,
    /// `C` civil, `M` military, `E` student.
    pub category: String,
    /// `DR`, `PR` or nothing.
    pub title: String,
    /// The name under which one practises.
    pub given_name: String,
    pub family_name: String,
    /// TRE_R38: `SM54`.
    pub speciality: String,
    /// `L` on one's own account, `S` employed.
    pub mode: String,
    pub place: String,
    pub postcode: String,
    pub city: String,
    pub phone: String,
}

/// What the provider says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// IDNPS: `8` and the RPPS number, or `0` and the ADELI number; something else in test environments.
    pub national_id: String,
    pub given_name: String,
    pub family_name: String,
    /// `M` or `MME`.
    pub civility: String,
    pub activities: Vec<Activity>,
}

/// An identity with the time it was last confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Professional {
    pub identity: Identity,
    pub checked_at: i64,
}

/// By which names the provider knows somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PscNames {
    pub issuer: String,
    pub subject: String,
    pub national_id: String,
}

impl PscNames {
    fn codes(&self, operator: &Keys) -> [[u8; 32]; 2] {
        let subject = format!("{}\n{}", self.issuer, self.subject);
        [operator.lookup("psc-subject", subject.as_bytes()), national_code(operator, &self.national_id)]
    }
}

fn national_code(operator: &Keys, national_id: &str) -> [u8; 32] {
    operator.lookup("national-id", national_id.as_bytes())
}

/// The IDNPS of an RPPS number; the text itself when it is not one.
pub fn idnps(rpps: &str) -> String {
    let is_rpps = rpps.len() == 11 && rpps.bytes().all(|b| b.is_ascii_digit());
    if is_rpps { format!("8{rpps}") } else { rpps.to_owned() }
}

/// Lets the provider's identity be known as this person, in the caller's transaction.
pub(crate) async fn link(tx: &mut Tx, names: &PscNames, person: PersonId) -> Result<()> {
    let operator = tx.keys(Owner::Operator).await?;
    let now = tx.now();
    for code in names.codes(&operator) {
        tx.execute(LINK_INSERT, args![code, person, now]).await?;
    }
    Ok(())
}

/// The same by the national identifier alone: for BALs that the operator opened.
pub(crate) async fn link_national(tx: &mut Tx, national_id: &str, person: PersonId) -> Result<()> {
    let code = national_code(&*tx.keys(Owner::Operator).await?, national_id);
    let now = tx.now();
    tx.execute(LINK_INSERT, args![code, person, now]).await.map(drop)
}

/// Keeps what the provider says now, in the caller's transaction.
pub(crate) async fn save(tx: &mut Tx, person: PersonId, identity: &Identity) -> Result<()> {
    let keys = tx.keys(Owner::Person(person.0)).await?;
    let sealed = keys.seal_json(tx.random().as_ref(), TABLE, person.0, identity)?;
    let now = tx.now();
    tx.execute(SAVE, args![person, sealed, now]).await.map(drop)
}

impl Store {
    /// Whom the provider means. `Refused("psc-conflict")` when its two names for somebody belong to two persons here.
    pub async fn psc_person(&self, names: &PscNames) -> Result<Option<PersonId>> {
        let operator = self.operator_keys().await?;
        let mut tx = self.read().await?;
        let mut found = Vec::new();
        for code in names.codes(&operator) {
            if let Some(row) = tx.fetch_optional(LINK_SELECT, args![code]).await? {
                found.push(PersonId(row.int(0)?));
            }
        }
        found.dedup();
        if found.len() > 1 { Err(Error::Refused("psc-conflict")) } else { Ok(found.pop()) }
    }

    /// The person of a national number, whoever said so: the provider, or the operator who opened their BAL.
    pub async fn person_of_national_id(&self, national_id: &str) -> Result<Option<PersonId>> {
        let code = national_code(&*self.operator_keys().await?, national_id);
        let row = self.read().await?.fetch_optional(LINK_SELECT, args![code]).await?;
        row.map(|row| row.int(0).map(PersonId)).transpose()
    }

    /// Somebody known came in through the provider: links both names and keeps the facts, with their date.
    pub async fn psc_confirmed(&self, person: PersonId, names: PscNames, identity: Identity, acr: String) -> Result<()> {
        self.write((person, names, identity, acr), |tx, (person, names, identity, acr)| {
            async move {
                link(tx, names, *person).await?;
                save(tx, *person, identity).await?;
                let actor = Actor { person: Some(*person), session: None, means: traces::Means::Web };
                let entry = Trace::done("identity-confirmed", actor, None, json!({"by": "psc", "acr": acr}));
                traces::trace(tx, Chain::Person(*person), entry).await
            }
            .boxed()
        })
        .await
    }

    /// What the provider last said of a person; none for those it never spoke of.
    pub async fn professional(&self, person: PersonId) -> Result<Option<Professional>> {
        let Some(row) = self.read().await?.fetch_optional(SELECT, args![person]).await? else { return Ok(None) };
        let keys = self.keys(Owner::Person(person.0)).await?;
        let identity = keys.open_json(TABLE, person.0, &row.bytes(0)?)?;
        Ok(Some(Professional { identity, checked_at: row.int(1)? }))
    }

    /// Takes an answer of the provider up, once: false when this state was taken up before.
    pub async fn psc_return(&self, state: &str) -> Result<bool> {
        let code = self.operator_keys().await?.lookup("psc-state", state.as_bytes());
        self.write(code, |tx, code| {
            async move {
                let now = tx.now();
                tx.execute(RETURN_PRUNE, args![now]).await?;
                Ok(tx.execute(RETURN_INSERT, args![code, now + DAY_MS]).await? > 0)
            }
            .boxed()
        })
        .await
    }

    /// Keeps the ID token by which the provider's session can be ended with this one.
    pub async fn psc_session_keep(&self, person: PersonId, session: SessionId, id_token: String) -> Result<()> {
        self.write((person, session, id_token), |tx, (person, session, id_token)| {
            async move {
                let (now, keys) = (tx.now(), tx.keys(Owner::Person(person.0)).await?);
                let sealed = keys.seal(tx.random().as_ref(), SESSION_TABLE, session.0, id_token.as_bytes())?;
                tx.execute(SESSION_PRUNE, args![now]).await?;
                tx.execute(SESSION_INSERT, args![*session, *person, sealed, now + DAY_MS]).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// The ID token of a session that began at the provider.
    pub async fn psc_session(&self, session: SessionId) -> Result<Option<String>> {
        let Some(row) = self.read().await?.fetch_optional(SESSION_SELECT, args![session]).await? else { return Ok(None) };
        let keys = self.keys(Owner::Person(row.int(0)?)).await?;
        let plain = keys.open(SESSION_TABLE, session.0, &row.bytes(1)?)?;
        String::from_utf8(plain).map(Some).map_err(|_| Error::Corrupt("id token"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rpps_numbers_have_an_idnps() {
        assert_eq!(idnps("10000001916"), "810000001916");
        assert_eq!(idnps("EDIT-7"), "EDIT-7");
    }
}
