//! From a configuration to a running service: keys, store, state, listeners, and an orderly end.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, bail};
use ed25519_dalek::SigningKey;
use store::{Clock, Options, Random, Store, SystemRandom};
use tokio::{net::TcpListener, sync::watch};
use zeroize::Zeroizing;

use crate::{
    auth::{passkeys::Passkeys, password::Passwords, psc::Psc},
    config::{Config, Role},
    http::{
        assets::Assets,
        health::Health,
        jmap::Gates,
        listener::{Door, Peer},
        routes,
    },
    jobs,
    notices::Mailer,
    relay::{self, Relay},
    scan::Scanner,
    sms::Sms,
    state::{Shared, State},
    telemetry::Metrics,
    tls::Certificate,
};

/// How long running requests get when the process is asked to stop.
const LAST_MOMENTS: Duration = Duration::from_secs(10);

/// Reads a key of 32 bytes written as 64 hexadecimal digits. None when there is no such file.
fn read_key(path: &Path) -> anyhow::Result<Option<Zeroizing<[u8; 32]>>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let (mut key, digits) = (Zeroizing::new([0; 32]), text.trim().as_bytes());
    if digits.len() != 64 {
        bail!("{} must hold 64 hexadecimal digits", path.display());
    }
    for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        *byte =
            u8::from_str_radix(pair, 16).with_context(|| format!("{} must hold 64 hexadecimal digits", path.display()))?;
    }
    Ok(Some(key))
}

/// Writes a new key, for the owner's eyes only. Fails when the file exists.
fn write_key(path: &Path, key: &[u8; 32]) -> anyhow::Result<()> {
    let text = Zeroizing::new(key.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")) + "\n");
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(())
}

fn new_key(random: &dyn Random) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    random.fill(key.as_mut());
    key
}

/// The key that signs anchors; made when there is none yet.
///
/// # Errors
/// When the file cannot be read or written.
pub fn anchor_key(config: &Config) -> anyhow::Result<SigningKey> {
    let path = &config.keys.anchor_file;
    if let Some(key) = read_key(path)? {
        return Ok(SigningKey::from_bytes(&key));
    }
    let key = new_key(&SystemRandom);
    write_key(path, &key).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(SigningKey::from_bytes(&key))
}

/// Opens the store and runs the migrations. The master key is made with a new database, never for an old one.
///
/// # Errors
/// When the key is missing or unreadable, the database cannot be opened, or its schema is newer.
pub async fn open_store(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Store> {
    let path = &config.keys.master_file;
    let found = read_key(path)?;
    let master_key = found.clone().unwrap_or_else(|| new_key(&SystemRandom));
    let options = Options {
        database: config.server.database.reveal().to_owned(),
        data_dir: config.server.data_dir.clone(),
        blobs: config.server.blobs.clone(),
        master_key: master_key.clone(),
        clock,
        random: Arc::new(SystemRandom),
    };
    let store = Store::open(options).await.context("cannot open the database")?;
    if found.is_none() {
        if store.schema_version().await? > 0 {
            bail!("{} is missing: what this database holds cannot be read without its master key", path.display());
        }
        write_key(path, &master_key).with_context(|| format!("cannot write the master key {}", path.display()))?;
        tracing::warn!(file = %path.display(), "a master key was made: keep a copy apart from the backups");
    }
    store.migrate().await.context("cannot migrate the database")?;
    Ok(store)
}

/// The state of a process over an open store, and the switch that asks it to stop.
///
/// # Errors
/// When a part of the configuration cannot be used.
pub fn state(config: Config, store: Store, clock: Arc<dyn Clock>) -> anyhow::Result<(State, watch::Sender<bool>)> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // Rendering pages needs an executor; setting it twice is the same one.
    let _ = any_spawner::Executor::init_tokio();
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let (stop, closing) = watch::channel(false);
    let assets = match &config.server.site_dir {
        Some(folder) => Assets::from_folder(folder).context("cannot read `server.site_dir`")?,
        None => Assets::load().context("cannot read the site")?,
    };
    let state = State::new(Shared {
        mailer: Mailer::new(&config.smtp)?,
        sms: Sms::new(&config.sms)?,
        passwords: Passwords::new(config.limits.hashing_at_once, &*random)?,
        passkeys: Passkeys::new(&config)?,
        psc: Psc::new(&config.psc)?,
        relay: Relay::new(&config, &clock)?,
        scanner: Scanner::new(&config.scan),
        metrics: Metrics::default(),
        gates: Gates::default(),
        health: Health::default(),
        config: Arc::new(config),
        store,
        clock,
        random,
        assets,
        closing,
    });
    Ok((state, stop))
}

