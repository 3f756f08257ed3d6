//! The trust space around the real program: an authority, a signed list and operators' certificates, as files that
//! `end2end/peers/authority.mjs` makes (it shares no code with ours), and another operator that keeps a ledger of what it
//! took and plays tricks while it does.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use relay::receive::{
    Acceptance, Gate, Incoming, Receiver, ReceiverOptions, RecipientQuery, Settings, Unavailable, Verdict,
};
use relay::send::{Job, JobRecipient, Mx, MxError, Outcome, Routes, Sender, SenderOptions, Timeouts};
use relay::trust::{Authority, Crls, Identity, ListPolicy, Name, Trust, TrustBook, list, read_certificates};
use store::{Clock as _, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

/// The files.
pub struct Space(PathBuf);

/// One for the whole test process.
pub fn space() -> &'static Space {
    static SPACE: LazyLock<Space> = LazyLock::new(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR"));
        forget_old(all);
        let folder = all.join(format!("space-{}", std::process::id()));
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/peers/authority.mjs");
        let made = Command::new("node").arg(script).arg(&folder).output().expect("node runs");
        assert!(made.status.success(), "npm ci in end2end first: {}", String::from_utf8_lossy(&made.stderr));
        Space(folder)
    });
    &SPACE
}

/// Removes what earlier test processes left.
fn forget_old(all: &Path) {
    for entry in std::fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix("space-") else { continue };
        if !Path::new("/proc").join(pid).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

impl Space {
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.0.join(name)).unwrap()
    }

    /// The certificate of `pli`, `autre` or `mes`.
    pub fn identity(&self, party: &str) -> Identity {
        Identity::from_pem(&self.read(&format!("{party}.pem")), &self.read(&format!("{party}.key"))).unwrap()
    }

    fn trust(&self) -> Trust {
        let roots = read_certificates(&self.read("racine.pem")).unwrap();
        let between = read_certificates(&self.read("organisations.pem")).unwrap();
        let issuers = [roots.clone(), between.clone()].concat();
        let (mut crls, now) = (Crls::default(), SystemClock.now_ms());
        for name in ["racine.crl", "organisations.crl"] {
            crls.offer(&self.read(name), &issuers, now).unwrap();
        }
        let authority = Authority::new(&roots, between, crls, true).unwrap();
        let policy = ListPolicy::new(Name::parse("CN=alb.mssante.example").unwrap());
        let list = list::verify(&self.read("liste.xml"), &policy, &authority, now).unwrap();
        Trust { list: Some(Arc::new(list)), authority: Arc::new(authority) }
    }

    /// The settings with which our program takes part: mail is taken on `listen`, that of the other operator's
    /// domains goes to `operator`. What failed is tried again at once.
    pub fn settings(&self, listen: u16, operator: SocketAddr) -> Vec<(&'static str, String)> {
        let domains = ["autre.mssante.example", "mssante.apicrypt.example"];
        let routes: Vec<String> = domains.iter().map(|domain| format!("{domain}={operator}")).collect();
        vec![
            ("PLI_RELAY__CERTIFICATE_FILE", self.path("pli.pem")),
            ("PLI_RELAY__KEY_FILE", self.path("pli.key")),
            ("PLI_RELAY__HOSTNAME", "mx.pli.mssante.example".into()),
            ("PLI_RELAY__LISTEN", format!("127.0.0.1:{listen}")),
            ("PLI_RELAY__ROUTES", routes.join(",")),
            ("PLI_RELAY_OUT__FIRST_SECONDS", "1".into()),
            ("PLI_RELAY_OUT__LEASE_SECONDS", "3".into()),
            ("PLI_TRUST__LIST", self.path("liste.xml")),
            ("PLI_TRUST__SIGNER", "CN=alb.mssante.example".into()),
            ("PLI_TRUST__ROOTS_FILE", self.path("racine.pem")),
            ("PLI_TRUST__INTERMEDIATES_FILE", self.path("organisations.pem")),
            ("PLI_TRUST__CRLS", format!("{},{}", self.path("racine.crl"), self.path("organisations.crl"))),
        ]
    }
}

/// A port that nobody listens on just now, and that no connection is given for its own end: a server that is started again
/// finds it free.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 10_000 + (std::process::id() % 200) as u16 * 100;
    let mut ports = std::iter::repeat_with(|| first + NEXT.fetch_add(1, Ordering::Relaxed) % 2_000).take(2_000);
    let is_free = |port: &u16| std::net::TcpListener::bind(("127.0.0.1", *port)).is_ok();
    ports.find(is_free).unwrap()
}

/// What the other operator does with a message beside keeping it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes it and says so.
    Good,
    /// Of every five: keeps one and says 451, keeps one and says nothing for four seconds.
    Tricky,
    /// Keeps the first copy of each and says nothing for four seconds.
    SilentOnce,
    /// Takes two seconds for every recipient.
    Slow,
}

/// What the other operator took: copies by recipient and Message-ID. It lives outside the processes that are killed.
pub struct Ledger {
    mood: Mood,
    copies: Mutex<BTreeMap<(String, String), usize>>,
    taken: AtomicUsize,
    /// Told at each RCPT.
    pub asked: Notify,
}

impl Ledger {
    /// Recipient and subject, each pair once however many copies of the same Message-ID came.
    pub fn distinct(&self) -> BTreeSet<(String, String)> {
        self.copies.lock().unwrap().keys().cloned().collect()
    }

