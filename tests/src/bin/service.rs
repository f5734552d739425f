//! One of three services that call each other over HTTP, for the test `backends`: `service server API1 API2`, `service api1`, `service api2`.
//!
//! Its telemetry is set up by the environment. It prints where it listens and, where Prometheus is to scrape it, where that is; it ends when it is
//! told so, and says then what became of its telemetry. `GET /order?id=7` asks `api1` for `/stock` and `api2` for `/price`; with `&fail`, `api2`
//! fails; with `&slow`, `api1` takes its time.

use std::collections::HashMap;
use std::error::Error;
use std::io::{self, BufRead};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use otel_runtime::{AttributeKey, ErrorType, context, counted, timed, traced};
use tests::http;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long `api1` takes if it is to be slow; `examples/collector/gateway.yaml` says what is slow there.
const SLOW: Duration = Duration::from_millis(1200);

const STATUS: AttributeKey = AttributeKey::new("http.response.status_code");

type Headers = HashMap<String, String>;

/// Why a request was not served.
#[derive(Debug, ErrorType)]
enum Failure {
    NoPrice,
    NoSuchPath,
    Upstream,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::NoPrice => "there is no price",
            Self::NoSuchPath => "there is no such path",
            Self::Upstream => "a service that was called has failed",
        })
    }
}

/// What a caller wants.
struct Wish {
    headers: Headers,
    query: String,
}

impl Wish {
    fn of(request: &Request<Incoming>) -> Self {
        let text = |value: &hyper::header::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = request.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Self { headers, query: request.uri().query().unwrap_or_default().to_owned() }
    }

    fn has(&self, flag: &str) -> bool {
        self.query.split('&').any(|part| part == flag)
    }

    fn id(&self) -> i64 {
        self.query.split('&').find_map(|part| part.strip_prefix("id=")?.parse().ok()).unwrap_or_default()
    }
}

#[traced("GET /order", kind = server, parent = context::extract(&wish.headers),
    fields(http.request.method = "GET", http.route = "/order", url.path = "/order", url.scheme = "http", order.id = wish.id()))]
#[counted]
#[timed("http.server.request.duration", fields(http.request.method = "GET", http.route = "/order", url.scheme = "http"))]
async fn order(wish: &Wish, peers: &[String]) -> Result<String, Failure> {
    let trace = otel_runtime::current().trace_id().to_string();
    let [stock, price] = peers else { return Err(Failure::NoSuchPath) };
    let (stock, price) = tokio::join!(call(stock, "/stock", wish), call(price, "/price", wish));
    match stock.and(price) {
        Ok(_) => tracing::info!(order.id = wish.id(), "order placed"),
        Err(failure) => {
            tracing::error!(order.id = wish.id(), "order not placed: {failure}");
            return Err(failure);
        }
    }
    Ok(trace)
}

#[traced("GET /stock", kind = server, parent = context::extract(&wish.headers),
    fields(http.request.method = "GET", http.route = "/stock", url.path = "/stock", url.scheme = "http", order.id = wish.id()))]
#[counted]
#[timed("http.server.request.duration", fields(http.request.method = "GET", http.route = "/stock", url.scheme = "http"))]
async fn stock(wish: &Wish) -> Result<String, Failure> {
    if wish.has("slow") {
        tokio::time::sleep(SLOW).await;
    }
    tracing::info!(order.id = wish.id(), "in stock");
    Ok("1".to_owned())
}

#[traced("GET /price", kind = server, parent = context::extract(&wish.headers),
    fields(http.request.method = "GET", http.route = "/price", url.path = "/price", url.scheme = "http", order.id = wish.id()))]
#[counted]
#[timed("http.server.request.duration", fields(http.request.method = "GET", http.route = "/price", url.scheme = "http"))]
async fn price(wish: &Wish) -> Result<String, Failure> {
    tracing::info!(order.id = wish.id(), "a price is asked for");
    if wish.has("fail") { Err(Failure::NoPrice) } else { Ok("600".to_owned()) }
}

#[traced("GET", kind = client, fields(http.request.method = "GET", url.full = url(address, path, wish), server.address = "127.0.0.1",
    server.port = port(address), order.id = wish.id()))]
async fn call(address: &str, path: &str, wish: &Wish) -> Result<String, Failure> {
    let mut headers = Headers::new();
    context::inject(&mut headers);
    let mut request = Request::get(url(address, path, wish));
    for (name, value) in &headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::default()).map_err(|_| Failure::NoSuchPath)?;
    let answer = http::exchange(address, request).await.map_err(|_| Failure::Upstream)?;
    otel_runtime::current().set(STATUS, i64::from(answer.status));
    if answer.status == 200 { Ok(answer.text().to_owned()) } else { Err(Failure::Upstream) }
}

fn port(address: &str) -> i64 {
    address.rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
}

fn url(address: &str, path: &str, wish: &Wish) -> String {
    format!("http://{address}{path}?{}", wish.query)
}

async fn serve(request: Request<Incoming>, peers: Arc<[String]>) -> Result<Response<Full<Bytes>>, hyper::http::Error> {
    let wish = Wish::of(&request);
    let served = match request.uri().path() {
        "/order" => order(&wish, &peers).await,
        "/stock" => stock(&wish).await,
        "/price" => price(&wish).await,
        _ => Err(Failure::NoSuchPath),
    };
    let (status, body) = match served {
        Ok(body) => (200, body),
        Err(Failure::NoSuchPath) => (404, String::new()),
        Err(failure) => (500, failure.to_string()),
    };
    Response::builder().status(status).body(Full::from(body))
}

async fn listen(listener: TcpListener, peers: Arc<[String]>) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        let peers = Arc::clone(&peers);
        tokio::spawn(async move {
            let service = service_fn(|request| serve(request, Arc::clone(&peers)));
            // A caller who goes away is no trouble of ours.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().ok_or("server, api1 or api2?")?;
    let telemetry = otel_runtime::builder().fallback("OTEL_SERVICE_NAME", name).init()?;
    telemetry.install_tracing(tracing::Level::INFO)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    if let Some(address) = telemetry.prometheus_address() {
        println!("metrics {address}");
    }
    println!("listening {}", listener.local_addr()?);
    let (tell, told) = oneshot::channel();
    std::thread::spawn(|| tell.send(io::stdin().lock().lines().next().is_some()));
    runtime.block_on(async {
        tokio::select! {
            failed = listen(listener, arguments.collect()) => failed,
            _ = told => Ok(()),
        }
    })?;
    telemetry.shutdown_with_timeout(Duration::from_secs(60))?;
    for (signal, health) in
        [("spans", telemetry.health().traces), ("points", telemetry.health().metrics), ("logs", telemetry.health().logs)]
    {
        println!("delivered {} {signal}, dropped {}", health.delivered, health.dropped_in_all());
    }
    println!("ended");
    Ok(())
}
