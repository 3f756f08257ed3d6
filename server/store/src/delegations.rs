//! Delegations: who may open somebody else's BAL, as what, until when, what the holder attested and what the person
//! signed for it. A delegation that is accepted stands behind rows of `account_right`, which carry its id and change in
//! the same transaction; only they decide (`rights`). What names people is sealed under the BAL's key.
//!
//! Here what is read; `act` changes.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wire::delegation::DelegateRole;
use wire::id::{AccountId, DelegationId, PersonId};

use crate::db::{Row, Tx, args, statements};
use crate::keys::{Keys, Owner};
use crate::{Error, Result, Store};

pub mod act;

statements! {
    OF_ACCOUNT = "SELECT account_id, delegation_id, person_id, role, state, from_at, to_at, expires_at, invited_by,
        created_at, answered_at, secrecy, ended_at, used_at, national_code, sealed FROM delegation
        WHERE account_id = $1 ORDER BY delegation_id DESC";
    BY_ID = "SELECT account_id, delegation_id, person_id, role, state, from_at, to_at, expires_at, invited_by,
        created_at, answered_at, secrecy, ended_at, used_at, national_code, sealed FROM delegation
        WHERE account_id = $1 AND delegation_id = $2";
    BY_TOKEN = "SELECT account_id, delegation_id, person_id, role, state, from_at, to_at, expires_at, invited_by,
        created_at, answered_at, secrecy, ended_at, used_at, national_code, sealed FROM delegation
        WHERE token_hash = $1";
    OF_PERSON = "SELECT account_id, delegation_id, person_id, role, state, from_at, to_at, expires_at, invited_by,
        created_at, answered_at, secrecy, ended_at, used_at, national_code, sealed FROM delegation
        WHERE person_id = $1 ORDER BY delegation_id DESC";
    /// Marks it as used, at most every so often.
    USED = "UPDATE delegation SET used_at = $3 WHERE account_id = $1 AND delegation_id = $2
        AND (used_at IS NULL OR used_at <= $4)";
    ENDING = "SELECT account_id, delegation_id, person_id FROM delegation
        WHERE state = 1 AND warned = 0 AND to_at > $1 AND to_at <= $2 AND to_at - from_at > $3
        ORDER BY to_at, account_id, delegation_id LIMIT $4";
    WARN = "UPDATE delegation SET warned = 1 WHERE account_id = $1 AND delegation_id = $2 AND warned = 0";
    SIGNED = "SELECT version, body FROM signed_text WHERE digest = $1";
}

const TABLE: &str = "delegation";
/// The last use is written at most this often: writing at every request would cost more than the request.
pub const USED_EVERY_MS: i64 = 5 * 60_000;

/// How a delegation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for the person's answer.
    Invited,
    Active,
    Refused,
    /// Taken back, given up, or its time is over.
    Ended,
}

/// A text that somebody attests or signs; kept as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedText {
    /// `attestation` or `secrecy`.
    pub kind: &'static str,
    pub version: &'static str,
    pub body: String,
}

impl SignedText {
    /// SHA-256 of version and text.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest([self.version.as_bytes(), b"\n", self.body.as_bytes()].concat()).into()
    }
}

/// An invitation to make.
#[derive(Debug, Clone)]
pub struct NewDelegation {
    pub account: AccountId,
    /// Somebody known here: nobody else can accept.
    pub person: Option<PersonId>,
    /// The number that the identity provider must vouch for, of somebody who is not known yet.
    pub national_id: Option<String>,
    /// Where the invitation goes, outside the trust space.
    pub email: Option<String>,
    /// As the holder named the person.
    pub name: String,
    pub reason: String,
    pub role: DelegateRole,
    pub from_at: i64,
    pub to_at: i64,
    pub token: [u8; 32],
    /// How long one may answer.
    pub valid_ms: i64,
    pub attested: SignedText,
    /// Invitations of one BAL that wait, at most.
    pub most: i64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    name: String,
    reason: String,
    email: Option<String>,
}

/// A delegation, as its holder sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    pub account: AccountId,
    pub id: DelegationId,
    pub person: Option<PersonId>,
    pub role: DelegateRole,
    pub state: State,
    pub from_at: i64,
    pub to_at: i64,
    /// Until when one may answer.
    pub expires_at: i64,
    pub invited_by: PersonId,
    pub created_at: i64,
    pub answered_at: Option<i64>,
    /// The digest of the undertaking that the person signed; none where their status binds them.
    pub secrecy: Option<Vec<u8>>,
    pub ended_at: Option<i64>,
    pub used_at: Option<i64>,
    /// Only somebody whom the identity provider knows may accept.
    pub by_national_id: bool,
    pub name: String,
    pub reason: String,
    pub email: Option<String>,
}

impl Delegation {
    /// How it stands at `now`: nobody has to write that a time is over.
    pub fn state_at(&self, now: i64) -> State {
        match self.state {
            State::Invited if self.expires_at <= now || self.to_at <= now => State::Ended,
            State::Active if self.to_at <= now => State::Ended,
            state => state,
        }
    }

    /// When it ended, seen from `now`.
    pub fn end_at(&self, now: i64) -> Option<i64> {
        (self.state_at(now) == State::Ended).then(|| {
            self.ended_at.unwrap_or(match self.state {
                State::Invited => self.expires_at.min(self.to_at),
                _ => self.to_at,
            })
        })
    }
}

fn state(code: i64) -> State {
    match code {
        0 => State::Invited,
        1 => State::Active,
        2 => State::Refused,
        _ => State::Ended,
    }
}

