//! Passwords: Argon2id (RFC 9106), never on a thread that serves requests, few at a time.

pub mod rule;

use std::sync::Arc;

use anyhow::{Context, anyhow};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use store::Random;
use tokio::sync::Semaphore;

/// OWASP's Password Storage Cheat Sheet (2025): Argon2id with 19 MiB, 2 passes, 1 lane at least.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes and checks passwords with a bound on memory and processors.
#[derive(Clone)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
    /// The hash of nothing anyone knows: checked when the login is unknown, so that the answer takes as long.
    dummy: Arc<str>,
}

fn argon() -> anyhow::Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow!("argon2 parameters: {error}"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &[u8], salt: &[u8]) -> anyhow::Result<String> {
    let hash: PasswordHash = argon()?.hash_password_with_salt(password, salt).map_err(|error| anyhow!("argon2: {error}"))?;
    Ok(hash.to_string())
}

impl Passwords {
    /// Takes how many may be checked at once.
    ///
    /// # Errors
    /// If Argon2 refuses its parameters.
    pub fn new(at_once: usize, random: &dyn Random) -> anyhow::Result<Self> {
        let (mut secret, mut salt) = ([0; 32], [0; 16]);
        random.fill(&mut secret);
        random.fill(&mut salt);
        Ok(Self { at_once: Arc::new(Semaphore::new(at_once.max(1))), dummy: hash_now(&secret, &salt)?.into() })
    }

    /// The PHC string to store.
    ///
    /// # Errors
    /// If the hashing thread dies.
    pub async fn hash(&self, password: &str, random: &dyn Random) -> anyhow::Result<String> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        let password = password.to_owned();
        self.heavy(move || hash_now(password.as_bytes(), &salt)).await?
    }

    /// Is `password` the one hashed? With no hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// If the hashing thread dies.
    pub async fn check(&self, password: &str, hash: Option<&str>) -> anyhow::Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.dummy).to_owned();
        let password = password.to_owned();
        let equal = self
            .heavy(move || match PasswordHash::new(&hash) {
                Ok(parsed) => argon2_verify(password.as_bytes(), &parsed),
                Err(_) => false,
            })
            .await?;
        Ok(known && equal)
    }

    async fn heavy<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> anyhow::Result<T> {
        let _permit = self.at_once.acquire().await.context("hashing was stopped")?;
        tokio::task::spawn_blocking(work).await.context("hashing died")
    }
}

fn argon2_verify(password: &[u8], hash: &PasswordHash) -> bool {
    argon().is_ok_and(|argon| argon.verify_password(password, hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::SystemRandom;

    #[tokio::test]
    async fn only_the_right_password_passes() {
        let passwords = Passwords::new(1, &SystemRandom).unwrap();
        let hash = passwords.hash("correct horse", &SystemRandom).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.check("correct horse", Some(&hash)).await.unwrap());
        assert!(!passwords.check("wrong horse", Some(&hash)).await.unwrap());
        assert!(!passwords.check("correct horse", None).await.unwrap());
    }
}
