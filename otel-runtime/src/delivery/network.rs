//! One request to a backend over the network. What differs between HTTP and gRPC is in a [`Wire`], as pure functions; the traffic is here, once.

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;

use super::compression::Encoding;
use super::destination::{Destination, Stated};
use super::divide::MAX_REQUEST;
use super::queue::Parcel;
use super::tls::{Connector, Tls};
use super::transport::{Accepted, Attempt, Ending, Failure, Prepared, Recode, aside};
use crate::causes::innermost;
use crate::own::Status;

pub(super) type HttpClient = Client<Connector, Full<Bytes>>;

/// As the OTLP specification recommends; a longer reply is not worth reading.
const MAX_REPLY: usize = 4 * 1024 * 1024;

/// `OTel-OTLP-Exporter-Rust/…` with this distribution's name before it, as the OTLP exporter specification allows.
pub(super) const USER_AGENT: &str =
    concat!("otel-runtime/", env!("CARGO_PKG_VERSION"), " OTel-OTLP-Exporter-Rust/", env!("CARGO_PKG_VERSION"));

/// How a protocol writes a request and reads a reply.
pub(super) trait Wire: Send + Sync {
    /// What the protocol makes of an encoded request; `None` leaves it as it is.
    fn recode(&self) -> Option<Recode> {
        None
    }

    /// The body of a request, with what the protocol puts around it.
    fn frame(&self, body: Bytes, _is_compressed: bool) -> Bytes {
        body
    }

    /// A request for a framed body, without the user's headers.
    fn request(&self, endpoint: &Uri, prepared: Prepared) -> Result<Request<Full<Bytes>>, http::Error>;

    /// What else may be the matter where a connection breaks for this cause: whoever is there may not speak this protocol.
    fn hint(&self, _cause: &str, _stated: &Stated) -> Option<String> {
        None
    }

    /// Whether the status alone says that the backend took the request, or never will, whatever becomes of the rest of the reply.
    fn is_said_by_status(&self, status: StatusCode) -> bool;

    /// What a reply is said to be.
    fn status(&self, reply: &Reply) -> Status {
        Status::Http(reply.status.as_u16())
    }

    /// What a reply means, to a request that is this long before it is compressed.
    fn verdict(&self, reply: &Reply, length: usize) -> Result<Accepted, Failure>;
}

/// A complete reply.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    /// With the trailers, which follow the body and come before headers of the same name.
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The statuses with which a server, or a proxy before it, says that it may work later (OTLP specification, "Retryable Response Codes").
pub(super) fn is_retryable(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// The way to one backend.
pub(crate) struct Network {
    /// With its number: one that nobody answers is replaced once.
    client: Mutex<(u64, HttpClient)>,
    connect: Connect,
    tls: Tls,
    wire: Box<dyn Wire>,
    encoding: Option<Encoding>,
    destination: Destination,
}

/// Makes a client, which connects when it is used.
pub(super) type Connect = Box<dyn Fn() -> HttpClient + Send + Sync>;

/// Connects to where `http` and `https` URLs point to, and leaves the rest to others.
pub(super) fn tcp() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    // Requests are written in one piece: there is nothing to wait for.
    connector.set_nodelay(true);
    connector
}

impl Network {
    pub(super) fn new(connect: Connect, tls: Tls, wire: Box<dyn Wire>, destination: &Destination) -> Result<Self, String> {
        let encoding = destination.compression.encoding()?;
        Ok(Self { client: Mutex::new((0, connect())), connect, tls, wire, encoding, destination: destination.clone() })
    }

    fn client(&self) -> MutexGuard<'_, (u64, HttpClient)> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The URL of the backend, without what may be secret in it.
    pub(crate) fn endpoint(&self) -> String {
        let uri = &self.destination.endpoint;
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        format!("{}://{authority}{}", uri.scheme_str().unwrap_or("http"), uri.path())
    }

