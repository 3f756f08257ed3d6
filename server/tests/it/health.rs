//! `/readyz`: what a load balancer may rely on.

use std::{fs, time::Duration};

use store::testing::Engine;

use crate::{harness::TestApp, on_both};

on_both! {
    a_part_that_fails_is_told_and_comes_back
}

async fn ready(app: &TestApp) -> (u16, String) {
    // An answer is kept for two seconds.
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let answer = app.send("GET", "/readyz", &[], b"").await;
    (answer.status, answer.text())
}

async fn a_part_that_fails_is_told_and_comes_back(engine: Engine) {
    let app = TestApp::new(engine).await;
    assert_eq!(ready(&app).await, (200, "ok\n".to_owned()));
    // A file in the folder's place: root may write wherever permissions forbid it.
    let (blobs, aside) = (app.folder().join("blobs"), app.folder().join("aside"));
    fs::rename(&blobs, &aside).unwrap();
    fs::write(&blobs, "").unwrap();
    assert_eq!(ready(&app).await, (503, "not ready\n".to_owned()));
    assert_eq!(app.send("GET", "/healthz", &[], b"").await.status, 200, "the process is alive all the same");
    fs::remove_file(&blobs).unwrap();
    fs::rename(&aside, &blobs).unwrap();
    assert_eq!(ready(&app).await.0, 200);
}
