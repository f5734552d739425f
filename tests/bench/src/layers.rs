//! The rows of layers: what one around a server of HTTP, and one around a client, adds to a request. No socket is in it: services are called in the
//! process, each response is read to its end. `README.md` lists what each records.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Ready;
use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, Response};
use http_body_util::BodyExt;
use opentelemetry::global;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::trace::TracerProvider;
use opentelemetry_instrumentation_tower::http::server as contrib;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use otel_runtime::Telemetry;
use otel_runtime::http as layers;
use tower::{Layer, Service, ServiceExt};
use tower_otel::{metrics, trace};
use tracing::{Level, subscriber};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;

use crate::measure::{Case, Surroundings};
use crate::peers::{Parent, instruments, ours, plain, sdk};
use crate::sink;
use crate::spans::{NOTHING, endpoint, path};
use crate::work::block_on;

pub const TOWER_OTEL: &str = "tower-otel";
pub const CONTRIB: &str = "opentelemetry-instrumentation-tower";

/// Requests of a batch, of whose spans queues of the usual sizes drop none.
const REQUESTS: u64 = 1000;

const SERVER: [&str; 3] = ["HTTP server, nothing installed", "HTTP server, unsampled caller", "HTTP server, sampled caller"];
const CLIENT: [&str; 3] = ["HTTP client, nothing installed", "HTTP client, unsampled parent", "HTTP client, sampled parent"];

/// Makes so many requests; whether the caller's trace is sampled is for servers to read.
type Requests = Box<dyn Fn(u64, Parent) + Send + Sync>;

/// By whether it is a server, and by peer.
static REQUESTS_OF: OnceLock<HashMap<(bool, &str), Requests>> = OnceLock::new();

/// The cases of a row: what is measured is a plain function, so each peer has one for each row.
macro_rules! row {
    ($name:expr, server: $server:literal, $parent:expr, $($peer:expr),*) => {
        [$(Case {
            row: $name,
            peer: $peer,
            run: |calls| (REQUESTS_OF.get().expect("it is installed")[&($server, $peer)])(calls, $parent),
            // A server's is in the request.
            parent: if $server { Parent::None } else { $parent },
            spans: u64::from($peer != NOTHING && $parent == Parent::Sampled),
            threads: 1,
            calls: REQUESTS,
        }),*]
    };
}

pub fn uninstalled() -> Vec<Case> {
    let server = row!(SERVER[0], server: true, Parent::None, NOTHING, ours::PEER, TOWER_OTEL, CONTRIB);
    let client = row!(CLIENT[0], server: false, Parent::None, NOTHING, ours::PEER, TOWER_OTEL);
    server.into_iter().chain(client).collect()
}

pub fn installed() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(row!(SERVER[1], server: true, Parent::Unsampled, NOTHING, ours::PEER, TOWER_OTEL, CONTRIB));
    cases.extend(row!(SERVER[2], server: true, Parent::Sampled, NOTHING, ours::PEER, TOWER_OTEL, CONTRIB));
    cases.extend(row!(CLIENT[1], server: false, Parent::Unsampled, NOTHING, ours::PEER, TOWER_OTEL));
    cases.extend(row!(CLIENT[2], server: false, Parent::Sampled, NOTHING, ours::PEER, TOWER_OTEL));
    cases
}

/// Puts the layers of all peers around the same router and the same client.
fn build(meter: &Meter) {
    let router = || Router::new().route("/users/{id}", get(async || "a user"));
    let layer = contrib::Layer::new();
    let (measured, traced) = (metrics::HttpLayer::server(meter), trace::HttpLayer::server(Level::INFO));
    let servers = [
        (NOTHING, router()),
        (ours::PEER, router().layer(layers::server())),
        (TOWER_OTEL, router().layer(measured).layer(traced)),
        (CONTRIB, router().layer(layer)),
    ];
    let mut all: HashMap<(bool, &str), Requests> = HashMap::new();
    for (peer, router) in servers {
        all.insert((true, peer), requests(router, "/users/7?page=2"));
    }
    let client = || tower::service_fn(answer as fn(Request<Body>) -> Ready<Result<Response<Body>, Infallible>>);
    let url = "http://api.example:8080/users/7?page=2";
    all.insert((false, NOTHING), requests(client(), url));
    all.insert((false, ours::PEER), requests(layers::client().layer(client()), url));
    let (measured, traced) = (metrics::HttpLayer::client(meter), trace::HttpLayer::client(Level::INFO));
    all.insert((false, TOWER_OTEL), requests(traced.layer(measured.layer(client())), url));
    assert!(REQUESTS_OF.set(all).is_ok(), "once");
}

