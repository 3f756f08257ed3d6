//! A PostgreSQL of one test's own, with fsync as in production, that may be crashed and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use store::testing::{Engine, ManualClock, SeededRandom, TempDir, TestStore};
use store::{Options, Store};
use zeroize::Zeroizing;

use crate::harness::TestApp;

pub struct OwnPostgres {
    bin: PathBuf,
    folder: PathBuf,
    server: Option<Child>,
}

impl Drop for OwnPostgres {
    fn drop(&mut self) {
        self.quit();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PostgreSQL refuses to run as root: then it runs as its own user.
fn as_postgres(program: &Path) -> Command {
    let root = Command::new("id").arg("-u").output().is_ok_and(|out| out.stdout.starts_with(b"0\n"));
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

impl OwnPostgres {
    /// An empty one, running.
    pub async fn start() -> Self {
        let mut found: Vec<PathBuf> =
            std::fs::read_dir("/usr/lib/postgresql").unwrap().map(|e| e.unwrap().path().join("bin")).collect();
        found.sort();
        let bin = found.pop().unwrap();
        let folder = PathBuf::from(format!("/tmp/pliown{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        assert!(Command::new("chmod").arg("777").arg(&folder).status().unwrap().success());
        let made = as_postgres(&bin.join("initdb"))
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D"])
            .arg(folder.join("d"))
            .stdout(Stdio::null())
            .status();
        assert!(made.unwrap().success());
        let mut postgres = Self { bin, folder, server: None };
        postgres.up().await;
        postgres
    }

    /// Starts it, and waits until it answers.
    pub async fn up(&mut self) {
        let mut command = as_postgres(&self.bin.join("postgres"));
        command.arg("-D").arg(self.folder.join("d")).arg("-k").arg(&self.folder).args(["-c", "listen_addresses="]);
        let log = std::fs::File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
        self.server = Some(command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
        for _ in 0..200 {
            let asked = Command::new(self.bin.join("pg_isready")).arg("-q").arg("-h").arg(&self.folder).status();
            if asked.unwrap().success() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("PostgreSQL does not answer");
    }

    /// Ends it as a crash does: nothing is written any more, connections break.
    pub async fn crash(&mut self) {
        self.quit();
    }

    fn quit(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let pid = std::fs::read_to_string(self.folder.join("d/postmaster.pid")).unwrap_or_default();
        if let Some(pid) = pid.lines().next() {
            let _ = Command::new("kill").args(["-QUIT", pid]).status();
        }
        let _ = server.wait();
    }

    /// A server in process over it.
    pub async fn app(&self) -> TestApp {
        let dir = TempDir::new();
        let database = format!("postgres://postgres@localhost/postgres?host={}", self.folder.display());
        let (clock, random) = (Arc::new(ManualClock::default()), Arc::new(SeededRandom::new(1)));
        let options = Options {
            database: database.clone().into(),
            data_dir: dir.path().into(),
            blobs: format!("file:{}", dir.path().join("blobs").display()),
            master_key: Zeroizing::new(store::testing::MASTER_KEY),
            clock: clock.clone(),
            random: random.clone(),
        };
        let store = Store::open(options).await.unwrap();
        store.migrate().await.unwrap();
        TestApp::over(TestStore { store, clock, random, engine: Engine::Postgres, database, dir }, &[]).await
    }
}
