//! `pli demo` in the cases where something stands in its way.

use std::{net::TcpListener, path::Path, process::Stdio, time::Duration};

use store::testing::TempDir;
use tokio::process::Command;

fn demo(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pli"));
    command.args(["demo", "--data"]).arg(data).args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn what_was_interrupted_is_made_again() {
    let folder = TempDir::new();
    let data = folder.path().join("demo");
    let arguments = ["--make-only", "--messages", "60"];
    let mut first = demo(&data, &arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for _ in 0..600 {
        // In the middle: somebody is there already.
        if data.join("pli.db-wal").metadata().is_ok_and(|file| file.len() > 200_000) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.start_kill().unwrap();
    first.wait().await.unwrap();
    assert!(!data.join("DEMONSTRATION").exists());
    let second = demo(&data, &arguments).output().await.unwrap();
    assert!(second.status.success(), "{}", String::from_utf8_lossy(&second.stderr));
    assert!(data.join("DEMONSTRATION").exists());
    let token = Command::new(env!("CARGO_BIN_EXE_pli"))
        .args(["demo", "token", server::demo::corpus::people()[0].address, "--data"])
        .arg(&data)
        .output()
        .await
        .unwrap();
    assert!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
}

#[tokio::test]
async fn a_folder_of_somebody_else_is_left_alone() {
    let folder = TempDir::new();
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let output = demo(folder.path(), &["--make-only"]).output().await.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("did not make"), "{output:?}");
    assert_eq!(std::fs::read_to_string(folder.path().join("mine.txt")).unwrap(), "mine");
}

#[tokio::test]
async fn a_taken_port_is_named_before_anything_is_made() {
    let folder = TempDir::new();
    let data = folder.path().join("demo");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = demo(&data, &["--listen", "127.0.0.1:3196", "--catcher-smtp", "127.0.0.1:3197", "--catcher", &address])
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains(&address) && said.contains("--catcher"), "{said}");
    assert!(!data.exists());
}
