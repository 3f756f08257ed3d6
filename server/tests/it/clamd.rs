//! A small clamd: the protocol of INSTREAM over a real socket, with one virus to its name.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What it finds.
pub const VIRUS: &str = "X5O!P%@AP-ESSAI-STANDARD-ANTIVIRUS";

/// A running scanner.
pub struct Clamd {
    pub address: SocketAddr,
    down: Arc<AtomicBool>,
}

impl Clamd {
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let down = Arc::new(AtomicBool::new(false));
        let state = down.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if !state.load(Ordering::SeqCst) {
                    tokio::spawn(serve(stream));
                }
            }
        });
        Self { address, down }
    }

    /// From now on it takes connections and hangs up.
    pub fn fail(&self, so: bool) {
        self.down.store(so, Ordering::SeqCst);
    }
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    let mut command = [0; 10];
    stream.read_exact(&mut command).await?;
    if &command != b"zINSTREAM\0" {
        return stream.write_all(b"UNKNOWN COMMAND\0").await;
    }
    let mut content = Vec::new();
    loop {
        let length = stream.read_u32().await? as usize;
        if length == 0 {
            break;
        }
        let start = content.len();
        content.resize(start + length, 0);
        stream.read_exact(&mut content[start..]).await?;
    }
    let found = content.windows(VIRUS.len()).any(|window| window == VIRUS.as_bytes());
    stream.write_all(if found { b"stream: Win.Test.ESSAI-1 FOUND\0" } else { b"stream: OK\0" }).await
}
