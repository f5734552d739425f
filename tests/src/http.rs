//! HTTP as a client of a test's needs it: a connection for each request, and every answer taken whole.

use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::header::{HOST, HeaderValue};
use hyper::{HeaderMap, Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::Value;

/// How long a server may take to answer.
const LIMIT: Duration = Duration::from_secs(60);

/// How often something is asked until it answers what is waited for.
const POLL: Duration = Duration::from_millis(100);

/// Why no answer came.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// What a server answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body, if it is text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The body, if it is JSON; else null.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// Sends a request to `host:port`.
///
/// # Errors
///
/// If no answer comes.
pub async fn exchange(address: &str, mut request: Request<Full<Bytes>>) -> Result<Answer, Error> {
    let stream = tokio::net::TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    request.headers_mut().insert(HOST, HeaderValue::from_str(address)?);
    let exchange = async {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
    };
    tokio::pin!(connection);
    tokio::pin!(exchange);
    tokio::select! {
        answer = &mut exchange => return answer,
        _ = &mut connection => {}
    }
    // The connection has ended; what came before that is still to be had.
    exchange.await
}

/// Asks `host:port` for a path, on this thread.
///
/// # Errors
///
/// If no answer comes, or not in time.
pub fn get(address: &str, path: &str) -> Result<Answer, Error> {
    send("GET", address, path)
}

/// Sends a request without a body, on this thread.
///
/// # Errors
///
/// If no answer comes, or not in time.
pub fn send(method: &str, address: &str, path: &str) -> Result<Answer, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let request = Request::builder().method(method).uri(path).body(Full::default())?;
    runtime.block_on(async { tokio::time::timeout(LIMIT, exchange(address, request)).await? })
}

/// Asks `host:port` for a path until `wanted` makes something of the answer.
///
/// # Panics
///
/// If that does not happen within `timeout`; the last answer is shown.
#[track_caller]
pub fn poll<T>(address: &str, path: &str, timeout: Duration, wanted: impl Fn(&Answer) -> Option<T>) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        let answer = get(address, path);
        if let Some(found) = answer.as_ref().ok().and_then(&wanted) {
            return found;
        }
        if Instant::now() > deadline {
            let shown = answer.map_or_else(|error| error.to_string(), |answer| format!("{} {}", answer.status, answer.text()));
            panic!("http://{address}{path} has not answered what was waited for within {timeout:?}: {shown}");
        }
        std::thread::sleep(POLL);
    }
}
