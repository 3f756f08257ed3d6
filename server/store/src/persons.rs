//! Persons: who signs in. A person holds no mail; rights (`rights`) say which accounts they may open.

use futures::FutureExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use wire::id::PersonId;

use crate::db::{Tx, args, statements};
use crate::keys::Owner;
use crate::logins;
use crate::traces::{self, Actor, Chain, Trace};
use crate::{Error, Result, Store};

statements! {
    INSERT = "INSERT INTO person (person_id, sealed, created_at) VALUES ($1, $2, $3)";
    SELECT = "SELECT sealed, created_at FROM person WHERE person_id = $1";
    LOCK = "UPDATE person SET created_at = created_at WHERE person_id = $1 RETURNING sealed, created_at";
    UPDATE = "UPDATE person SET sealed = $2 WHERE person_id = $1";
    INSERT_TRACE = "INSERT INTO trace_person (person_id, from_at, to_at, sealed) VALUES ($1, $2, NULL, $3)";
}

const TABLE: &str = "person";

/// Someone to be known. Logins are MSSanté addresses, or the ordinary address of persons without a BAL.
#[derive(Debug, Clone, Default)]
pub struct NewPerson {
    pub name: String,
    pub ordinary_email: String,
    /// Verified, in the form of `wire::check::mobile`.
    pub mobile: Option<String>,
    pub logins: Vec<String>,
}

/// How a person is reached outside the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub ordinary_email: String,
    pub mobile: Option<String>,
}

/// A contact that was verified, or given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactChange {
    OrdinaryEmail(String),
    Mobile(Option<String>),
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    pub created_at: i64,
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    name: String,
    ordinary_email: String,
    #[serde(default)]
    mobile: Option<String>,
}

impl Sealed {
    fn contact(self) -> Contact {
        Contact { ordinary_email: self.ordinary_email, mobile: self.mobile }
    }
}

impl Store {
    /// Makes a person with their logins. `Conflict` on `login_pk` when a login is taken.
    pub async fn person_create(&self, actor: Actor, new: NewPerson) -> Result<PersonId> {
        let id = PersonId(self.new_id());
        self.write((actor, new, id), |tx, (actor, new, id)| insert(tx, *actor, new, *id).boxed()).await?;
        Ok(id)
    }

    /// Name of a person. `NotFound` when there is none.
    pub async fn person(&self, person: PersonId) -> Result<Person> {
        let (sealed, created_at) = self.person_sealed(person).await?;
        Ok(Person { id: person, name: sealed.name, created_at })
    }

    /// Where notices go. `NotFound` when there is no such person.
    pub async fn contact(&self, person: PersonId) -> Result<Contact> {
        let (sealed, _) = self.person_sealed(person).await?;
        Ok(sealed.contact())
    }

    /// Replaces a contact that was verified; answers those before. A login that was the ordinary address follows it.
    pub async fn contact_set(&self, actor: Actor, person: PersonId, change: ContactChange) -> Result<Contact> {
        self.write((actor, person, change), |tx, (actor, person, change)| set(tx, *actor, *person, change).boxed()).await
    }

    /// The key under which this person's browsers keep what is typed and not yet saved: the same after every sign-in,
    /// worth nothing without one.
    pub async fn draft_key(&self, person: PersonId) -> Result<[u8; 32]> {
        Ok(self.keys(Owner::Person(person.0)).await?.lookup("drafts in a browser", b""))
    }

    async fn person_sealed(&self, person: PersonId) -> Result<(Sealed, i64)> {
        let row = self.read().await?.fetch_optional(SELECT, args![person]).await?.ok_or(Error::NotFound)?;
        let keys = self.keys(Owner::Person(person.0)).await?;
        Ok((keys.open_json(TABLE, person.0, &row.bytes(0)?)?, row.int(1)?))
    }
}

async fn set(tx: &mut Tx, actor: Actor, person: PersonId, change: &ContactChange) -> Result<Contact> {
    let row = tx.fetch_optional(LOCK, args![person]).await?.ok_or(Error::NotFound)?;
    let (keys, random) = (tx.keys(Owner::Person(person.0)).await?, tx.random());
    let mut sealed: Sealed = keys.open_json(TABLE, person.0, &row.bytes(0)?)?;
    let before = Contact { ordinary_email: sealed.ordinary_email.clone(), mobile: sealed.mobile.clone() };
    let kind = match change {
        ContactChange::OrdinaryEmail(address) => {
            logins::replace(tx, &before.ordinary_email, address, person).await?;
            sealed.ordinary_email = address.clone();
            "contact-email"
        }
        ContactChange::Mobile(number) => {
            sealed.mobile = number.clone();
            "contact-mobile"
        }
    };
    tx.execute(UPDATE, args![person, keys.seal_json(random.as_ref(), TABLE, person.0, &sealed)?]).await?;
    traces::trace(tx, Chain::Person(person), Trace::done(kind, actor, None, json!({}))).await?;
    Ok(before)
}

/// Makes a person in the caller's transaction.
pub(crate) async fn insert(tx: &mut Tx, actor: Actor, new: &NewPerson, id: PersonId) -> Result<()> {
    let (now, random) = (tx.now(), tx.random());
    let keys = tx.create_keys(Owner::Person(id.0)).await?;
    let sealed = Sealed { name: new.name.clone(), ordinary_email: new.ordinary_email.clone(), mobile: new.mobile.clone() };
    tx.execute(INSERT, args![id, keys.seal_json(random.as_ref(), TABLE, id.0, &sealed)?, now]).await?;
    let trace_keys = tx.create_keys(Owner::TracePerson(id.0)).await?;
    let identity = trace_keys.seal_json(random.as_ref(), "trace_person", id.0, &(&new.name, &new.logins))?;
    tx.execute(INSERT_TRACE, args![id, now, identity]).await?;
    for login in &new.logins {
        logins::insert(tx, login, id).await?;
    }
    traces::trace(tx, Chain::Person(id), Trace::done("person-create", actor, None, json!({}))).await
}
