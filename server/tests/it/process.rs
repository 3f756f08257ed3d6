//! The real program in processes of its own, over the database of a `TestApp`.

use std::{path::Path, process::Stdio, time::Duration};

use store::testing::MASTER_KEY;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
};

use crate::harness::TestApp;

/// `pli` with the settings of a test server.
pub struct Pli {
    environment: Vec<(String, String)>,
}

impl Pli {
    pub fn new(app: &TestApp) -> Self {
        let data = app.folder().display().to_string();
        let key = format!("{data}.key");
        if !Path::new(&key).exists() {
            let text: String = MASTER_KEY.iter().map(|byte| format!("{byte:02x}")).collect();
            std::fs::write(&key, text).unwrap();
        }
        let environment = [
            ("PLI_SERVER__DATABASE", app.test_store.database.clone()),
            ("PLI_SERVER__DATA_DIR", data.clone()),
            ("PLI_KEYS__MASTER_FILE", key),
            ("PLI_KEYS__ANCHOR_FILE", format!("{data}.anchor.key")),
            ("PLI_SERVER__SITE_DIR", format!("{data}/no-site")),
        ];
        Self { environment: environment.into_iter().map(|(k, v)| (k.to_owned(), v)).collect() }
    }

    /// With one more setting.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        self.run(env!("CARGO_BIN_EXE_pli"), arguments)
    }

    /// Another program with the same settings, which it hands on.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).envs(self.environment.iter().cloned()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Starts the service and waits until it answers.
    pub async fn serve(&self, port: u16) -> Child {
        self.serve_by(port, env!("CARGO_BIN_EXE_pli"), &["serve"]).await
    }

    /// Starts the service by a command that becomes it.
    pub async fn serve_by(&self, port: u16, program: &str, arguments: &[&str]) -> Child {
        let mut command = self.run(program, arguments);
        command.env("PLI_SERVER__LISTEN", format!("127.0.0.1:{port}"));
        if !self.environment.iter().any(|(name, _)| name == "PLI_WEB__PUBLIC_URL") {
            command.env("PLI_WEB__PUBLIC_URL", format!("http://127.0.0.1:{port}"));
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap();
        for _ in 0..300 {
            if get(port, "/readyz").await.is_some_and(|answer| answer.contains(" 200 ")) {
                return child;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server does not answer on {port}");
    }
}

async fn exchange(port: u16, request: String) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).await.ok()?;
    let text = String::from_utf8_lossy(&raw).into_owned();
    // An answer cut off by the end of the process is none.
    let length = text.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let expected: usize = length?.trim().parse().ok()?;
    let body = text.split_once("\r\n\r\n")?.1;
    (body.len() >= expected).then_some(text)
}

async fn get(port: u16, path: &str) -> Option<String> {
    exchange(port, format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")).await
}

/// Posts a JMAP request to a process that may be killed meanwhile; none: no whole answer came.
pub async fn try_post(port: u16, authorization: &str, body: &str) -> Option<String> {
    let head = format!(
        "POST /jmap HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAuthorization: {authorization}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    exchange(port, head + body).await
}