    /// How many copies there were too many, for the next one to leave out.
    pub fn repeated(&self) -> usize {
        self.copies.lock().unwrap().values().map(|copies| copies - 1).sum()
    }
}

/// A field of a message as it came, unfolded.
pub fn field(message: &[u8], name: &str) -> String {
    let fields = mail::parse_fields(message);
    let found = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
    found.map_or(String::new(), |field| field.raw_value.trim().to_owned())
}

struct LedgerGate(Arc<Ledger>);

impl Gate for LedgerGate {
    async fn recipient(&self, query: &RecipientQuery<'_>) -> Verdict {
        self.0.asked.notify_waiters();
        if self.0.mood == Mood::Slow {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        if query.to.domain == "autre.mssante.example" { Verdict::Accept } else { Verdict::NotOurs }
    }

    async fn sent_to(&self, _: &str, _: &mail::report::About) -> Result<Vec<String>, Unavailable> {
        Ok(Vec::new())
    }

    async fn accept(&self, incoming: Incoming) -> Acceptance {
        let id = format!("{} {}", field(&incoming.data, "Subject"), field(&incoming.data, "Message-ID"));
        let mut first = true;
        for recipient in &incoming.envelope.recipients {
            let mut copies = self.0.copies.lock().unwrap();
            let copies = copies.entry((recipient.path.address.clone(), id.clone())).or_default();
            *copies += 1;
            first &= *copies == 1;
        }
        let number = self.0.taken.fetch_add(1, Ordering::SeqCst);
        let silence = Duration::from_secs(4);
        match (self.0.mood, number % 5) {
            (Mood::Tricky, 1) => return Acceptance::Later,
            (Mood::Tricky, 3) => tokio::time::sleep(silence).await,
            (Mood::SilentOnce, _) if first => tokio::time::sleep(silence).await,
            _ => {}
        }
        Acceptance::Accepted(number.to_string())
    }
}

/// The other operator, listening.
pub struct Neighbour {
    pub address: SocketAddr,
    pub ledger: Arc<Ledger>,
    _stop: watch::Sender<bool>,
}

impl Neighbour {
    pub async fn open(mood: Mood) -> Self {
        let ledger = Arc::new(Ledger { mood, copies: Mutex::default(), taken: AtomicUsize::new(0), asked: Notify::new() });
        let receiver = Receiver::new(ReceiverOptions {
            settings: Settings::new("mx.autre.mssante.example"),
            identity: space().identity("autre"),
            trust: Arc::new(TrustBook::new(space().trust())),
            clock: Arc::new(|| SystemClock.now_ms()),
            gate: LedgerGate(ledger.clone()),
        });
        let (receiver, listener) = (receiver.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(async move { receiver.run(listener, stopped, Duration::from_secs(1)).await });
        Self { address, ledger, _stop: stop }
    }
}

/// A name service that knows nothing: all routes are configured.
pub struct NoNames;

impl Mx for NoNames {
    async fn hosts(&self, _: &str) -> Result<Vec<(u16, String)>, MxError> {
        Err(MxError::NoMail)
    }

    async fn addresses(&self, _: &str) -> Result<Vec<IpAddr>, MxError> {
        Err(MxError::NoMail)
    }
}

/// The other operator as one that sends to our program on `port`.
pub fn caller(port: u16) -> Sender<NoNames> {
    let short = Duration::from_secs(20);
    Sender::new(SenderOptions {
        hostname: "mx.autre.mssante.example".into(),
        identity: space().identity("autre"),
        trust: Arc::new(TrustBook::new(space().trust())),
        clock: Arc::new(|| SystemClock.now_ms()),
        routes: Routes::new(NoNames).with("medecin.mssante.example", vec![("127.0.0.1".into(), port)]),
        timeouts: Timeouts { connect: short, greeting: short, command: short, end: short, ..Timeouts::default() },
    })
    .unwrap()
}

/// A letter of the other operator; its subject names it, its Message-ID is its own.
pub fn letter(subject: &str, to: &[String], octets: usize) -> Job {
    let line = "Compte rendu de la consultation du jour, sans particularité notable.\r\n";
    let body = line.repeat(octets.div_ceil(line.len()));
    let text = format!(
        "From: dr.durand@autre.mssante.example\r\nTo: {}\r\nSubject: {subject}\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n\
         Message-ID: <{subject}.{}@autre.mssante.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{body}",
        to.join(", "),
        std::process::id(),
    );
    Job {
        from: Some("dr.durand@autre.mssante.example".into()),
        domain: "medecin.mssante.example".into(),
        recipients: to.iter().map(JobRecipient::new).collect(),
        data: Bytes::from(text),
        envid: None,
        ret: None,
    }
}

/// Hands a letter over, again and again as an operator's queue does, until every recipient was said yes or no to.
/// The number of attempts.
pub async fn hand_over(sender: &Sender<NoNames>, mut job: Job) -> Result<usize, String> {
    for attempt in 1..400 {
        let delivery = sender.deliver(&job, &|| true).await;
        let mut outcomes = delivery.outcomes.iter();
        if let Some(Outcome::Failed { trouble, .. }) = outcomes.clone().find(|o| matches!(o, Outcome::Failed { .. })) {
            return Err(format!("{trouble:?}"));
        }
        job.recipients.retain(|_| !outcomes.next().is_some_and(Outcome::is_final));
        if job.recipients.is_empty() {
            return Ok(attempt);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err("no end".to_owned())
}
