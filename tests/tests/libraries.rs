//! Libraries that speak `tracing`, as they are: tower-http, hyper-util with HTTP/2, sqlx and the SDK for AWS, in one program with annotations, our
//! layers, and lines of `tracing` and of `log`. All of it is one tree, and every record knows its span. The subscriber is the process's, because sqlx
//! and others work on threads of their own; so there is one test.

use std::net::SocketAddr;
use std::time::Duration;

use aws_sdk_sso::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_sso::config::{BehaviorVersion, ConfigBag, Intercept, Region, RuntimeComponents};
use aws_sdk_sso::error::BoxError;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::routing::get;
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use otel_runtime::sqlx::Pool;
use otel_runtime::{http, traced};
use sqlx::{Sqlite, SqlitePool};
use tests::receiver::{Protocol, Received, Receiver};
use tests::telemetry::to;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower::{Layer, ServiceExt};
use tower_http::trace::TraceLayer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What the service that is asked for an order needs for it.
#[derive(Clone)]
struct Shop {
    plain: SqlitePool,
    /// The same, of which we make spans.
    traced: Pool<Sqlite>,
    stock: SocketAddr,
    aws: aws_sdk_sso::Client,
}

#[traced]
async fn place_order(State(shop): State<Shop>, Path(id): Path<i64>) -> String {
    tracing::info!("placing");
    let price: i64 = sqlx::query_scalar("SELECT 7").fetch_one(&shop.plain).await.expect("there is a row");
    let known: i64 = sqlx::query_scalar("SELECT 8").fetch_one(&shop.traced).await.expect("there is a row");
    let stock = ask(shop.stock, id).await;
    credentials(&shop.aws).await;
    log::info!(target: "shop::orders", id; "placed");
    format!("{price} {known} {stock}")
}

/// Through our layer, over HTTP/2.
async fn ask(stock: SocketAddr, id: i64) -> String {
    let client = http::client().layer(Client::builder(TokioExecutor::new()).http2_only(true).build_http());
    let request = ::http::Request::get(format!("http://{stock}/stock/{id}")).body(Body::empty()).expect("it is a request");
    let response = client.oneshot(request).await.expect("there is a response");
    let body = response.into_body().collect().await.expect("it has an end").to_bytes();
    String::from_utf8(body.to_vec()).expect("it is text")
}

#[traced]
async fn stock(Path(id): Path<i64>) -> String {
    tracing::info!("looking");
    format!("{id} in stock")
}

async fn credentials(aws: &aws_sdk_sso::Client) {
    let asked = aws.get_role_credentials().role_name("shop").account_id("1").access_token("t").send().await.expect("there is an answer");
    assert_eq!(asked.role_credentials().and_then(|credentials| credentials.access_key_id()), Some("key"));
}

/// What the SDK calls on its way, as it calls providers of credentials.
#[derive(Debug)]
struct Signing;

impl Intercept for Signing {
    fn name(&self) -> &'static str {
        "Signing"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        sign();
        Ok(())
    }
}

#[traced]
fn sign() {
    tracing::info!("signing");
}

/// A server that ends when it is told to.
struct Serving {
    address: SocketAddr,
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

impl Serving {
    async fn start(app: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let (stop, mut stopped) = watch::channel(());
        let end = async move { stopped.changed().await.unwrap_or_default() };
        let task = tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(end).await.expect("it serves") });
        Self { address, stop, task }
    }

    async fn end(self) {
        drop(self.stop);
        self.task.await.expect("it does not panic");
    }
}

/// Three servers: of orders, of what is in stock, and what the SDK for AWS takes for AWS.
async fn serve() {
    const CREDENTIALS: &str =
        r#"{"roleCredentials": {"accessKeyId": "key", "secretAccessKey": "s3cr3t", "sessionToken": "t", "expiration": 1}}"#;
    let aws = Serving::start(Router::new().route("/federation/credentials", get(|| async { CREDENTIALS }))).await;
    // Theirs inside of ours.
    let stock = Router::new().route("/stock/{id}", get(stock)).layer(TraceLayer::new_for_http()).layer(http::server());
    let stock = Serving::start(stock).await;
    let config = aws_sdk_sso::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-central-1"))
        .endpoint_url(format!("http://{}", aws.address))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .interceptor(Signing);
    let plain = SqlitePool::connect("sqlite::memory:").await.expect("there is memory");
    let shop = Shop { traced: Pool::new(plain.clone()), plain, stock: stock.address, aws: aws_sdk_sso::Client::from_conf(config.build()) };
    let orders = Router::new().route("/orders/{id}", get(place_order)).layer(TraceLayer::new_for_http()).with_state(shop);
    let orders = Serving::start(orders).await;
    // As somebody calls of whom we know nothing.
    let request = hyper::Request::get("/orders/7").body(http_body_util::Full::default()).expect("it is a request");
    let answer = tests::http::exchange(&orders.address.to_string(), request).await.expect("there is an answer");
    assert_eq!(answer.text(), "7 8 7 in stock");
    for serving in [orders, stock, aws] {
        serving.end().await;
    }
}

/// A span and those around it, from the outermost on, `name [target]` of theirs.
fn path(spans: &[Received], span: &Received) -> Vec<String> {
    let mut path = vec![name(span)];
    let mut id = span.parent_span_id_hex();
    while let Some(parent) = id.and_then(|id| spans.iter().find(|span| span.span_id_hex() == id)) {
        path.push(name(parent));
        id = parent.parent_span_id_hex();
    }
    path.reverse();
    path
}

