//! Stands between a client and a server, hears what the client says, and may speak TLS with it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// A port on loopback whose connections go on to another. Dropping it closes the port and all connections.
#[derive(Debug)]
pub struct Relay {
    address: SocketAddr,
    heard: Heard,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What clients sent, of all connections, as it came.
type Heard = Arc<Mutex<Vec<u8>>>;

impl Relay {
    /// Passes on to `target` what it hears, after taking off the TLS if there is a configuration for it.
    ///
    /// # Panics
    ///
    /// If no port can be opened.
    #[must_use]
    pub fn start(target: SocketAddr, tls: Option<ServerConfig>) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        listener.set_nonblocking(true).expect("a socket can be non-blocking");
        let address = listener.local_addr().expect("the port is open");
        let (heard, (stop, stopped)) = (Heard::default(), oneshot::channel());
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let noted = Arc::clone(&heard);
        let thread = thread::Builder::new().name("relay".to_owned()).spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("the socket is non-blocking");
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, target, tls, noted) => {}
                }
            });
        });
        Self { address, heard, stop: Some(stop), thread: Some(thread.expect("a thread can be started")) }
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether a client said this, in any connection.
    #[must_use]
    pub fn heard(&self, text: &str) -> bool {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// How much clients said.
    #[must_use]
    pub fn bytes_heard(&self) -> usize {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().is_none_or(|thread| thread.join().is_ok());
        assert!(ended || thread::panicking(), "the thread of the relay panicked");
    }
}

async fn accept(listener: TcpListener, target: SocketAddr, tls: Option<TlsAcceptor>, heard: Heard) {
    loop {
        let Ok((client, _)) = listener.accept().await else { continue };
        let (tls, heard) = (tls.clone(), Arc::clone(&heard));
        // How a connection ends is for its two sides to judge.
        tokio::spawn(async move {
            let server = TcpStream::connect(target).await?;
            match tls {
                None => pass_on(client, server, heard).await,
                Some(tls) => pass_on(tls.accept(client).await?, server, heard).await,
            }
        });
    }
}

async fn pass_on(client: impl AsyncRead + AsyncWrite, server: TcpStream, heard: Heard) -> io::Result<()> {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from_client.read(&mut buffer).await?;
            heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..length]);
            if length == 0 {
                return to_server.shutdown().await;
            }
            to_server.write_all(&buffer[..length]).await?;
        }
    };
    let back = async {
        copy(&mut from_server, &mut to_client).await?;
        to_client.shutdown().await
    };
    tokio::try_join!(there, back).map(|_| ())
}