fn read(keys: &Keys, row: &Row) -> Result<Delegation> {
    let id = row.int(1)?;
    let Sealed { name, reason, email } = keys.open_json(TABLE, id, &row.bytes(15)?)?;
    Ok(Delegation {
        account: AccountId(row.int(0)?),
        id: DelegationId(id),
        person: row.opt_int(2)?.map(PersonId),
        role: DelegateRole::from_code(&row.text(3)?).ok_or(Error::Corrupt("role of a delegation"))?,
        state: state(row.int(4)?),
        from_at: row.int(5)?,
        to_at: row.int(6)?,
        expires_at: row.int(7)?,
        invited_by: PersonId(row.int(8)?),
        created_at: row.int(9)?,
        answered_at: row.opt_int(10)?,
        secrecy: row.opt_bytes(11)?,
        ended_at: row.opt_int(12)?,
        used_at: row.opt_int(13)?,
        by_national_id: row.opt_bytes(14)?.is_some(),
        name,
        reason,
        email,
    })
}

/// One of an account, in the caller's reading; `NotFound`.
async fn one(tx: &mut Tx, account: AccountId, id: DelegationId) -> Result<Delegation> {
    let row = tx.fetch_optional(BY_ID, args![account, id]).await?.ok_or(Error::NotFound)?;
    read(&*tx.keys(Owner::Account(account.0)).await?, &row)
}

fn national_code(operator: &Keys, national_id: &str) -> [u8; 32] {
    operator.lookup("delegation-national", national_id.as_bytes())
}

impl Store {
    /// The delegations of a BAL, the newest first.
    pub async fn delegations(&self, account: AccountId) -> Result<Vec<Delegation>> {
        let keys = self.keys(Owner::Account(account.0)).await?;
        let rows = self.read().await?.fetch_all(OF_ACCOUNT, args![account]).await?;
        rows.iter().map(|row| read(&keys, row)).collect()
    }

    /// One of a BAL; `NotFound`.
    pub async fn delegation(&self, account: AccountId, id: DelegationId) -> Result<Delegation> {
        one(&mut self.read().await?, account, id).await
    }

    /// The one that the link of this token is about; none where its BAL was erased.
    pub async fn delegation_by_token(&self, token: [u8; 32]) -> Result<Option<Delegation>> {
        let Some(row) = self.read().await?.fetch_optional(BY_TOKEN, args![token]).await? else { return Ok(None) };
        match self.keys(Owner::Account(row.int(0)?)).await {
            Ok(keys) => read(&keys, &row).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What was delegated, or offered, to a person: the newest first.
    pub async fn delegations_received(&self, person: PersonId) -> Result<Vec<Delegation>> {
        let rows = self.read().await?.fetch_all(OF_PERSON, args![person]).await?;
        let mut list = Vec::with_capacity(rows.len());
        for row in &rows {
            match self.keys(Owner::Account(row.int(0)?)).await {
                Ok(keys) => list.push(read(&keys, row)?),
                // The BAL was erased a moment ago.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(list)
    }

    /// Is this the number that the invitation wants the identity provider to vouch for?
    pub async fn delegation_wants(&self, delegation: &Delegation, national_id: &str) -> Result<bool> {
        let code = national_code(&*self.operator_keys().await?, national_id);
        let args = args![delegation.account, delegation.id];
        let row = self.read().await?.fetch_optional(BY_ID, args).await?.ok_or(Error::NotFound)?;
        Ok(row.opt_bytes(14)?.is_some_and(|wanted| wanted == code))
    }

    /// The version and the words of a text that was signed.
    pub async fn signed_text(&self, digest: &[u8]) -> Result<Option<(String, String)>> {
        let row = self.read().await?.fetch_optional(SIGNED, args![digest]).await?;
        row.map(|row| Ok((row.text(0)?, row.text(1)?))).transpose()
    }

    /// Delegations of more than twice `ahead_ms` that end within `ahead_ms`, of which nobody was told; at most `limit`.
    pub async fn delegations_ending(&self, ahead_ms: i64, limit: u32) -> Result<Vec<(AccountId, DelegationId, PersonId)>> {
        let now = self.now();
        let args = args![now, now + ahead_ms, 2 * ahead_ms, limit];
        let rows = self.read().await?.fetch_all(ENDING, args).await?;
        rows.iter().map(|row| Ok((AccountId(row.int(0)?), DelegationId(row.int(1)?), PersonId(row.int(2)?)))).collect()
    }

    /// Takes it upon this process to tell of an end to come; false when another has.
    pub async fn delegation_warn(&self, account: AccountId, id: DelegationId) -> Result<bool> {
        self.write((account, id), |tx, (account, id)| {
            async move { Ok(tx.execute(WARN, args![*account, *id]).await? > 0) }.boxed()
        })
        .await
    }

    /// Marks a delegation as used now.
    pub async fn delegation_used(&self, account: AccountId, id: DelegationId) -> Result<()> {
        self.write((account, id), |tx, (account, id)| {
            async move {
                let now = tx.now();
                tx.execute(USED, args![*account, *id, now, now - USED_EVERY_MS]).await.map(drop)
            }
            .boxed()
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_by_its_version_and_words() {
        let text = SignedText { kind: "secrecy", version: "1", body: "Je m'engage".into() };
        assert_ne!(text.digest(), SignedText { version: "2", ..text.clone() }.digest());
        assert_ne!(text.digest(), SignedText { body: "Je m'engage.".into(), ..text.clone() }.digest());
    }
}