fn name(span: &Received) -> String {
    match span.attribute("target") {
        Some(Value::StringValue(target)) => format!("{} [{}]", span.name(), target.split("::").next().unwrap_or_default()),
        _ => span.name().to_owned(),
    }
}

/// Where the record stands that says this, or the first of this scope.
fn place(spans: &[Received], logs: &[Received<LogRecord>], text: &str) -> String {
    let is = |log: &&Received<LogRecord>| matches!(log.body(), Some(Value::StringValue(body)) if body == text) || log.scope.name == text;
    let log = logs.iter().find(is).unwrap_or_else(|| panic!("nobody says {text:?}"));
    let span = spans.iter().find(|span| span.span_id_hex() == log.span_id_hex());
    span.map(|span| path(spans, span).join(" > ")).unwrap_or_default()
}

/// What libraries do that speak of it in great detail, and differently in each of their versions.
fn is_detail(span: &Received) -> bool {
    ["[h2]", "[aws_smithy_runtime]"].iter().any(|target| name(span).ends_with(target))
}

#[test]
fn one_program_of_many_libraries_gives_one_tree_and_records_with_its_ids() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_LOGS_EXPORTER", "otlp").init().expect("telemetry can be set up");
    tracing_subscriber::registry().with(LevelFilter::TRACE).with(telemetry.tracing_layer()).init();
    telemetry.install_log(log::LevelFilter::Trace).expect("there is no other logger");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime can be made");
    runtime.block_on(serve());
    runtime.shutdown_timeout(Duration::from_secs(60));
    telemetry.shutdown().expect("the receiver takes everything");

    let (spans, logs) = (receiver.spans(), receiver.logs());
    let order = spans.iter().find(|span| span.name() == "place_order").expect("an order was placed");
    let (tree, others): (Vec<Received>, Vec<Received>) =
        spans.iter().cloned().partition(|span| span.trace_id_hex() == order.trace_id_hex());
    // Whatever its details are, the tree has one root, and no span is missing in it.
    assert!(tree.iter().all(|span| path(&tree, span)[0] == "request [tower_http]"), "{tree:?}");
    assert_eq!(tree.iter().filter(|span| span.parent_span_id_hex().is_none()).count(), 1);
    let mut paths: Vec<_> = tree.iter().filter(|span| !is_detail(span)).map(|span| path(&tree, span).join(" > ")).collect();
    paths.sort();
    assert_eq!(
        paths,
        [
            "request [tower_http]",
            "request [tower_http] > place_order",
            "request [tower_http] > place_order > GET",
            "request [tower_http] > place_order > GET > GET /stock/{id}",
            "request [tower_http] > place_order > GET > GET /stock/{id} > request [tower_http]",
            "request [tower_http] > place_order > GET > GET /stock/{id} > request [tower_http] > stock",
            "request [tower_http] > place_order > SELECT",
            "request [tower_http] > place_order > SSO.GetRoleCredentials [aws_sdk_sso]",
            "request [tower_http] > place_order > SSO.GetRoleCredentials [aws_sdk_sso] > try_op [aws_smithy_runtime] > \
             try_attempt [aws_smithy_runtime] > sign",
        ]
    );
    // Connections outlive requests; what they do is in traces of their own.
    assert!(others.iter().all(|span| name(span).ends_with("[h2]")), "{:?}", others.iter().map(name).collect::<Vec<_>>());

    let in_order = "request [tower_http] > place_order";
    let in_stock = format!("{in_order} > GET > GET /stock/{{id}} > request [tower_http] > stock");
    let in_attempt =
        format!("{in_order} > SSO.GetRoleCredentials [aws_sdk_sso] > try_op [aws_smithy_runtime] > try_attempt [aws_smithy_runtime]");
    for (text, at) in [
        ("placing", in_order),
        ("placed", in_order),
        ("looking", &in_stock),
        ("signing", &format!("{in_attempt} > sign")),
        ("http2 handshake complete, spawning background dispatcher task", &format!("{in_order} > GET")),
        ("http1 handshake complete, spawning background dispatcher task", &in_attempt),
        ("transmitting request", &in_attempt),
    ] {
        assert_eq!(place(&tree, &logs, text), at, "{text}");
    }
    let ids = |log: &&Received<LogRecord>| tree.iter().any(|span| span.span_id_hex() == log.span_id_hex());
    let of_tree: Vec<_> = logs.iter().filter(|log| log.trace_id_hex() == order.trace_id_hex()).cloned().collect();
    assert!(of_tree.iter().all(|log| ids(&log)), "records belong to spans that are there");
    for text in ["tower_http::trace::on_request", "tower_http::trace::on_response"] {
        assert_eq!(of_tree.iter().filter(|log| log.scope.name == text).count(), 2, "{text}: of both servers");
    }
    // SQLite works on a thread of its own, where sqlx enters the span of `tracing` that it was called in: one of ours is none.
    assert!(of_tree.iter().filter(|log| log.scope.name == "sqlx::query").count() >= 2);
    assert_eq!(place(&tree, &of_tree, "sqlx::query"), "request [tower_http]");
}
