//! Servers and clients over loopback sockets, that are captured with the test they belong to.

use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Request;
use otel_runtime::context::{FutureExt, InContext};
use otel_runtime::grpc::{Client, ClientLayer, ServerLayer};
use otel_runtime::testing::Captured;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Error, Server};
use tower::{Layer, Service};

use crate::orders::{Orders, OrdersClient};

/// Is ready when a server is to end.
pub type Stopped = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A server of tonic's.
#[derive(Debug)]
pub struct Serving {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Serves `shop.Orders` on a port that is free, under the current context.
pub async fn serve(layer: ServerLayer) -> Serving {
    start(|incoming, stopped, test| {
        let server = Server::builder().layer(test).layer(layer).add_service(Orders);
        server.serve_with_incoming_shutdown(incoming, stopped)
    })
    .await
}

/// Serves as `run` has it, which is told where, until when, and what puts calls into the context of the test.
pub async fn start<F>(run: impl FnOnce(TcpIncoming, Stopped, OfTest) -> F) -> Serving
where
    F: Future<Output = Result<(), Error>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let address = listener.local_addr().expect("it listens");
    let (stop, stopped) = oneshot::channel();
    let test = OfTest(otel_runtime::opentelemetry::Context::current());
    let serving = run(TcpIncoming::from(listener), Box::pin(async { drop(stopped.await) }), test);
    let serving = tokio::spawn(async move { serving.await.expect("it serves until the end") });
    Serving { address, stop, task: serving }
}

impl Serving {
    /// A client with a connection of its own.
    pub fn client(&self, layer: &ClientLayer) -> OrdersClient<Client<Channel>> {
        client_of(self.address, layer)
    }

    /// Waits until every connection has ended, which the clients' ends must have.
    pub async fn end(self) {
        drop(self.stop);
        self.task.await.expect("no task of the server panics");
    }
}

/// A client of whatever is there.
pub fn client_of(address: SocketAddr, layer: &ClientLayer) -> OrdersClient<Client<Channel>> {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).expect("it is a URL");
    OrdersClient::new(layer.clone().to(endpoint.uri()).layer(endpoint.connect_lazy()))
}

/// Calls a service in the context of the test: tonic has a task for each connection, and hyper one for each call.
#[derive(Clone, Debug)]
pub struct OfTest(otel_runtime::opentelemetry::Context);

/// What [`OfTest`] makes of a service.
#[derive(Clone, Debug)]
pub struct InTest<S> {
    service: S,
    context: otel_runtime::opentelemetry::Context,
}

impl<S> Layer<S> for OfTest {
    type Service = InTest<S>;

    fn layer(&self, service: S) -> InTest<S> {
        InTest { service, context: self.0.clone() }
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for InTest<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = InContext<S::Future>;

    fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(task)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let _attached = self.context.clone().attach();
        self.service.call(request).with_context(self.context.clone())
    }
}

/// The attributes of the only span of a side, as `key=value`, in their order, without those of this run.
pub fn attributes(captured: &Captured, scope: &str) -> Vec<String> {
    let own = ["network.peer.port", "server.port"];
    let span = span(captured, scope);
    let attributes = span.attributes.iter().filter(|attribute| !own.contains(&attribute.key.as_str()));
    attributes.map(|attribute| format!("{}={}", attribute.key, attribute.value)).collect()
}

/// The only span of a side.
#[track_caller]
pub fn span<'a>(captured: &'a Captured, scope: &str) -> &'a otel_runtime::testing::Span {
    let spans: Vec<_> = captured.all().iter().filter(|span| span.scope == scope).collect();
    assert_eq!(spans.len(), 1, "{scope} in\n{captured}");
    spans[0]
}

pub const SERVER: &str = "otel_runtime::grpc::server";
pub const CLIENT: &str = "otel_runtime::grpc::client";