    /// Makes of an encoded request what goes over the wire, once for all the times that it is sent.
    pub(crate) async fn prepare(&self, request: Parcel) -> Result<Vec<Prepared>, Failure> {
        let (recode, encoding) = (self.wire.recode(), self.encoding);
        let requests = if recode.is_none() && encoding.is_none() {
            vec![Prepared { length: request.body.len(), body: request.body, encoding: None, items: request.items }]
        } else {
            // It takes long enough to hold up the other signals, which share this thread.
            let work = aside(move || {
                // A body is divided by what it is before it is compressed, which is what backends look at.
                let requests = recode.map_or_else(|| Ok(vec![request.clone()]), |recode| recode(request.clone(), MAX_REQUEST))?;
                Ok(requests.into_iter().map(|request| compressed(request, encoding)).collect::<Vec<_>>())
            });
            work.await?.map_err(|cause: String| Failure::is_final(cause))?
        };
        let framed = |prepared: Prepared| Prepared { body: self.wire.frame(prepared.body, prepared.encoding.is_some()), ..prepared };
        Ok(requests.into_iter().map(framed).collect())
    }

    /// Sends one request and reads the reply.
    pub(crate) async fn send(&self, prepared: Prepared) -> Attempt {
        let (number, client) = self.client().clone();
        let length = prepared.length;
        let exchange = self.exchange(client, prepared);
        let reply = match self.destination.timeout {
            None => exchange.await,
            Some(limit) => {
                let Ok(reply) = tokio::time::timeout(limit, exchange).await else {
                    // Who does not answer may be gone, and a connection that many requests share would outlive that by minutes.
                    let mut current = self.client();
                    if current.0 == number {
                        *current = (number + 1, (self.connect)());
                    }
                    let failure = Failure::retryable(format!("no answer within {} ms", limit.as_millis()));
                    return Attempt { verdict: Err(failure), ending: Ending::TimedOut };
                };
                reply
            }
        };
        match reply {
            Ok(reply) => Attempt { verdict: self.wire.verdict(&reply, length), ending: Ending::Status(self.wire.status(&reply)) },
            Err(failure) => Attempt { verdict: Err(failure), ending: Ending::Broken },
        }
    }

    async fn exchange(&self, client: HttpClient, prepared: Prepared) -> Result<Reply, Failure> {
        let mut request = self.wire.request(&self.destination.endpoint, prepared).map_err(|error| Failure::is_final(error.to_string()))?;
        for (name, value) in &self.destination.headers.values {
            request.headers_mut().insert(name, value.clone());
        }
        let response = client.request(request).await.map_err(|error| self.broken(&error))?;
        self.tls.answered();
        let (head, body) = response.into_parts();
        let (body, trailers) = match self.read(body).await {
            // What became of it is said already: what was taken would be sent twice, and what was refused in vain.
            Err(_) if self.wire.is_said_by_status(head.status) => Default::default(),
            read => read?,
        };
        let mut headers = head.headers;
        headers.extend(trailers);
        Ok(Reply { status: head.status, headers, body })
    }

    async fn read(&self, body: Incoming) -> Result<(Bytes, HeaderMap), Failure> {
        let collected = Limited::new(body, MAX_REPLY).collect().await;
        let collected = collected.map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                Failure::is_final(format!("the reply is longer than {MAX_REPLY} bytes"))
            } else {
                self.broken(&*error)
            }
        })?;
        let trailers = collected.trailers().cloned().unwrap_or_default();
        Ok((collected.to_bytes(), trailers))
    }

    /// A connection that could not be made, or broke.
    fn broken(&self, error: &(dyn Error + 'static)) -> Failure {
        let cause = self.tls.explain(error).unwrap_or_else(|| innermost(error).to_string());
        match self.wire.hint(&cause, &self.destination.stated) {
            Some(hint) => Failure::retryable(format!("{cause}; {hint}")),
            None => Failure::retryable(cause),
        }
    }
}

/// What cannot be compressed is sent as it is.
fn compressed(Parcel { body, items }: Parcel, encoding: Option<Encoding>) -> Prepared {
    let length = body.len();
    let compressed = encoding.and_then(|encoding| Some((Bytes::from((encoding.encode)(&body).ok()?), Some(encoding.name))));
    let (body, encoding) = compressed.unwrap_or((body, None));
    Prepared { body, encoding, length, items }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("endpoint", &self.endpoint()).finish_non_exhaustive()
    }
}
