//! A clock that a test moves: lines of `advance SECONDS` on a Unix socket. Only demonstrations and tests have one.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use anyhow::Context;
use store::{Clock, SystemClock};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
};

/// The system's time plus what was advanced.
#[derive(Debug, Default)]
pub struct MovedClock {
    ahead_ms: AtomicI64,
}

impl Clock for MovedClock {
    fn now_ms(&self) -> i64 {
        SystemClock.now_ms() + self.ahead_ms.load(Ordering::Relaxed)
    }
}

/// Listens on `socket` for the life of the process. Fails when the socket cannot be made.
pub fn controlled(socket: &Path) -> anyhow::Result<Arc<MovedClock>> {
    let clock = Arc::new(MovedClock::default());
    let listener = UnixListener::bind(socket).with_context(|| format!("making {}", socket.display()))?;
    let moved = clock.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let moved = moved.clone();
            tokio::spawn(async move { obey(stream, &moved).await });
        }
    });
    Ok(clock)
}

async fn obey(stream: UnixStream, clock: &MovedClock) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 0 {
        let seconds = line.strip_prefix("advance ").and_then(|rest| rest.trim().parse::<i64>().ok());
        let answer = match seconds {
            Some(seconds) => {
                clock.ahead_ms.fetch_add(seconds.saturating_mul(1000), Ordering::Relaxed);
                "ok\n"
            }
            None => "expected: advance SECONDS\n",
        };
        stream.write_all(answer.as_bytes()).await?;
        line.clear();
    }
    Ok(())
}
