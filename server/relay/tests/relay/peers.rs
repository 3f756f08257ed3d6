//! Peers that nobody here wrote: npm's smtp-server and nodemailer, with the
//! demonstration's authority and a list signed by xml-crypto (`end2end/peers`).
//! Runs where `npm ci` was done in `end2end`, and says so where not.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use relay::receive::{Receiver, ReceiverOptions, Settings, Verdict};
use relay::send::{Outcome, Routes, Sender, SenderOptions};
use relay::testing::TestGate;
use relay::trust::{Authority, Crls, Identity, ListPolicy, Name, Trust, TrustBook, list, read_certificates};
use tokio::sync::watch;

use crate::sending::{Names, job, timeouts};

struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn now() -> i64 {
    i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

fn end2end() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../end2end");
    if folder.join("node_modules/smtp-server").exists() {
        return Some(folder);
    }
    println!("not run: npm ci was not done in end2end");
    None
}

fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn demonstration(dir: &Path) -> Trust {
    let file = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let roots = read_certificates(&file("racine.pem")).unwrap();
    let between = read_certificates(&file("organisations.pem")).unwrap();
    let issuers = [roots.clone(), between.clone()].concat();
    let mut crls = Crls::default();
    for name in ["racine.crl", "organisations.crl"] {
        crls.offer(&file(name), &issuers, now()).unwrap();
    }
    let authority = Authority::new(&roots, between, crls, true).unwrap();
    let policy = ListPolicy::new(Name::parse("CN=alb.mssante.example").unwrap());
    let list = list::verify(&file("liste.xml"), &policy, &authority, now()).unwrap();
    Trust { list: Some(Arc::new(list)), authority: Arc::new(authority) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn node_receives_and_answers() {
    let Some(end2end) = end2end() else { return };
    let dir = std::env::temp_dir().join(format!("pli-peers-{}", std::process::id()));
    let made = Command::new("node").arg(end2end.join("peers/authority.mjs")).arg(&dir).status().unwrap();
    assert!(made.success());
    let trust = demonstration(&dir);
    let ours = || {
        Identity::from_pem(&std::fs::read(dir.join("pli.pem")).unwrap(), &std::fs::read(dir.join("pli.key")).unwrap())
            .unwrap()
    };

    let gate = TestGate::with(&["dr.martin@pli.mssante.example"]);
    gate.say("clos@pli.mssante.example", Verdict::Refused("Cet échange est clos.".into()));
    let book = Arc::new(TrustBook::new(trust));
    let clock: Arc<dyn relay::Clock> = Arc::new(now);
    let settings = Settings::new("mx.pli.mssante.example");
    let options = ReceiverOptions { settings, identity: ours(), trust: book.clone(), clock: clock.clone(), gate };
    let receiver = Arc::new(Receiver::new(options).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let here = listener.local_addr().unwrap();
    let (_stop, stopped) = watch::channel(false);
    let running = receiver.clone();
    tokio::spawn(async move { running.run(listener, stopped, std::time::Duration::from_secs(1)).await });

    let (smtp, web) = (free(), free());
    let child = Command::new("node")
        .arg(end2end.join("peers/operator.mjs"))
        .args(["--dir", dir.to_str().unwrap(), "--smtp", &smtp.port().to_string(), "--web", &web.port().to_string()])
        .args(["--to", &here.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut child = Stopped(child);
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("SMTP 127.0.0.1"), "{line}");

    let sender = Sender::new(SenderOptions {
        hostname: "mx.pli.mssante.example".into(),
        identity: ours(),
        trust: book,
        clock,
        routes: Routes::new(Names::default()).with("mssante.apicrypt.example", vec![("127.0.0.1".into(), smtp.port())]),
        timeouts: timeouts(),
    })
    .unwrap();
    let recipients = ["dr@mssante.apicrypt.example", "plein@mssante.apicrypt.example", "plus-tard@mssante.apicrypt.example"];
    let delivery = sender.deliver(&job("mssante.apicrypt.example", &recipients), &|| true).await;
    assert!(matches!(&delivery.outcomes[0], Outcome::Sent(sent) if sent.operator == "OPERATEUR AUTRE"), "{delivery:?}");
    assert!(matches!(&delivery.outcomes[1], Outcome::Failed { .. }), "{delivery:?}");
    assert!(matches!(&delivery.outcomes[2], Outcome::Deferred { .. }), "{delivery:?}");
    let arrived = http(web, "GET /api/messages", "").await;
    assert!(arrived.contains("dr@mssante.apicrypt.example") && arrived.contains("Bonjour"), "{arrived}");

    let answer =
        |to: &str| format!("from=dr.durand%40mssante.apicrypt.example&to={to}&subject=Re&text=Merci+..+%C3%A9t%C3%A9");
    let said = http(web, "POST /m/0", &answer("dr.martin%40pli.mssante.example")).await;
    assert!(said.contains("Accepted as m1"), "{said}");
    let said = http(web, "POST /send", &answer("clos%40pli.mssante.example")).await;
    assert!(said.contains("Cet echange est clos"), "{said}");
    let forged = answer("dr.martin%40pli.mssante.example").replace("mssante.apicrypt", "pli.mssante");
    assert!(http(web, "POST /send", &forged).await.contains("not the one listed"));
    let stored = receiver.gate().stored();
    assert_eq!((stored.len(), stored[0].operator.as_str()), (1, "OPERATEUR AUTRE"));
    let _ = std::fs::remove_dir_all(&dir);
}

async fn http(address: SocketAddr, request: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
