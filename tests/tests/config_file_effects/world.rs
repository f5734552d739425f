//! A program that is set up from a file, does one of everything, and ends; and all that can be seen of it from outside.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::opentelemetry::logs::{AnyValue, LogRecord, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::opentelemetry::trace::{
    Link, Span, SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider,
};
use otel_runtime::opentelemetry::{Context, KeyValue};
use otel_runtime::{Health, baggage, context, counted, timed, traced};
use tests::points::{Point, points};
use tests::receiver::{Received, Receiver};
use tests::relay::Relay;
use tests::telemetry::{Printed, Said, Watched};
use tests::tls::{Authority, server};
use tower::{Layer, ServiceExt};

use super::{Effect, LONG, instruments};

#[traced("effects.work", fields(size = 7, colour = "green", shape = "round"))]
#[counted("effects.calls")]
#[timed("effects.time")]
fn work() {}

#[traced("effects.failure")]
fn fail() -> Result<(), std::io::Error> {
    Err(std::io::Error::other("the shelf is empty"))
}

/// What is seen of a program.
pub struct World {
    pub receiver: Receiver,
    /// What passes on to the receiver without TLS, and says what it heard.
    pub relay: Relay,
    pub said: Said,
    pub printed: Printed,
    pub telemetry: Watched,
    /// A folder of this world's own.
    pub folder: PathBuf,
    /// Where metrics are scraped, and what was.
    pub address: Option<SocketAddr>,
    pub page: String,
    /// What goes along with a call to somebody else.
    pub headers: HashMap<String, String>,
    /// The accounts at the end.
    pub health: Option<Health>,
}

/// What a file can name.
fn variables(receiver: &Receiver, relay: &Relay, secure: &[Relay; 2], silent: SocketAddr, folder: &Path) -> HashMap<&'static str, String> {
    let file = |name: &str| folder.join(name).to_str().expect("the target folder has a name").to_owned();
    HashMap::from([
        ("HTTP", receiver.http_endpoint()),
        ("GRPC", receiver.grpc_endpoint()),
        ("GRPC_HOST", format!("127.0.0.1:{}", receiver.grpc_port())),
        ("RELAY", format!("http://{}", relay.address())),
        ("HTTPS", format!("https://localhost:{}", secure[0].address().port())),
        ("GRPCS", format!("https://localhost:{}", secure[1].address().port())),
        ("SILENT", format!("http://{silent}")),
        ("LINES", file("lines.jsonl")),
        ("SPOOL", file("spool")),
        ("CA", file("authority.pem")),
        ("CERT", file("shop.pem")),
        ("KEY", file("shop.key")),
        ("K8S_POD_NAME", "checkout-7".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", "ship".to_owned()),
    ])
}

impl World {
    /// Runs a program from its start to its end.
    pub fn run(effect: &Effect) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config-file-effects").join(number);
        let _ = std::fs::remove_dir_all(&folder);
        let authority = Authority::new(&folder);
        let (host, client) = (authority.identity("localhost", false), authority.identity("shop", false));
        std::fs::rename(&client.certificate, folder.join("shop.pem")).expect("it is there");
        std::fs::rename(&client.key, folder.join("shop.key")).expect("it is there");
        let receiver = Receiver::start();
        let address = |port| ([127, 0, 0, 1], port).into();
        let relay = Relay::start(address(receiver.http_port()), None);
        let secure =
            [receiver.http_port(), receiver.grpc_port()].map(|port| Relay::start(address(port), Some(server(&host, Some(&authority)))));
        // Connections are made, and nobody takes them.
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let variables = variables(&receiver, &relay, &secure, silent.local_addr().expect("it is bound"), &folder);

