//! Servers and clients over loopback sockets, that are captured with the test they belong to.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use http::{Request, Response, Version};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use otel_runtime::context::{FutureExt, InContext};
use otel_runtime::testing::Captured;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tower::Service;

/// A server with a service of its own for each connection.
#[derive(Debug)]
pub struct Serving {
    pub address: SocketAddr,
    stop: watch::Sender<()>,
    accepting: JoinHandle<()>,
}

/// Serves HTTP/1.1 and HTTP/2 on a port that is free, under the current context.
pub async fn serve<S, B>(service: S) -> Serving
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let (stop, mut stopped) = watch::channel(());
    let accepting = tokio::spawn(
        async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let (socket, peer) = accepted.expect("a connection is accepted");
                        let service = TowerToHyperService::new(WithPeer { service: service.clone(), peer, context: otel_runtime::opentelemetry::Context::current() });
                        connections.spawn(
                            async move {
                                // A client that goes away is an error to hyper, and what the tests are about.
                                let _ = auto::Builder::new(TokioExecutor::new()).serve_connection_with_upgrades(TokioIo::new(socket), service).await;
                            }
                            .with_current_context(),
                        );
                    }
                    _ = stopped.changed() => break,
                }
            }
            while connections.join_next().await.is_some() {}
        }
        .with_current_context(),
    );
    Serving { address, stop, accepting }
}

impl Serving {
    /// Waits until every connection has ended, which the clients' ends must have.
    pub async fn end(self) {
        drop(self.stop);
        self.accepting.await.expect("no task of the server panics");
    }
}

/// Tells a service who is at the other end, as axum's own server does, and calls it in the context of the test: of HTTP/2, hyper has a task for
/// each request.
#[derive(Clone, Debug)]
struct WithPeer<S> {
    service: S,
    peer: SocketAddr,
    context: otel_runtime::opentelemetry::Context,
}

impl<S: Service<Request<Incoming>>> Service<Request<Incoming>> for WithPeer<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = InContext<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(task)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.service.call(request).with_context(self.context.clone())
    }
}

/// A connection of a client that nobody instruments.
#[derive(Debug)]
pub enum Connection {
    One(hyper::client::conn::http1::SendRequest<Empty<Bytes>>, JoinHandle<()>),
    Two(hyper::client::conn::http2::SendRequest<Empty<Bytes>>, JoinHandle<()>),
}

impl Connection {
    pub async fn open(address: SocketAddr, version: Version) -> Self {
        let socket = TokioIo::new(TcpStream::connect(address).await.expect("the server is there"));
        if version == Version::HTTP_2 {
            let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.expect("it speaks HTTP/2");
            let driving = async move { connection.await.unwrap_or_default() };
            return Self::Two(sender, tokio::spawn(driving));
        }
        let (sender, connection) = hyper::client::conn::http1::handshake(socket).await.expect("it speaks HTTP/1.1");
        let driving = async move { connection.with_upgrades().await.unwrap_or_default() };
        Self::One(sender, tokio::spawn(driving))
    }

    pub async fn send(&mut self, request: Request<Empty<Bytes>>) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::One(sender, _) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Self::Two(sender, _) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    /// Closes the connection, whatever is under way.
    pub async fn close(self) {
        match self {
            Self::One(sender, driving) => {
                drop(sender);
                driving.abort();
                let _ = driving.await;
            }
            Self::Two(sender, driving) => {
                drop(sender);
                driving.abort();
                let _ = driving.await;
            }
        }
    }
}

/// A request as a test writes it: the URL is that of the server, with this path.
pub fn get(address: SocketAddr, path: &str) -> http::request::Builder {
    Request::get(format!("http://{address}{path}")).header("host", "shop.example:8080")
}

/// The answer to one request over a connection of its own, with its whole body.
pub async fn answer(address: SocketAddr, version: Version, request: http::request::Builder) -> (http::response::Parts, Bytes) {
    let mut connection = Connection::open(address, version).await;
    let mut request = request.body(Empty::new()).expect("the request can be sent");
    if version == Version::HTTP_2 {
        request.headers_mut().remove("host");
    } else {
        // As clients send it: the path alone.
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).parse().expect("a path is one");
        *request.uri_mut() = path;
    }
    let response = connection.send(request).await.expect("there is a response");
    let (parts, body) = response.into_parts();
    let body = body.collect().await.expect("the body has an end").to_bytes();
    connection.close().await;
    (parts, body)
}

/// The attributes of the only span with a name, as `key=value`, in their order, without those of this run.
pub fn attributes(captured: &Captured, name: &str) -> Vec<String> {
    let own = ["network.peer.port", "server.port"];
    let attributes = captured.one(name).attributes.iter().filter(|attribute| !own.contains(&attribute.key.as_str()));
    attributes.map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
}

/// Polls a body until its first frame, and gives what is left of it.
pub async fn first_frame<B>(mut body: B) -> B
where
    B: http_body::Body + Unpin,
    B::Error: std::fmt::Debug,
{
    let frame = std::future::poll_fn(|task| Pin::new(&mut body).poll_frame(task)).await;
    frame.expect("there is a frame").expect("the frame is whole");
    body
}

/// A body that is sent as it is given to the channel.
pub fn streamed(buffer: usize) -> (mpsc::Sender<Result<Frame<Bytes>, std::io::Error>>, Body) {
    let (sender, mut receiver) = mpsc::channel(buffer);
    let stream = async_stream(move |task| receiver.poll_recv(task));
    (sender, Body::new(StreamBody::new(stream)))
}

/// A stream of what a closure gives when it is polled.
fn async_stream<T>(
    poll: impl FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<T>> + Unpin,
) -> impl futures_core::Stream<Item = T> {
    struct Polled<F>(F);
    impl<T, F: FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<T>> + Unpin> futures_core::Stream for Polled<F> {
        type Item = T;

        fn poll_next(mut self: std::pin::Pin<&mut Self>, task: &mut std::task::Context<'_>) -> std::task::Poll<Option<T>> {
            (self.0)(task)
        }
    }
    Polled(poll)
}
