//! HTTPS by ourselves: TLS 1.2 and 1.3 with a certificate from files that are read again when they change. Connections
//! that are open keep what they began with; a new file that cannot be used changes nothing and is logged.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
    time::{Duration, SystemTime},
};

use anyhow::{Context, bail};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use tokio::signal::unix::{SignalKind, signal};

use crate::{config::portal, state::State};

/// The certificate that new connections are shown.
#[derive(Debug)]
pub struct Certificate {
    files: [PathBuf; 2],
    current: RwLock<Arc<CertifiedKey>>,
}

/// What tells that the files changed: length and time of each.
type Stamp = [Option<(u64, SystemTime)>; 2];

impl Certificate {
    /// Reads the files of `[tls]`; none when TLS is not spoken.
    ///
    /// # Errors
    /// One sentence: which file cannot be read, or that key and certificate do not belong together.
    pub fn open(tls: &portal::Tls) -> anyhow::Result<Option<Arc<Self>>> {
        let Some((certificate, key)) = tls.files()? else { return Ok(None) };
        let current = RwLock::new(Arc::new(read(certificate, key)?));
        Ok(Some(Arc::new(Self { files: [certificate.to_owned(), key.to_owned()], current })))
    }

    /// What a listener speaks with it.
    ///
    /// # Errors
    /// When the versions of TLS are not ours to speak.
    pub fn server(self: &Arc<Self>) -> anyhow::Result<Arc<ServerConfig>> {
        let mut server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(self.clone());
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(server))
    }

    /// The same, which asks who connects for a certificate as well; nobody has to show one.
    ///
    /// # Errors
    /// As above.
    pub fn server_for_software(self: &Arc<Self>) -> anyhow::Result<Arc<ServerConfig>> {
        let mut server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
            .with_client_cert_verifier(relay::receive::ask_only())
            .with_cert_resolver(self.clone());
        server.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(server))
    }

    fn stamp(&self) -> Stamp {
        [0, 1].map(|at| {
            let found = fs::metadata(&self.files[at]).ok()?;
            Some((found.len(), found.modified().ok()?))
        })
    }

    /// Reads the files again.
    fn reload(&self) {
        match read(&self.files[0], &self.files[1]) {
            Ok(new) => {
                let digest = new.cert.first().map(|leaf| fingerprint(leaf)).unwrap_or_default();
                match self.current.write() {
                    Ok(mut current) => *current = Arc::new(new),
                    Err(poisoned) => *poisoned.into_inner() = Arc::new(new),
                }
                tracing::info!(fingerprint = digest, "a new certificate is used from now on");
            }
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "the new certificate cannot be used: the old one stays")
            }
        }
    }

    /// Looks at the files until the process stops; SIGHUP makes it read them at once.
    pub async fn watch(self: Arc<Self>, state: State) {
        let mut seen = self.stamp();
        let every = Duration::from_secs(state.config.tls.check_seconds.into());
        let Ok(mut hangups) = signal(SignalKind::hangup()) else { return };
        loop {
            let asked = tokio::select! {
                () = state.closed() => return,
                () = tokio::time::sleep(every) => false,
                _ = hangups.recv() => true,
            };
            let stamp = self.stamp();
            if asked || stamp != seen {
                seen = stamp;
                self.reload();
            }
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        match self.current.read() {
            Ok(current) => Some(current.clone()),
            Err(poisoned) => Some(poisoned.into_inner().clone()),
        }
    }
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<CertifiedKey> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .with_context(|| format!("`tls.certificate_file` {} cannot be read as PEM", certificate.display()))?;
    if chain.is_empty() {
        bail!("`tls.certificate_file` {} holds no certificate", certificate.display());
    }
    let secret = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("`tls.key_file` {} cannot be read as PEM", key.display()))?;
    CertifiedKey::from_der(chain, secret, &aws_lc_rs::default_provider())
        .with_context(|| format!("{} is not the key of {}", key.display(), certificate.display()))
}

/// What people compare: the first bytes of the SHA-256.
fn fingerprint(leaf: &[u8]) -> String {
    Sha256::digest(leaf).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
