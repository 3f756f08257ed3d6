//! Another operator of the trust space, in process, over real TLS: the relay's own receiving side with a gate in memory.
//! Its certificate, ours, the authority and the signed list are made for the tests.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use relay::receive::{Receiver, ReceiverOptions, Settings};
use relay::testing::{Leaf, ListSigner, TestAuthority, TestGate, list_xml};
use relay::trust::{Crls, Identity, Trust, TrustBook, list};
use store::testing::{Engine, START_MS, TempDir};
use tokio::{net::TcpListener, sync::watch};

use crate::harness::TestApp;

/// Our certificate's name.
pub const OURS: &str = "CN=mx.pli.mssante.example,OU=347976684200725,O=OPERATEUR PLI,C=FR";
/// The other operator's.
pub const THEIRS: &str = "CN=mx.autre.mssante.example,OU=347976684200726,O=OPERATEUR AUTRE,C=FR";

/// Who stands for what.
pub const ENTRIES: &[(&str, &str)] = &[
    ("medecin.mssante.example", OURS),
    ("autre.mssante.example", THEIRS),
    ("mssante.apicrypt.example", THEIRS),
    ("muet.mssante.example", THEIRS),
    ("patient.mssante.fr", THEIRS),
];

pub static AUTHORITY: LazyLock<TestAuthority> = LazyLock::new(|| TestAuthority::new("IGC-ESSAI"));
pub static SIGNER: LazyLock<ListSigner> = LazyLock::new(|| ListSigner::new(&AUTHORITY, &Leaf::new(ListSigner::SUBJECT, 7)));

/// The trust of these tests, good around the time at which their clock stands.
pub fn trust() -> Trust {
    let mut crls = Crls::default();
    let (from, until) = ((2026, 6, 1), (2027, 6, 1));
    for der in [AUTHORITY.root_crl(from, until), AUTHORITY.crl(&[], from, until)] {
        crls.offer(&der, &AUTHORITY.certificates(), START_MS).unwrap();
    }
    let authority = AUTHORITY.accepted(crls);
    let xml = SIGNER.sign(&list_xml("2026-11-22T07:00:00Z", ENTRIES));
    let list = list::verify(xml.as_bytes(), &ListSigner::policy(), &authority, START_MS).unwrap();
    Trust { list: Some(Arc::new(list)), authority: Arc::new(authority) }
}

pub fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Writes our certificate and its key.
pub fn write_identity(folder: &Path, ours: &Identity) {
    let chain: String = ours.chain.iter().map(|der| pem("CERTIFICATE", der)).collect();
    std::fs::write(folder.join("mx.pem"), chain).unwrap();
    std::fs::write(folder.join("mx.key"), pem("PRIVATE KEY", ours.key.secret_der())).unwrap();
}

/// Writes our certificate, its key and the roots; the settings that name them.
pub fn settings(folder: &Path, routes: &str) -> Vec<(String, String)> {
    write_identity(folder, &AUTHORITY.issue(&Leaf::new(OURS, 100)));
    let roots: String = AUTHORITY.certificates().iter().map(|der| pem("CERTIFICATE", der)).collect();
    std::fs::write(folder.join("roots.pem"), roots).unwrap();
    let path = |name: &str| folder.join(name).display().to_string();
    let pairs = [
        ("PLI_RELAY__CERTIFICATE_FILE", path("mx.pem")),
        ("PLI_RELAY__KEY_FILE", path("mx.key")),
        ("PLI_RELAY__HOSTNAME", "mx.pli.mssante.example".into()),
        ("PLI_RELAY__ROUTES", routes.into()),
        ("PLI_TRUST__LIST", path("liste.xml")),
        ("PLI_TRUST__SIGNER", "CN=alb.mssante.example".into()),
        ("PLI_TRUST__ROOTS_FILE", path("roots.pem")),
        ("PLI_TRUST__CRLS", path("a.crl")),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

/// The other operator, listening on loopback.
pub struct Operator {
    pub address: SocketAddr,
    pub receiver: Arc<Receiver<TestGate>>,
    _stop: watch::Sender<bool>,
}

impl Operator {
    /// One with these BALs.
    pub async fn open(addresses: &[&str]) -> Self {
        let options = ReceiverOptions {
            settings: Settings::new("mx.autre.mssante.example"),
            identity: AUTHORITY.issue(&Leaf::new(THEIRS, 200)),
            trust: Arc::new(TrustBook::new(trust())),
            clock: Arc::new(|| START_MS),
            gate: TestGate::with(addresses),
        };
        let receiver = Arc::new(Receiver::new(options).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = receiver.clone();
        tokio::spawn(async move { running.run(listener, stopped, Duration::from_secs(1)).await });
        Self { address, receiver, _stop: stop }
    }

    pub fn gate(&self) -> &TestGate {
        self.receiver.gate()
    }

    /// Our server, to which this operator's domains lead; the list is in force.
    pub async fn app(&self, engine: Engine, more: &[(&str, &str)]) -> (TestApp, TempDir) {
        let folder = TempDir::new();
        let to = self.address;
        let routes = format!(
            "autre.mssante.example={to},mssante.apicrypt.example={to},muet.mssante.example=127.0.0.1:9,patient.mssante.fr={to}"
        );
        let settings = settings(folder.path(), &routes);
        let all: Vec<(&str, &str)> =
            settings.iter().map(|(k, v)| (k.as_str(), v.as_str())).chain(more.iter().copied()).collect();
        let app = TestApp::with(engine, &all).await;
        app.state.relay.as_ref().unwrap().book.replace(trust());
        (app, folder)
    }
}
