//! Layers for servers and clients of gRPC, by the crate [tonic](https://docs.rs/tonic) (feature `tonic`): spans, metrics and context, by the
//! [conventions](https://opentelemetry.io/docs/specs/semconv/rpc/grpc/), which are a release candidate.
//!
//! ```no_run
//! # #[cfg(feature = "tonic-transport")]
//! # async fn run<S>(orders: S) -> Result<(), Box<dyn std::error::Error>>
//! # where
//! #     S: tower::Service<http::Request<tonic::body::Body>, Response = http::Response<tonic::body::Body>, Error = std::convert::Infallible>
//! #         + Clone + Send + 'static,
//! #     S::Future: Send,
//! # {
//! use otel_runtime::grpc;
//! use tonic::transport::{Endpoint, Server};
//! use tower::Layer;
//!
//! // A server: a span `shop.Orders/Place` for each call, and rpc.server.call.duration.
//! let address = "[::1]:50051".parse()?;
//! let serving = Server::builder().layer(grpc::server()).serve(address, orders); // or `.add_service(orders)`, and `.serve(address)`
//!
//! // A client: a span for each call, of which that of the server is the child, and rpc.client.call.duration.
//! let endpoint = Endpoint::from_static("http://orders.example:50051");
//! let channel = grpc::client().to(endpoint.uri()).layer(endpoint.connect_lazy());
//! // let client = OrdersClient::new(channel);
//! # let _ = channel;
//! # serving.await?;
//! # Ok(())
//! # }
//! # fn main() {}
//! ```
//!
//! (The feature `grpc` is another thing: it sends OTLP over gRPC.)
//!
//! [`server`] and [`client`] are layers of [Tower](https://docs.rs/tower-layer) around services that take an `http::Request` and give an
//! `http::Response`, as all of tonic's are: a server with all its services, one of them (`add_service(grpc::server().layer(service))`), a channel. With the
//! feature `tonic-transport` they know what tonic's own transport does: who is at the other end, and why a connection failed. Where nothing is installed, a
//! call costs two loads.
//!
//! # What is recorded
//!
//! A span of the kind `server` or `client`, named by the method, `shop.Orders/Place`, and by `grpc` where that is not known.
//!
//! | of | attributes |
//! |---|---|
//! | the call | `rpc.system.name`, `rpc.method`, `rpc.method_original` where that is `_OTHER` |
//! | who is called | `server.address`, `server.port`: of a server from `:authority`, of a client what it was [told](ClientLayer::to) |
//! | who calls | of a server `network.peer.address`, `network.peer.port` (feature `tonic-transport`) |
//! | the status | `rpc.response.status_code`, `error.type` |
//! | what was asked for | `rpc.request.metadata.<key>`, `rpc.response.metadata.<key>` |
//!
//! | metric | labels |
//! |---|---|
//! | `rpc.server.call.duration` | `rpc.system.name`, `rpc.method`, `rpc.response.status_code`, `error.type` |
//! | `rpc.client.call.duration` | the same, `server.address`, `server.port` |
//!
//! The span lasts until the trailers of the response, whatever streams over it meanwhile; there is none for a message, as the conventions have none any more.
//! What a handler does for the messages of a stream is part of the call.
//!
//! # How a call ended
//!
//! The code is that of the response's headers or trailers; where it has none, what its status of HTTP means to a client of gRPC; where there is no response, what
//! tonic makes of the error. To a client every code but `OK` is an error, to a server only `UNKNOWN`, `DEADLINE_EXCEEDED`, `UNIMPLEMENTED`,
//! `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS`: the rest is the caller's doing. `error.type` is the code, as it is of a function that returns the
//! `tonic::Status`; a panic is `panic`, on the server. The description of the span's status is the message of the server; where no server answered, what
//! the client says with its cause: `tcp connect error: Connection refused (os error 111)`.
//!
//! A call that is dropped, before its response or in the middle of it, or whose client goes away, was cancelled: `CANCELLED`, `function.outcome = "cancelled"`, and no
//! error. If it was dropped after the caller's deadline (`grpc-timeout`) had passed, it is `DEADLINE_EXCEEDED`, which is one.
//!
//! # Which methods there are
//!
//! Whoever calls can send any path, and no path becomes a label or a name. A client's method is known if a generated client calls it, or if it was
//! [declared](ClientLayer::methods), from a [descriptor](methods_in) say. A server's is, if it was [declared](ServerLayer::methods), or, where none was, once a call has shown that it is there: if somebody
//! has read a message of it, or has answered with one. Who answers what is not there, and who lets nobody in, does neither. At most 500 are found out.
//!
//! # Context
//!
//! A server's span is the child of the one that the metadata names, in the formats of `OTEL_PROPAGATORS`, unless callers are
//! [not trusted](ServerLayer::untrusted). A client gives whom it calls the ids of its span and the baggage, [unless told otherwise](ClientLayer::without_context).
//! Both are switched by [`filter`](crate::filter), as `otel_runtime::grpc::server` and `otel_runtime::grpc::client`, which are also the names of their
//! instrumentation scopes; where they record nothing, context still goes through.
//!
//! # Beside other protocols
//!
//! A server's layer records calls alone, by their `content-type`: all other requests, those of gRPC-Web among them until a layer has translated them, pass. What it
//! records, a layer for [HTTP](crate) inside of it leaves alone; the other way round, a call is a span within that of a request.

mod client;
mod descriptors;
mod errors;
mod exchange;
mod methods;
mod server;
mod settings;
#[cfg(feature = "tonic-transport")]
mod transport;
#[cfg(not(feature = "tonic-transport"))]
#[path = "transport_absent.rs"]
mod transport;
mod watched;

pub use self::client::{Client, ClientLayer, client};
pub use self::descriptors::{DescriptorError, methods_in};
pub use self::server::{Server, ServerLayer, server};

use super::exchange as shared;

/// The body of a response that is recorded: messages and trailers are those of the body inside.
pub type ResponseBody<B> = shared::ResponseBody<B, exchange::Exchange>;

/// The future of a response that is recorded: its span is current at every poll, and while what the future holds is dropped.
pub type ResponseFuture<F> = shared::ResponseFuture<F, exchange::Exchange>;
