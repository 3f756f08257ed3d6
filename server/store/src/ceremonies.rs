//! Challenges that authenticators sign (WebAuthn): sealed, for one purpose, in the browser that asked, for a few minutes.
//! Whoever takes one has it alone: it is gone, whatever comes of it.

use futures::FutureExt;
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::{Result, Store};

statements! {
    INSERT = "INSERT INTO ceremony (browser_hash, purpose, person_id, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)";
    TAKE = "DELETE FROM ceremony WHERE browser_hash = $1 AND purpose = $2 RETURNING person_id, sealed, expires_at";
    PRUNE = "DELETE FROM ceremony WHERE expires_at < $1";
}

const TABLE: &str = "ceremony";

/// What a signature is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeremonyFor {
    /// A new passkey.
    Enrol,
    SignIn,
    /// A signed-in person proves again who they are.
    Confirm,
}

impl CeremonyFor {
    fn code(self) -> &'static str {
        match self {
            Self::Enrol => "enrol",
            Self::SignIn => "sign-in",
            Self::Confirm => "confirm",
        }
    }
}

/// A challenge that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ceremony {
    /// Who it was made for; none at sign-in.
    pub person: Option<PersonId>,
    pub state: Vec<u8>,
}

/// Binds what is sealed to the browser that asked.
fn bound(browser: &[u8; 32]) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&browser[..8]);
    i64::from_be_bytes(first)
}

impl Store {
    /// Keeps what a challenge needs to be checked, for the browser whose token has this hash.
    pub async fn ceremony_begin(
        &self,
        browser: [u8; 32],
        purpose: CeremonyFor,
        person: Option<PersonId>,
        state: Vec<u8>,
        valid_ms: i64,
    ) -> Result<()> {
        let sealed = self.operator_keys().await?.seal(self.random(), TABLE, bound(&browser), &state)?;
        self.write((browser, purpose, person, sealed, valid_ms), |tx, (browser, purpose, person, sealed, valid_ms)| {
            async move {
                let expires_at = tx.now() + valid_ms;
                let row = args![browser, purpose.code(), *person, sealed, expires_at];
                tx.execute(INSERT, row).await.map(drop)
            }
            .boxed()
        })
        .await
    }

    /// Takes the challenge of a browser away. None when there is none for this purpose, or it expired.
    pub async fn ceremony_take(&self, browser: [u8; 32], purpose: CeremonyFor) -> Result<Option<Ceremony>> {
        let keys = self.operator_keys().await?;
        let row = self
            .write((browser, purpose), |tx, (browser, purpose)| {
                async move {
                    let Some(row) = tx.fetch_optional(TAKE, args![browser, purpose.code()]).await? else {
                        return Ok(None);
                    };
                    let in_time = row.int(2)? > tx.now();
                    Ok(in_time.then_some((row.opt_int(0)?, row.bytes(1)?)))
                }
                .boxed()
            })
            .await?;
        let Some((person, sealed)) = row else { return Ok(None) };
        Ok(Some(Ceremony { person: person.map(PersonId), state: keys.open(TABLE, bound(&browser), &sealed)? }))
    }
}

/// Forgets challenges that nobody signed.
pub(crate) async fn prune(tx: &mut Tx) -> Result<u64> {
    let now = tx.now();
    tx.execute(PRUNE, args![now]).await
}
