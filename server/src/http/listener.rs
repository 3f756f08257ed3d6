//! Where connections come in: TLS when there is a certificate, otherwise plain HTTP from the loopback and from the proxies
//! that the configuration names, and from nobody else.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
    time::Duration,
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use rustls::{ServerConfig, pki_types::CertificateDer};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// Handshakes at the same time, and how long one may take.
const HANDSHAKES: usize = 256;
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Who is at the other end of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub address: SocketAddr,
    /// The certificate that it showed, leaf first; empty where none was asked for or shown. It has the key; whether it is
    /// to be believed is judged at every request.
    pub chain: Arc<[CertificateDer<'static>]>,
}

impl Connected<IncomingStream<'_, Door>> for Peer {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        let chain = match stream.io() {
            Socket::Plain(_) => None,
            Socket::Tls(tls) => tls.get_ref().1.peer_certificates(),
        };
        let chain = chain.unwrap_or_default().iter().map(|der| der.clone().into_owned()).collect();
        Self { address: *stream.remote_addr(), chain }
    }
}

/// A listener of the web service.
pub enum Door {
    Plain { listener: TcpListener, proxies: Vec<IpAddr> },
    Tls { accepted: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>, address: SocketAddr },
}

impl Door {
    /// A door that speaks plain HTTP, to the loopback and `proxies` only.
    pub fn plain(listener: TcpListener, proxies: Vec<IpAddr>) -> Self {
        Self::Plain { listener, proxies }
    }

    /// A door that speaks TLS. Handshakes run beside each other: a slow one keeps nobody waiting.
    ///
    /// # Errors
    /// When the listener has no address.
    pub fn tls(listener: TcpListener, server: Arc<ServerConfig>) -> io::Result<Self> {
        let (address, (sender, accepted)) = (listener.local_addr()?, mpsc::channel(64));
        tokio::spawn(handshakes(listener, TlsAcceptor::from(server), sender));
        Ok(Self::Tls { accepted, address })
    }
}

/// Accepts until nobody takes what is accepted.
async fn handshakes(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    sender: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let (stream, address) = tokio::select! {
            () = sender.closed() => return,
            accepted = Listener::accept(&mut listener) => accepted,
        };
        at_once(&stream);
        let (acceptor, sender) = (acceptor.clone(), sender.clone());
        tokio::spawn(async move {
            let shaken = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await;
            drop(place);
            match shaken {
                Ok(Ok(stream)) => drop(sender.send((stream, address)).await),
                Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            }
        });
    }
}

/// An answer is written at once: waiting to fill packets would cost up to 40 ms.
fn at_once(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

impl Listener for Door {
    type Io = Socket;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Socket, SocketAddr) {
        match self {
            Self::Plain { listener, proxies } => loop {
                let (stream, address) = Listener::accept(listener).await;
                let from = address.ip().to_canonical();
                if from.is_loopback() || proxies.contains(&from) {
                    at_once(&stream);
                    return (Socket::Plain(stream), address);
                }
                tracing::debug!("a connection that comes neither over TLS nor from a known proxy was closed");
            },
            Self::Tls { accepted, .. } => match accepted.recv().await {
                Some((stream, address)) => (Socket::Tls(Box::new(stream)), address),
                None => std::future::pending().await,
            },
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain { listener, .. } => listener.local_addr(),
            Self::Tls { address, .. } => Ok(*address),
        }
    }
}

/// A connection, whichever way it came in.
pub enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

macro_rules! through {
    ($socket:expr, $call:ident, $($argument:expr),*) => {
        match $socket.get_mut() {
            Socket::Plain(stream) => Pin::new(stream).$call($($argument),*),
            Socket::Tls(stream) => Pin::new(stream.as_mut()).$call($($argument),*),
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, context: &mut task::Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        through!(self, poll_read, context, into)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut task::Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        through!(self, poll_write, context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        through!(self, poll_flush, context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<io::Result<()>> {
        through!(self, poll_shutdown, context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        through!(self, poll_write_vectored, context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
