//! What most tests begin with.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use relay::receive::{Receiver, ReceiverOptions, Settings};
use relay::testing::{Leaf, ListSigner, NOW, RawClient, TestAuthority, TestGate, list_xml};
use relay::trust::{Authority, Crls, Identity, Trust, TrustBook, list};
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Pli's own certificate.
pub const OURS: &str = "CN=mx.pli.mssante.example,OU=347976684200725,O=OPERATEUR PLI,C=FR";
/// The other operator's.
pub const THEIRS: &str = "CN=mx.autre.mssante.example,OU=347976684200726,O=OPERATEUR AUTRE,C=FR";
/// A third operator's.
pub const THIRD: &str = "CN=mx.tiers.mssante.example,OU=347976684200727,O=OPERATEUR TIERS,C=FR";

/// Who stands for what. `apicrypt.example` is no suffix of anything.
pub const ENTRIES: &[(&str, &str)] = &[
    ("pli.mssante.example", OURS),
    ("autre.mssante.example", THEIRS),
    ("mssante.apicrypt.example", THEIRS),
    ("AUTRE2.mssante.example", "C=FR, O=Operateur Autre, OU=347976684200726, CN=MX.autre.mssante.example"),
    ("hôpital.mssante.example", THEIRS),
    ("patient.mssante.example", THEIRS),
    ("tiers.mssante.example", THIRD),
];

/// One authority for all tests: keys take time to make.
pub static AUTHORITY: LazyLock<TestAuthority> = LazyLock::new(|| TestAuthority::new("IGC-ESSAI"));
/// The signer of lists.
pub static SIGNER: LazyLock<ListSigner> = LazyLock::new(|| ListSigner::new(&AUTHORITY, &Leaf::new(ListSigner::SUBJECT, 7)));

pub fn ours() -> Identity {
    AUTHORITY.issue(&Leaf::new(OURS, 100))
}

pub fn theirs() -> Identity {
    AUTHORITY.issue(&Leaf::new(THEIRS, 200))
}

/// The trust of tests: serial 666 is revoked.
pub fn trust() -> Trust {
    trust_with(AUTHORITY.crls(&[666]))
}

pub fn trust_with(crls: Crls) -> Trust {
    let xml = SIGNER.sign(&list_xml("2026-06-15T11:00:00Z", ENTRIES));
    let authority: Authority = AUTHORITY.accepted(crls);
    let list = list::verify(xml.as_bytes(), &ListSigner::policy(), &authority, NOW).unwrap();
    Trust { list: Some(Arc::new(list)), authority: Arc::new(authority) }
}

pub fn clock() -> Arc<dyn relay::Clock> {
    Arc::new(|| NOW)
}

pub fn settings() -> Settings {
    Settings {
        command_timeout: Duration::from_secs(10),
        block_timeout: Duration::from_secs(10),
        single_recipient_domains: vec!["patient.mssante.example".to_owned()],
        ..Settings::new("mx.pli.mssante.example")
    }
}

/// A receiver on loopback.
pub struct Running {
    pub address: SocketAddr,
    pub receiver: Arc<Receiver<TestGate>>,
    pub book: Arc<TrustBook>,
    pub stop: watch::Sender<bool>,
}

impl Running {
    pub fn gate(&self) -> &TestGate {
        self.receiver.gate()
    }

    /// A client that shows the other operator's certificate.
    pub async fn client(&self) -> RawClient {
        RawClient::secured(self.address, Some(&theirs())).await
    }
}

pub async fn receiver(gate: TestGate) -> Running {
    receiver_with(gate, settings(), trust()).await
}

pub async fn receiver_with(gate: TestGate, settings: Settings, trust: Trust) -> Running {
    let book = Arc::new(TrustBook::new(trust));
    let options = ReceiverOptions { settings, identity: ours(), trust: book.clone(), clock: clock(), gate };
    let receiver = Arc::new(Receiver::new(options).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = receiver.clone();
    tokio::spawn(async move { running.run(listener, stopped, Duration::from_secs(5)).await });
    Running { address, receiver, book, stop }
}

pub const BAL: &str = "dr.martin@pli.mssante.example";

pub fn letter(from: &str) -> String {
    format!("From: {from}\r\nTo: {BAL}\r\nSubject: essai\r\nMessage-ID: <m1@autre.mssante.example>\r\n\r\nBonjour")
}
