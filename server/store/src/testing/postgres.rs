//! One PostgreSQL for the test process: made by `initdb` in a short folder, on a Unix socket only, without fsync. A
//! watcher process stops it by its pid when the test process ends, however it ends (the pipe it reads from closes).

#![allow(clippy::zombie_processes)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::sync::OnceCell;

static SERVER: OnceCell<Server> = OnceCell::const_new();
const TEMPLATE: &str = "pli_template";

struct Server {
    folder: PathBuf,
}

impl Server {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.folder.display())
    }
}

/// The folder with `initdb`, of the newest version installed.
fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed (apt-get install postgresql)")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().expect("initdb is installed")
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

fn run(command: &mut Command) {
    let out = command.stdin(Stdio::null()).output().expect("command starts");
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn start() -> Server {
    let folder = PathBuf::from(format!("/tmp/plipg{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("folder");
    run(Command::new("chmod").arg("777").arg(&folder));
    let (bin, data) = (binaries(), folder.join("d"));
    run(as_postgres(&bin.join("initdb"))
        .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", "-D"])
        .arg(&data));
    let log = std::fs::File::create(folder.join("log")).expect("log");
    let mut command = as_postgres(&bin.join("postgres"));
    command.arg("-D").arg(&data).arg("-k").arg(&folder);
    for setting in [
        "listen_addresses=",
        "fsync=off",
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=400",
        "shared_buffers=64MB",
        "autovacuum=off",
    ] {
        command.args(["-c", setting]);
    }
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("log")).stderr(log);
    // Its end is the watcher's business.
    std::mem::forget(command.spawn().expect("postgres starts"));
    watch(&folder);
    Server { folder }
}

/// Starts the watcher: it waits for the end of this process, then stops the server whose pid stands in its own file.
fn watch(folder: &Path) {
    const SCRIPT: &str = r#"cat >/dev/null; pid=$(head -n 1 "$1/d/postmaster.pid" 2>/dev/null)
        if [ -n "$pid" ]; then kill -QUIT "$pid" 2>/dev/null; sleep 0.5; fi; rm -rf "$1""#;
    let mut watcher = Command::new("setsid")
        .args(["sh", "-c", SCRIPT, "sh"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("watcher starts");
    let mut pipe = watcher.stdin.take().expect("pipe");
    pipe.flush().expect("pipe");
    // Held open until the process ends; the watcher outlives it.
    std::mem::forget((pipe, watcher));
}

async fn connect(url: &str) -> PgConnection {
    for _ in 0..200 {
        if let Ok(connection) = PgConnection::connect(url).await {
            return connection;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("PostgreSQL does not answer");
}

async fn ready() -> Server {
    let server = tokio::task::spawn_blocking(start).await.expect("PostgreSQL starts");
    let mut admin = connect(&server.url("postgres")).await;
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {TEMPLATE}"))).await.expect("template");
    let mut template = connect(&server.url(TEMPLATE)).await;
    for (number, name, sql) in crate::migrations::scripts() {
        if number == 1 {
            template.execute(crate::migrations::CREATE).await.expect("schema_version");
        }
        template.execute(sqlx::raw_sql(sql)).await.expect(name);
        let row = format!("INSERT INTO schema_version (number, name, applied_at) VALUES ({number}, '{name}', 0)");
        template.execute(AssertSqlSafe(row)).await.expect("schema_version");
    }
    template.close().await.expect("template");
    server
}

/// A new migrated database; its URL.
pub(super) async fn new_database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(ready).await;
    let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    // One copy at a time: PostgreSQL refuses to copy a template while another copies it.
    static COPYING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _turn = COPYING.lock().await;
    let mut admin = connect(&server.url("postgres")).await;
    admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}"))).await.expect("copy");
    admin.close().await.expect("close");
    server.url(&name)
}