/// The other end of a client, where there is none.
fn answer(_: Request<Body>) -> Ready<Result<Response<Body>, Infallible>> {
    std::future::ready(Ok(Response::new(Body::from("a user"))))
}

fn requests<S, B>(service: S, url: &'static str) -> Requests
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Error: std::fmt::Debug,
    B: http_body::Body,
    B::Error: std::fmt::Debug,
{
    let template = |flags| {
        let request = Request::get(url).header("host", "api.example:8080").header("user-agent", "bench/1.0").header("accept", "*/*");
        request
            .header("traceparent", format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}"))
            .body(())
            .expect("it is whole")
    };
    let (unsampled, sampled) = (template("00"), template("01"));
    Box::new(move |calls, parent| {
        let template = if parent == Parent::Sampled { &sampled } else { &unsampled };
        block_on(async {
            for _ in 0..calls {
                let request = template.clone().map(|()| Body::empty());
                let response = service.clone().oneshot(request).await.expect("it answers");
                let body = response.into_body().collect().await.expect("it has a body");
                assert_eq!(body.to_bytes().len(), "a user".len());
            }
        });
    })
}

/// Where nothing is installed.
pub struct Nothing;

impl Nothing {
    pub fn new() -> Self {
        build(&global::meter("bench"));
        Self
    }
}

impl Surroundings for Nothing {
    fn within(&self, _: &Case, batch: &mut dyn FnMut()) {
        batch();
    }

    fn settle(&self, _: &str) {}

    fn exported(&self, _: &str) -> u64 {
        0
    }

    fn extra(&self, _: &Case) -> u64 {
        0
    }
}

/// All peers in this process, each with spans and metrics of its own on the way to the sink.
pub struct Installed {
    _ours: Telemetry,
    ours: otel_runtime::TracerProvider,
    contrib: SdkTracerProvider,
    tower_otel: SdkTracerProvider,
    _metrics: [SdkMeterProvider; 2],
    port: u16,
}

impl Installed {
    pub fn new(port: u16) -> Self {
        let providers = |peer| (sdk::provider(&endpoint(port, peer)), instruments::provider(&endpoint(port, peer)));
        let (tower_otel, tower_otel_metrics) = providers(TOWER_OTEL);
        let layer = tracing_opentelemetry::layer().with_tracer(tower_otel.tracer("bench"));
        let own = Targets::new().with_target("tower_otel", Level::INFO);
        subscriber::set_global_default(Registry::default().with(layer.with_filter(own))).expect("once");
        let ours = ours::install(&endpoint(port, ours::PEER));
        // This one is what is global, and so is the propagation, which all of them use.
        let (contrib, contrib_metrics) = providers(CONTRIB);
        global::set_tracer_provider(contrib.clone());
        global::set_meter_provider(contrib_metrics.clone());
        global::set_text_map_propagator(TraceContextPropagator::new());
        build(&tower_otel_metrics.meter("bench"));
        let metrics = [tower_otel_metrics, contrib_metrics];
        Self { ours: ours.tracer_provider().expect("there is one"), _ours: ours, contrib, tower_otel, _metrics: metrics, port }
    }
}

impl Surroundings for Installed {
    fn within(&self, case: &Case, batch: &mut dyn FnMut()) {
        // What has a parent is a client, and each of them takes that of the plain API.
        if case.parent == Parent::None { batch() } else { plain::below(case.parent, batch) }
    }

    fn settle(&self, peer: &str) {
        let flushed = match peer {
            TOWER_OTEL => self.tower_otel.force_flush(),
            CONTRIB => self.contrib.force_flush(),
            _ => self.ours.force_flush(),
        };
        flushed.expect("the sink takes everything");
    }

    fn exported(&self, peer: &str) -> u64 {
        sink::received(self.port, path(peer))
    }

    fn extra(&self, _: &Case) -> u64 {
        0
    }
}
