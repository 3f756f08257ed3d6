//! Our operator's certificate, from files that are read again when they change. Connections that are open keep what
//! they began with; new files that cannot be used change nothing and are logged.

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use anyhow::Context;
use relay::trust::{Identity, Peer};

use crate::config;

/// What tells that the files changed: length and time of each.
type Stamp = [Option<(u64, SystemTime)>; 2];

/// The files of the certificate and its key.
#[derive(Debug)]
pub struct Files {
    certificate: PathBuf,
    key: PathBuf,
    seen: Mutex<Stamp>,
    shown: Mutex<Option<Peer>>,
}

impl Files {
    /// The files of `[relay]`; none when mail is not exchanged.
    pub fn of(relay: &config::Relay) -> Option<Self> {
        let (certificate, key) = (relay.certificate_file.clone()?, relay.key_file.clone()?);
        Some(Self { certificate, key, seen: Mutex::default(), shown: Mutex::default() })
    }

    /// Reads both.
    ///
    /// # Errors
    /// Which one cannot be read.
    pub fn read(&self) -> anyhow::Result<Identity> {
        // What cannot be used is looked at again when it changes, not before.
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = self.stamp();
        let bytes = |path: &PathBuf| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
        Identity::from_pem(&bytes(&self.certificate)?, &bytes(&self.key)?)
            .map_err(|_| anyhow::anyhow!("{} or {} cannot be read as PEM", self.certificate.display(), self.key.display()))
    }

    /// Remembers the certificate that is shown from now on.
    pub fn show(&self, identity: &Identity) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = identity.describe().ok();
    }

    /// Who the certificate that is shown says we are, and until when.
    pub fn shown(&self) -> Option<Peer> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Have the files changed since they were last read?
    pub fn changed(&self) -> bool {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) != self.stamp()
    }

    fn stamp(&self) -> Stamp {
        [&self.certificate, &self.key].map(|path| {
            let found = fs::metadata(path).ok()?;
            Some((found.len(), found.modified().ok()?))
        })
    }
}
