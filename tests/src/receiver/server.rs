//! The thread with the listening sockets.
//!
//! One thread runs a current-thread runtime that owns every socket and task of
//! the receiver. To stop it is to drop that runtime: this drops all tasks and
//! with them all connections, and there is nothing that could stay behind.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    runtime,
    sync::oneshot,
    time,
};
use tonic::body::Body;

use super::{
    grpc, http,
    ledger::{Ledger, Session},
    record::Protocol,
    slow::Slow,
};

/// How long a drop waits for the thread. It has nothing to wait for itself, so
/// this passes only if the machine stands still.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 128;

/// Pause after a connection could not be accepted, as when the process has run
/// out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

#[derive(Clone, Copy)]
pub(super) struct Addresses {
    pub(super) http: SocketAddr,
    pub(super) grpc: SocketAddr,
}

pub(super) struct Server {
    pub(super) addresses: Addresses,
    /// Dropped to stop the thread.
    stop: Option<oneshot::Sender<()>>,
    /// Disconnected when the thread has dropped its runtime.
    running: mpsc::Receiver<io::Result<Addresses>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Returns once both ports accept connections.
    pub(super) fn start(http: SocketAddr, grpc: SocketAddr, ledger: Arc<Ledger>) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (started, running) = mpsc::channel();
        let thread = thread::Builder::new().name("otlp-receiver".to_owned()).spawn(move || {
            let served = runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .and_then(|runtime| runtime.block_on(serve(http, grpc, &ledger, &started, stopped)));
            if let Err(error) = served {
                // Nobody listens if the thread that started this has gone.
                let _ = started.send(Err(error));
            }
        })?;
        let started = running.recv().unwrap_or_else(|_| Err(io::Error::other("its thread panicked")));
        match started {
            Ok(addresses) => Ok(Self { addresses, stop: Some(stop), running, thread: Some(thread) }),
            Err(error) => {
                // It is about to end by itself; if it panicked, it said so.
                let _ = thread.join();
                Err(error)
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = match self.running.recv_timeout(STOP_LIMIT) {
            Err(mpsc::RecvTimeoutError::Disconnected) => self.thread.take().is_none_or(|thread| thread.join().is_ok()),
            Ok(_) | Err(mpsc::RecvTimeoutError::Timeout) => false,
        };
        // A second panic would abort the process and hide the first.
        assert!(ended || thread::panicking(), "the thread of the receiver did not end properly");
    }
}

/// Serves both ports until told to stop.
async fn serve(
    http: SocketAddr,
    grpc: SocketAddr,
    ledger: &Arc<Ledger>,
    started: &mpsc::Sender<io::Result<Addresses>>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let http = listen(http)?;
    let grpc = listen(grpc)?;
    let addresses = Addresses { http: http.local_addr()?, grpc: grpc.local_addr()? };
    let _ = started.send(Ok(addresses));
    tokio::select! {
        // Resolves with an error, as the sender is dropped.
        _ = stopped => Ok(()),
        never = accept(&http, Protocol::Http, ledger) => match never {},
        never = accept(&grpc, Protocol::Grpc, ledger) => match never {},
    }
}

/// Opens a port, also if connections of a closed receiver still linger on it.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn accept(listener: &TcpListener, protocol: Protocol, ledger: &Arc<Ledger>) -> Infallible {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let session = Session::new(protocol, Arc::clone(ledger));
                tokio::spawn(converse(stream, protocol, session));
            }
            Err(_) => time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves one connection until the client closes it or a reset is due.
async fn converse(stream: TcpStream, protocol: Protocol, session: Session) {
    // Without this, small answers may wait for an acknowledgement; it is not
    // worth losing the connection over.
    let _ = stream.set_nodelay(true);
    let builder = auto::Builder::new(TokioExecutor::new());
    let builder = match protocol {
        Protocol::Http => builder,
        // Like a real gRPC server, which understands nothing else.
        Protocol::Grpc => builder.http2_only(),
    };
    let service = service_fn(|request| answer(protocol, session.clone(), request));
    let stream = Slow::new(stream, Arc::clone(session.ledger()));
    tokio::select! {
        // An error means that the client broke the connection off.
        _ = builder.serve_connection(TokioIo::new(stream), service) => {}
        () = session.reset() => {}
    }
}

async fn answer(protocol: Protocol, session: Session, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    Ok(match protocol {
        Protocol::Http => http::answer(&session, request).await,
        Protocol::Grpc => grpc::answer(session, request).await,
    })
}
