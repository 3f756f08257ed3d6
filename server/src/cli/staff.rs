//! `pli staff …`: who works for the operator and may see its pages. It gives no right to read mail. Every act is traced.

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use store::{Actor, Store};
use wire::id::PersonId;

use super::Place;
use crate::{clock, portal::cgu::ZONE};

/// `pli staff`.
#[derive(Subcommand)]
pub enum Staff {
    /// Somebody works for the operator from now on: the pages /admin/file and /admin/confiance are theirs.
    Add(Who),
    /// Somebody no longer works for the operator: at their next request.
    End(Who),
    /// Lists who works, or worked, for the operator.
    List(Place),
}

#[derive(Args)]
pub struct Who {
    /// What the person signs in with.
    login: String,
    #[command(flatten)]
    place: Place,
}

/// Runs `pli staff …`.
///
/// # Errors
/// When nobody signs in so, when it is so already, or the store fails.
pub async fn staff(command: Staff) -> anyhow::Result<()> {
    match command {
        Staff::List(place) => list(&place).await,
        Staff::Add(who) => {
            let (store, person) = who.open().await?;
            if !store.staff_add(Actor::COMMAND, person).await? {
                bail!("this person works for the operator already");
            }
            println!("{person}  added");
            Ok(())
        }
        Staff::End(who) => {
            let (store, person) = who.open().await?;
            if !store.staff_end(Actor::COMMAND, person).await? {
                bail!("this person does not work for the operator");
            }
            println!("{person}  ended");
            Ok(())
        }
    }
}

impl Who {
    async fn open(&self) -> anyhow::Result<(Store, PersonId)> {
        let (_, store) = self.place.open().await?;
        let login = store.login_lookup(&self.login).await?.context("nobody signs in so")?;
        Ok((store, login.person))
    }
}

async fn list(place: &Place) -> anyhow::Result<()> {
    let (_, store) = place.open().await?;
    for one in store.staff_list().await? {
        let name = store.person(one.person).await?.name;
        let until = one.ended_at.map_or("in force".to_owned(), |at| format!("ended {}", clock::local_minutes(at, ZONE)));
        println!("{}  {name}  since {}  {until}", one.person, clock::local_minutes(one.since, ZONE));
    }
    Ok(())
}
