//! Layers for servers and clients of HTTP (feature `http`): spans, metrics and context, by the stable
//! [conventions](https://opentelemetry.io/docs/specs/semconv/http/).
//!
//! ```
//! use axum::body::Body;
//! use axum::routing::get;
//! use axum::{Router, extract::Path};
//! use hyper_util::client::legacy::Client;
//! use hyper_util::rt::TokioExecutor;
//! use otel_runtime::http;
//! use tower::{Layer, ServiceExt};
//!
//! async fn user(Path(id): Path<u64>) -> String {
//!     format!("user {id}")
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A server: a span `GET /users/{id}` for each request, http.server.request.duration and http.server.active_requests.
//! let app = Router::new().route("/users/{id}", get(user)).layer(http::server());
//! let listener = tokio::net::TcpListener::bind("localhost:0").await?;
//! let address = listener.local_addr()?;
//! tokio::spawn(async move { axum::serve(listener, app).await });
//!
//! // A client: a span `GET` for each request, of which that of the server is the child, and http.client.request.duration.
//! let client = http::client().layer(Client::builder(TokioExecutor::new()).build_http());
//! let request = ::http::Request::get(format!("http://{address}/users/7")).body(Body::empty())?;
//! let response = client.oneshot(request).await?;
//! assert_eq!(axum::body::to_bytes(Body::new(response.into_body()), 100).await?, "user 7");
//! # Ok(())
//! # }
//! ```
//!
//! [`server`] and [`client`] are layers of [Tower](https://docs.rs/tower-layer): they go around every service that takes an `http::Request` and gives
//! an `http::Response`, those of hyper, axum and hyper-util among them. Where nothing is installed, a request costs two loads.
//!
//! # What is recorded by a server
//!
//! A span of the kind `server`, named by the method and the route, `GET /users/{id}`; by the method alone where no route is known. On axum's `Router::layer`
//! the route is known from the start (feature `axum`), of nested routers as a whole. A layer that stands outside of the router learns it from a second one
//! inside, which records nothing of its own; other routers tell it with [`Route`].
//!
//! | of | attributes |
//! |---|---|
//! | the request | `http.request.method`, `http.request.method_original` where that is not known, `url.path`, `url.scheme`, `url.query` without the conventions' secrets, `network.protocol.version`, `user_agent.original` |
//! | who is called | `server.address`, `server.port`: from `:authority` or `Host` |
//! | who calls | `network.peer.address`, `network.peer.port`, where axum's `ConnectInfo` or [`Peer`] is there; `client.address`: the same, or what [trusted proxies](ServerLayer::trust_proxies) say |
//! | the route | `http.route` |
//! | the response | `http.response.status_code`, `error.type` |
//! | what was asked for | `http.request.header.<name>`, `http.response.header.<name>`, `http.request.body.size`, `http.response.body.size` |
//!
//! The span ends with the last byte of the response's body. It is an error if the status is 500 or above (`error.type` is the status), if the service or the
//! body failed (the kind of an I/O error, the condition of an error of hyper's, else the type's path), or if it panicked (`panic`). A client that goes away
//! before the end has cancelled: `function.outcome = "cancelled"`, and no error. What goes over a connection that was upgraded is not part of it.
//!
//! | metric | labels |
//! |---|---|
//! | `http.server.request.duration` | `http.request.method`, `url.scheme`, `http.route`, `http.response.status_code`, `error.type`, `network.protocol.version` |
//! | `http.server.active_requests` | `http.request.method`, `url.scheme` |
//! | `http.server.request.body.size`, `http.server.response.body.size` | as the duration, [if asked for](ServerLayer::body_sizes) |
//!
//! No label has more values than the program gives it: a method that is not known is `_OTHER`
//! (`OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS` says which are), a scheme is `http` or `https`, and no path becomes one.
//!
//! # What is recorded by a client
//!
//! A span of the kind `client`, named by the method, and by the [`Template`] of the path if the request has one among its extensions.
//!
//! | of | attributes |
//! |---|---|
//! | the request | `http.request.method`, `http.request.method_original`, `url.full` without user information and the conventions' secrets, `url.template`, `http.request.resend_count` from [`ResendCount`] |
//! | who is called | `server.address`, `server.port`, `network.peer.address`, `network.peer.port` |
//! | the response | `http.response.status_code`, `network.protocol.version`, `error.type` |
//! | what was asked for | `http.request.header.<name>`, `http.response.header.<name>`, `http.request.body.size`, `http.response.body.size` |
//!
//! The span ends when the body of the response was read to its end, or is dropped: a caller that has seen enough is not an error, and has not cancelled. Dropped
//! before the response is there, it was cancelled. A status of 400 and above is an error.
//!
//! `http.client.request.duration` has the labels `http.request.method`, `server.address`, `server.port`, `http.response.status_code`, `error.type`,
//! `network.protocol.version`, and `url.template` where there is one; so have `http.client.request.body.size` and `http.client.response.body.size`,
//! [if asked for](ClientLayer::body_sizes).
//!
//! # Around reqwest
//!
//! With the feature `reqwest` the layer for clients is a middleware of [`reqwest-middleware`](https://docs.rs/reqwest-middleware) too:
//!
//! ```
//! use otel_runtime::http;
//! use reqwest_middleware::ClientBuilder;
//!
//! let client = ClientBuilder::new(reqwest::Client::new()).with(http::client()).build();
//! let request = client.get("https://example.com/users/7").with_extension(http::Template::new("/users/{id}"));
//! ```
//!
//! A span is then that of the request that was asked for, whatever redirects reqwest follows by itself; a middleware in front of it that sends a request
//! again has a span for each time, with `http.request.resend_count`. All of these redirects have the context of the one span, in whatever house they
//! end: where it is not for everybody, `ClientLayer::redirect_policy` makes reqwest follow only those to hosts that it is for.
//!
//! # Context
//!
//! A server's span is the child of the one that the request names, in the formats of `OTEL_PROPAGATORS`, unless callers are
//! [not trusted](ServerLayer::untrusted). A client gives everybody the ids of its span and the baggage, unless it is [told whom](ClientLayer::propagate_to).
//! Both are switched by [`filter`](crate::filter), as `otel_runtime::http::server` and `otel_runtime::http::client`, which are also the names of
//! their instrumentation scopes; where they record nothing, context still goes through.

#[cfg(feature = "axum")]
mod axum;
#[cfg(not(feature = "axum"))]
#[path = "axum_absent.rs"]
mod axum;
mod client;
mod errors;
mod exchange;
mod extensions;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(not(feature = "reqwest"))]
#[path = "reqwest_absent.rs"]
mod reqwest;
mod server;
mod settings;

pub use self::client::{Client, ClientLayer, client};
pub use self::extensions::{Peer, ResendCount, Route, Template};
pub use self::server::{Server, ServerLayer, server};

use super::exchange as shared;

/// The body of a response that is recorded: frames, trailers and hints are those of the body inside.
pub type ResponseBody<B> = shared::ResponseBody<B, exchange::Exchange>;

/// The future of a response that is recorded: its span is current at every poll, and while what the future holds is dropped.
pub type ResponseFuture<F> = shared::ResponseFuture<F, exchange::Exchange>;