/// Serves until the state is closed, then lets running requests end.
///
/// # Errors
/// When a listener fails.
pub async fn serve(state: State, listeners: Vec<TcpListener>) -> anyhow::Result<()> {
    let mut tasks = tokio::task::JoinSet::new();
    let certificate = Certificate::open(&state.config.tls)?;
    if let Some(certificate) = &certificate {
        tokio::spawn(certificate.clone().watch(state.clone()));
    }
    for listener in listeners {
        let app = routes::router(state.clone()).into_make_service_with_connect_info::<Peer>();
        let closing = state.clone();
        let door = match &certificate {
            Some(certificate) => Door::tls(listener, certificate.server()?)?,
            None => Door::plain(listener, state.config.web.trusted_proxies.clone()),
        };
        let server = axum::serve(door, app).with_graceful_shutdown(async move { closing.closed().await });
        tasks.spawn(server.into_future());
    }
    for address in state.config.tls.software_listen.iter().filter(|_| state.config.has(Role::Web)) {
        let certificate = certificate.as_ref().context("`tls.software_listen` wants `tls.certificate_file`")?;
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let app = routes::router(state.clone()).into_make_service_with_connect_info::<Peer>();
        let (closing, door) = (state.clone(), Door::tls(listener, certificate.server_for_software()?)?);
        tasks.spawn(axum::serve(door, app).with_graceful_shutdown(async move { closing.closed().await }).into_future());
    }
    if let Some(address) = state.config.server.metrics {
        let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
        let app = routes::metrics_router(state.clone());
        let closing = state.clone();
        tasks.spawn(axum::serve(listener, app).with_graceful_shutdown(async move { closing.closed().await }).into_future());
    }
    let last_moments = async {
        state.closed().await;
        tokio::time::sleep(LAST_MOMENTS).await;
    };
    tokio::select! {
        () = last_moments => {}
        outcome = async {
            if tasks.is_empty() {
                state.closed().await;
            }
            while let Some(ended) = tasks.join_next().await {
                ended.context("a listener died")??;
            }
            anyhow::Ok(())
        } => outcome?,
    }
    Ok(())
}

/// Opens the listeners of the configuration.
///
/// # Errors
/// When an address is taken or not ours.
pub async fn listen(config: &Config) -> anyhow::Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    let web = config.server.listen.iter().filter(|_| config.has(Role::Web));
    for address in web {
        listeners.push(TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?);
    }
    Ok(listeners)
}

/// A whole service, from its configuration until SIGTERM or SIGINT. `ready` runs once it listens.
///
/// # Errors
/// Everything that keeps it from starting.
pub async fn run(config: Config, clock: Arc<dyn Clock>, ready: impl FnOnce(&State)) -> anyhow::Result<()> {
    Certificate::open(&config.tls)?;
    let listeners = listen(&config).await?;
    let mail_listeners = relay::listen(&config).await?;
    let store = open_store(&config, clock.clone()).await?;
    let (state, stop) = state(config, store, clock)?;
    if !state.mailer.is_configured() {
        tracing::warn!("`smtp.url` is not set: one-time codes cannot be sent, so nobody can sign in");
    }
    relay::restore(&state).await?;
    if state.config.has(Role::Jobs) {
        jobs::spawn(&state);
    }
    let mail = tokio::spawn(relay::run(state.clone(), mail_listeners)?);
    for listener in &listeners {
        tracing::info!(address = ?listener.local_addr().ok(), "listening");
    }
    ready(&state);
    tokio::spawn(async move {
        stopped().await;
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    serve(state, listeners).await?;
    mail.await.context("mail between operators died")
}

/// Returns when the process is asked to stop.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_once_and_read_back() {
        let folder = std::env::temp_dir().join(format!("pli-keys-{}", std::process::id()));
        let path = folder.join("master.key");
        assert!(read_key(&path).unwrap().is_none());
        write_key(&path, &[0xA7; 32]).unwrap();
        assert!(write_key(&path, &[0; 32]).is_err());
        assert_eq!(**read_key(&path).unwrap().as_ref().unwrap(), [0xA7; 32]);
        fs::write(&path, "short").unwrap();
        assert!(read_key(&path).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
