//! What a program can tell the layers, as extensions of a request or of a response.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

/// The route that matched, a template such as `/users/{id}`: never a path, because its values must be few.
///
/// Where it is known to a router that [`server`](super::server) knows nothing of, the router puts it among the extensions of the response; where it is
/// known before, among those of the request. With the feature `axum`, axum's `MatchedPath` is found without it.
///
/// ```
/// use otel_runtime::http::Route;
///
/// let mut response = http::Response::new("the user");
/// response.extensions_mut().insert(Route::new("/users/{id}"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(Cow<'static, str>);

impl Route {
    /// A route by its template.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The template that the path of a client's request was made from, such as `/users/{id}`: an extension of the request, for the name of its
/// span and for `url.template`.
///
/// ```
/// use otel_runtime::http::Template;
///
/// let id = 7;
/// let request = http::Request::get(format!("https://example.com/users/{id}")).extension(Template::new("/users/{id}")).body(());
/// # assert!(request.is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Cow<'static, str>);

impl Template {
    /// The template, whose values must be few.
    #[must_use]
    pub fn new(template: impl Into<Cow<'static, str>>) -> Self {
        Self(template.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// How often a client's request was sent before, for whatever reason: an extension that a retry policy sets, for `http.request.resend_count`.
///
/// ```
/// use otel_runtime::http::ResendCount;
///
/// let mut request = http::Request::get("https://example.com").body(())?;
/// request.extensions_mut().insert(ResendCount(1)); // the second attempt
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResendCount(pub u32);

/// Who is at the other end of a server's connection: an extension of the request, for `network.peer.*` and `client.address`. With the feature
/// `axum`, axum's `ConnectInfo<SocketAddr>` is found without it.
///
/// ```
/// use otel_runtime::http::Peer;
///
/// fn received(mut request: http::Request<()>, peer: std::net::SocketAddr) {
///     request.extensions_mut().insert(Peer(peer));
/// }
/// # received(http::Request::new(()), ([127, 0, 0, 1], 4711).into());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// A layer of ours around this one records the request, and knows its route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Routed;

/// Where a layer inside of another one of ours tells it which route matched: it stands in front of the router, and has no other way to know.
#[derive(Clone, Debug, Default)]
pub(super) struct Found(Arc<OnceLock<Route>>);

impl Found {
    pub(super) fn tell(&self, route: &str) {
        let _ = self.0.set(Route(Cow::Owned(route.to_owned())));
    }

    pub(super) fn route(&self) -> Option<&Route> {
        self.0.get()
    }
}