        let path = folder.join("otel.yaml");
        std::fs::write(&path, effect.file()).expect("the target folder can be written to");
        let lookup = move |wanted: &str| {
            let config = (wanted == "OTEL_CONFIG_FILE").then(|| path.clone().into_os_string());
            config.or_else(|| variables.get(wanted).map(Into::into))
        };
        let (said, printed) = (Said::default(), Printed::default());
        let builder = said.listen(otel_runtime::builder().environment(lookup)).console(printed.clone());
        let telemetry = builder.build().unwrap_or_else(|error| panic!("{error}\n{}", effect.text));
        let (address, page, headers) = (telemetry.prometheus_address(), String::new(), HashMap::new());
        let mut world = Self { receiver, relay, said, printed, telemetry, folder, address, page, headers, health: None };
        world.work();
        (effect.meanwhile)(&world);
        world.page = world.address.map(scrape).unwrap_or_default();
        // What becomes of it is what is looked at.
        let _ = world.telemetry.shutdown_with_timeout(effect.limit);
        world.health = Some(world.telemetry.health());
        world
    }

    /// One of everything.
    fn work(&mut self) {
        let _attached = self.telemetry.context().attach();
        let _tenant = baggage::with("tenant.id", "acme").attach();
        work();
        let _ = fail();
        if let Some(provider) = self.telemetry.tracer_provider() {
            trace(&provider.tracer("plain"));
        }
        if let Some(provider) = self.telemetry.logger_provider() {
            let logger = provider.logger("plain");
            for number in 0..3 {
                let mut record = logger.create_log_record();
                record.set_body("brewed".into());
                record.add_attributes([("colour", "green".into()), ("shape", "round".into()), ("number", AnyValue::Int(number))]);
                logger.emit(record);
            }
        }
        if let Some(provider) = self.telemetry.meter_provider() {
            instruments::measure(&|scope| provider.meter_with_scope(scope));
        }
        let parent = Context::current().with_remote_span_context(context_of(1, true, true));
        let _parent = parent.attach();
        context::inject(&mut self.headers);
        serve();
    }

    pub fn span(&self, name: &str) -> Option<Received> {
        self.receiver.spans().into_iter().find(|span| span.name() == name)
    }

    /// The names of all spans, but those of what is served.
    pub fn spans(&self) -> BTreeSet<String> {
        self.receiver.spans().iter().map(|span| span.name().to_owned()).filter(|name| !name.starts_with("HTTP")).collect()
    }

    pub fn resource(&self, key: &str) -> Option<Value> {
        self.receiver.spans().first().and_then(|span| span.resource_attribute(key).cloned())
    }

    /// The points of a metric.
    pub fn points(&self, metric: &str) -> Vec<Point> {
        points(&self.receiver.metrics()).into_iter().filter(|point| point.metric == metric).collect()
    }

    pub fn says(&self, text: &str) -> bool {
        self.said.lines().iter().any(|line| line.contains(text))
    }

    pub fn warns(&self, text: &str) -> bool {
        self.telemetry.warnings().iter().any(|warning| warning.to_string().contains(text))
    }

    /// Waits for something that comes by itself.
    pub fn wait_until(&self, what: &str, is_there: impl Fn(&Self) -> bool) {
        let began = std::time::Instant::now();
        while !is_there(self) {
            assert!(began.elapsed() < LONG, "{what} does not come: {:?}", self.said.lines());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn context_of(id: u64, is_sampled: bool, is_remote: bool) -> SpanContext {
    let flags = if is_sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    SpanContext::new(TraceId::from(u128::from(id) + 1), SpanId::from(id + 1), flags, is_remote, TraceState::NONE)
}

/// A root with two of everything, and a child of each kind of parent.
fn trace(tracer: &impl Tracer<Span: Send + Sync + 'static>) {
    let some = || vec![KeyValue::new("colour", "green"), KeyValue::new("shape", "round")];
    let links = (5..7).map(|id| Link::new(context_of(id, true, true), some(), 0)).collect();
    let mut span = tracer.span_builder("plain").with_attributes(some()).with_links(links).start_with_context(tracer, &Context::new());
    span.add_event("first", some());
    span.add_event("second", some());
    span.end();
    let parents = [
        ("remote.sampled", true, true),
        ("remote.unsampled", false, true),
        ("local.sampled", true, false),
        ("local.unsampled", false, false),
    ];
    for (id, (name, is_sampled, is_remote)) in (10..).zip(parents) {
        let parent = Context::new().with_remote_span_context(context_of(id, is_sampled, is_remote));
        tracer.start_with_context(name, &parent).end();
    }
}

/// A request with a method that few know.
fn serve() {
    let service = tower::service_fn(async |_: Request<String>| Ok::<_, Infallible>(Response::new(String::new())));
    let request = Request::builder().method("BREW").uri("http://localhost/pots").body(String::new()).expect("it is a request");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    let _ = runtime.block_on(otel_runtime::http::server().layer(service).oneshot(request));
}

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("somebody listens");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").expect("it is taken");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("it is text");
    page
}

/// One span more.
pub fn work_once() {
    work();
}
