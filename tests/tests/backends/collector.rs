//! The OpenTelemetry Collector, built from Go's modules, as `examples/collector` has it: programs → agent → gateways → a backend.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span;
use tests::fetched::Tool;
use tests::http;
use tests::process::Child;
use tests::receiver::{Received, Receiver};
use tests::shop::Shop;

use crate::services::{Order, Services};
use crate::zipkin::Zipkin;
use crate::{LONG, POLL, folder, free_addresses, readme, tell};

const NAME: &str = "OpenTelemetry Collector";

static COLLECTOR: Tool = Tool::new("otelcol", find, |folder| {
    readme::block(NAME).fetch(folder)?;
    let built = folder.join("target/built-from.yaml");
    fs::copy(manifest(), &built).map(drop).map_err(|error| format!("{}: {error}", built.display()))
});

fn manifest() -> PathBuf {
    readme::examples().join("collector/builder.yaml")
}

/// One that was built from what the manifest says now.
fn find(folder: &Path) -> Option<PathBuf> {
    let built = fs::read(folder.join("target/built-from.yaml")).ok()?;
    readme::block(NAME).find(folder).filter(|_| fs::read(manifest()).is_ok_and(|manifest| manifest == built))
}

/// One of the two configurations at work, killed on drop.
struct Collector {
    process: Child,
    configuration: &'static str,
    fetched: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Collector {
    fn start(fetched: &Path, configuration: &'static str, variables: Vec<(&'static str, String)>) -> Self {
        let process = Self::spawn(fetched, configuration, &variables);
        Self { process, configuration, fetched: fetched.to_owned(), variables }
    }

    fn spawn(fetched: &Path, configuration: &str, variables: &[(&'static str, String)]) -> Child {
        let mut command = Command::new(fetched.join("target/otelcol/otelcol"));
        command.arg("--config").arg(readme::examples().join("collector").join(configuration));
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let process = Child::spawn(command);
        process.wait_for_line("Everything is ready", LONG);
        process
    }

    /// Ends it by SIGKILL.
    fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts it again, where it was.
    fn come_back(&mut self) {
        self.process = Self::spawn(&self.fetched, self.configuration, &self.variables);
    }

    /// Ends it by SIGTERM, and waits for that.
    fn end(&mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").arg(&id).status().expect("there is a `kill`").success());
        let deadline = Instant::now() + LONG;
        while self.process.is_running() {
            assert!(Instant::now() < deadline, "it does not end: {}", self.process.stderr());
            thread::sleep(POLL);
        }
    }

    fn variable(&self, name: &str) -> &str {
        self.variables.iter().find(|(variable, _)| *variable == name).map_or("", |(_, value)| value)
    }

    /// What it shows Prometheus of the programs.
    fn metrics(&self) -> String {
        http::get(self.variable("GATEWAY_PROMETHEUS"), "/metrics").expect("it answers").text().to_owned()
    }

    /// How much of a signal it has accepted, by its own account.
    fn accepted(&self, port: &str, signal: &str) -> f64 {
        let page = http::get(&format!("localhost:{}", self.variable(port)), "/metrics").map(|answer| answer.text().to_owned());
        let name = format!("otelcol_receiver_accepted_{signal}");
        value(&page.unwrap_or_default(), &[&name])
    }
}

/// The sum of the series that have all of this in their lines.
fn value(page: &str, parts: &[&str]) -> f64 {
    let series = page.lines().filter(|line| !line.starts_with('#') && parts.iter().all(|part| line.contains(part)));
    series.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).sum()
}

fn port(address: &str) -> String {
    address.rsplit(':').next().unwrap_or_default().to_owned()
}

/// A gateway that sends to a backend.
fn gateway(fetched: &Path, folder: &Path, backend: &Receiver, more: &[(&'static str, &str)]) -> Collector {
    let [grpc, http, metrics, own] = free_addresses();
    let name = format!("gateway-{}", port(&grpc));
    let mut variables = vec![
        ("GATEWAY_OTLP_GRPC", grpc),
        ("GATEWAY_OTLP_HTTP", http),
        ("GATEWAY_PROMETHEUS", metrics),
        ("GATEWAY_METRICS_PORT", port(&own)),
        ("GATEWAY_STORAGE", folder.join(&name).display().to_string()),
        ("GATEWAY_FILES", folder.join(name + "-files").display().to_string()),
        ("GATEWAY_BACKEND", backend.grpc_endpoint().replace("http://", "")),
        ("GATEWAY_LOGS_TO", "[otlp_grpc/backend]".to_owned()),
    ];
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Collector::start(fetched, "gateway.yaml", variables)
}

/// An agent that sends to gateways.
fn agent(fetched: &Path, folder: &Path, gateways: &[&Collector]) -> Collector {
    let [grpc, http, own] = free_addresses();
    let gateways: Vec<_> = gateways.iter().map(|gateway| gateway.variable("GATEWAY_OTLP_GRPC")).collect();
    let variables = vec![
        ("AGENT_OTLP_GRPC", grpc),
        ("AGENT_OTLP_HTTP", http),
        ("AGENT_METRICS_PORT", port(&own)),
        ("AGENT_STORAGE", folder.join("agent").display().to_string()),
        ("AGENT_OTLP_FILES", folder.join("*.jsonl").display().to_string()),
        ("AGENT_GATEWAYS", format!("[{}]", gateways.join(", "))),
    ];
    Collector::start(fetched, "agent.yaml", variables)
}

/// The services, sending to an agent as the README says.
fn services(agent: &Collector) -> Services {
    let endpoint = format!("http://{}", agent.variable("AGENT_OTLP_HTTP"));
    let more = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "200")];
    Services::start(&readme::block(NAME).variables(&more))
}

/// The spans of each order, by the number of the order, each once.
fn by_order(spans: Vec<Received>) -> BTreeMap<i64, BTreeMap<String, Received<Span>>> {
    let mut orders: BTreeMap<i64, BTreeMap<_, _>> = BTreeMap::new();
    for span in spans {
        let Some(Value::IntValue(order)) = span.attribute("order.id") else { panic!("each is of an order: {span:?}") };
        orders.entry(*order).or_default().insert(span.span_id_hex(), span);
    }
    orders
}

/// Each trace is whole: five spans of one trace, each but the first below another.
fn assert_whole(orders: &BTreeMap<i64, BTreeMap<String, Received<Span>>>) {
    for (order, spans) in orders {
        let traces: HashSet<_> = spans.values().map(Received::<Span>::trace_id_hex).collect();
        let orphans = spans.values().filter(|span| span.parent_span_id_hex().is_none_or(|parent| !spans.contains_key(&parent)));
        assert_eq!((spans.len(), traces.len(), orphans.count()), (5, 1, 1), "of order {order}: {spans:#?}");
    }
}

#[test]
#[ignore = "builds a Collector from Go's modules"]
fn agents_and_gateways_keep_all_errors_and_slow_traces_and_a_share_of_the_rest() {
    let Some(fetched) = COLLECTOR.folder() else { return };
    let (folder, backend, zipkin) = (folder("sampling"), Receiver::start(), Zipkin::start());
    let to = if zipkin.is_some() { "[otlp_grpc/backend, file/traces, zipkin]" } else { "[otlp_grpc/backend, file/traces]" };
    let to_zipkin = zipkin.as_ref().map(|zipkin| format!("http://{}/api/v2/spans", zipkin.address)).unwrap_or_default();
    let more = [("GATEWAY_TRACES_TO", to), ("GATEWAY_ZIPKIN", &to_zipkin), ("GATEWAY_SHARE", "50"), ("GATEWAY_DECISION_WAIT", "8s")];
    let mut gateways = [(); 2].map(|()| gateway(fetched, &folder, &backend, &more));
    let mut agent = agent(fetched, &folder, &gateways.each_ref());

    let (good, failing, slow) = (1..=40, 41..=48, 49..=50);
    let services = services(&agent);
    good.clone().for_each(|id| drop(services.order(id, Order::Good)));
    failing.clone().for_each(|id| drop(services.order(id, Order::Failing)));
    slow.clone().for_each(|id| drop(services.order(id, Order::Slow)));
    let [spans, _, logs] = services.end();
    assert_eq!((spans, logs), (250, 150));
    // One more leaves its telemetry in a file, which the agent reads.
    let file = folder.join("order.jsonl").display().to_string();
    let to_file = [
        ("OTEL_TRACES_EXPORTER", "otlp/file"),
        ("OTEL_LOGS_EXPORTER", "otlp/file"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_RUST_OTLP_FILE", &file),
    ];
    let services = Services::start(&to_file.map(|(name, value)| (name.to_owned(), value.to_owned())));
    services.order(51, Order::Failing);
    services.end();

    let accepted = |signal| gateways.each_ref().map(|gateway| gateway.accepted("GATEWAY_METRICS_PORT", signal));
    wait_until("the gateways have it all", || accepted("spans").iter().sum::<f64>() >= 255.0 && backend.logs().len() >= 153);
    let spans = accepted("spans");
    assert!(spans.iter().all(|spans| *spans > 0.0), "each has a share: {spans:?}");
    let pages = gateways.each_ref().map(Collector::metrics);
    let mut errors = pages.map(|page| value(&page, &["function_calls_total{", r#"job="api2""#, r#"function_outcome="error""#]));
    errors.sort_by(f64::total_cmp);
    assert!(
        errors.iter().zip([0.0, 8.0]).all(|(found, wanted)| (found - wanted).abs() < 0.5),
        "one gateway shows all of a series: {errors:?}"
    );

    // What is still to be decided is decided at the end. What is then in the queues is on disk, and delivered by the next run.
    agent.end();
    gateways.iter_mut().for_each(Collector::end);
    let written = gateways.iter().map(spans_in_file).sum::<usize>();
    gateways.iter_mut().for_each(Collector::come_back);
    wait_until("the backend has what is kept", || by_order(backend.spans()).values().map(BTreeMap::len).sum::<usize>() == written);
    let orders = by_order(backend.spans());
    assert_whole(&orders);
    let kept: BTreeSet<u32> = orders.keys().filter_map(|order| u32::try_from(*order).ok()).collect();
    let missing: Vec<_> = failing.chain(slow).chain([51]).filter(|order| !kept.contains(order)).collect();
    assert_eq!(missing, Vec::<u32>::new(), "errors and slow traces are kept");
    let share = kept.iter().filter(|order| good.contains(order)).count();
    assert!((1..40).contains(&share), "{share} of 40 of the rest are kept");
    assert_logs_of(&orders, &backend);
    if let Some(zipkin) = &zipkin {
        let failed = orders[&51].values().next().expect("it is whole");
        zipkin.trace(&failed.trace_id_hex(), 5);
    }
    let also = if zipkin.is_some() { "the file and Zipkin have them too" } else { "the file has them too" };
    let others = format!("{share} of 40 others, 153 log records; {also}");
    tell("collector", format_args!("version {}", readme::block(NAME).version()));
    tell("collector", format_args!("of 51 traces in 2 gateways, kept {}: 9 with errors, 2 slow, {others}", kept.len()));
}

/// How many spans a gateway has written to its file.
fn spans_in_file(gateway: &Collector) -> usize {
    let lines = fs::read_to_string(Path::new(gateway.variable("GATEWAY_FILES")).join("traces.jsonl")).expect("it is written");
    lines.matches("\"spanId\"").count()
}

/// Each log record says to which trace and span it belongs, and each of these traces has some.
fn assert_logs_of(orders: &BTreeMap<i64, BTreeMap<String, Received<Span>>>, backend: &Receiver) {
    let logs = backend.logs();
    assert!(logs.iter().all(|log| log.data.trace_id.len() == 16 && log.data.span_id.len() == 8), "{logs:#?}");
    let belong: HashSet<_> = logs.iter().map(|log| (log.trace_id_hex(), log.span_id_hex())).collect();
    for (order, spans) in orders {
        let with = spans.values().filter(|span| belong.contains(&(span.trace_id_hex(), span.span_id_hex())));
        assert_eq!(with.count(), 3, "each service has logged something of order {order}");
    }
}

#[test]
#[ignore = "builds a Collector from Go's modules"]
fn a_trace_of_shop_arrives_whole_through_an_agent_and_gateways() {
    let Some(fetched) = COLLECTOR.folder() else { return };
    let (folder, backend) = (folder("shop"), Receiver::start());
    let more = [("GATEWAY_TRACES_TO", "[otlp_grpc/backend]"), ("GATEWAY_SHARE", "100"), ("GATEWAY_DECISION_WAIT", "2s")];
    let gateways = [(); 2].map(|()| gateway(fetched, &folder, &backend, &more));
    let agent = agent(fetched, &folder, &gateways.each_ref());
    let endpoint = format!("http://{}", agent.variable("AGENT_OTLP_HTTP"));
    let shop = Shop::start(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    assert_eq!(shop.request("POST", "/customers/ann/visit").0, 200);
    assert_eq!(shop.request("GET", "/err").0, 502);
    shop.end();

    // Of a visit and of a failure, what has to be in their traces, each begun by a customer.
    let wanted = [
        vec![
            "POST /customers/{customer}/visit",
            "visit",
            "POST /users/{name}",
            "register_user",
            "create_user",
            "INSERT users",
            "GET /hello/{name}",
            "greet",
        ],
        vec!["GET /err", "fail", "brew"],
    ];
    wait_until("both have arrived", || wanted.iter().all(|wanted| trace_with(wanted, &backend.spans()).is_some()));
    wait_until("they are whole", || nothing_is_missing(&backend.spans()));
    let spans = backend.spans();
    let traces = wanted.each_ref().map(|wanted| trace_with(wanted, &spans).expect("it was there"));
    let visit: Vec<_> = spans.iter().filter(|span| span.trace_id_hex() == traces[0]).map(Received::<Span>::name).collect();

    let logged = || backend.logs().iter().map(Received::<LogRecord>::trace_id_hex).collect::<Vec<_>>();
    wait_until("both have logged something", || traces.iter().all(|trace| logged().contains(trace)));

    let shown = |job: &str, route: &str, status: &str| {
        let parts = [
            "http_server_request_duration_seconds_count{".to_owned(),
            format!("job=\"{job}\""),
            format!("http_route=\"{route}\""),
            format!("http_response_status_code=\"{status}\""),
        ];
        let parts = parts.each_ref().map(String::as_str);
        gateways.each_ref().map(|gateway| value(&gateway.metrics(), &parts)).iter().sum::<f64>()
    };
    let requests = [
        ("server", "/customers/{customer}/visit", "200"),
        ("server", "/err", "502"),
        ("api1", "/users/{name}", "200"),
        ("api2", "/hello/{name}", "200"),
        ("api2", "/err", "503"),
    ];
    for (job, route, status) in requests {
        wait_until("the port for Prometheus shows each request once", || (shown(job, route, status) - 1.0).abs() < 0.5);
    }
    tell("collector", format_args!("a visit to shop is one trace of {} spans: {}", visit.len(), visit.join(", ")));
    let logged = logged().iter().filter(|trace| traces.contains(trace)).count();
    tell(
        "collector",
        format_args!("it and a failure have {logged} log records, and are {} routes on the ports for Prometheus", requests.len()),
    );
}

/// The trace that has spans of all these names.
fn trace_with(names: &[&str], spans: &[Received<Span>]) -> Option<String> {
    let mut traces: BTreeMap<String, HashSet<&str>> = BTreeMap::new();
    for span in spans {
        traces.entry(span.trace_id_hex()).or_default().insert(span.name());
    }
    traces.into_iter().find(|(_, found)| names.iter().all(|name| found.contains(name))).map(|(trace, _)| trace)
}

/// Each span but the first of a trace is below one that has arrived.
fn nothing_is_missing(spans: &[Received<Span>]) -> bool {
    let ids: HashSet<_> = spans.iter().map(Received::<Span>::span_id_hex).collect();
    spans.iter().all(|span| span.parent_span_id_hex().is_none_or(|parent| ids.contains(&parent)))
}

#[test]
#[ignore = "builds a Collector from Go's modules"]
fn a_gateway_and_an_agent_that_are_killed_under_load_lose_nothing() {
    const ORDERS: u32 = 400;
    let Some(fetched) = COLLECTOR.folder() else { return };
    let (folder, backend) = (folder("killed"), Receiver::start());
    // Without the sampling, which holds traces in memory until it decides.
    let more = [("GATEWAY_TRACES_TO", "[otlp_grpc/backend]"), ("GATEWAY_TRACES_THROUGH", "[memory_limiter]")];
    let mut gateway = gateway(fetched, &folder, &backend, &more);
    let mut agent = agent(fetched, &folder, &[&gateway]);
    let services = services(&agent);
    let placed = AtomicU32::new(0);
    thread::scope(|scope| {
        for worker in 0..4 {
            let (services, placed) = (&services, &placed);
            scope.spawn(move || {
                for id in (worker..ORDERS).step_by(4) {
                    services.order(id, if id % 10 == 0 { Order::Failing } else { Order::Good });
                    placed.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let reached = |orders| wait_until("orders are placed", || placed.load(Ordering::Relaxed) >= orders);
        reached(ORDERS / 8);
        gateway.kill();
        reached(ORDERS * 3 / 8);
        gateway.come_back();
        reached(ORDERS * 4 / 8);
        agent.kill();
        reached(ORDERS * 5 / 8);
        agent.come_back();
        gateway.kill();
        reached(ORDERS * 7 / 8);
        gateway.come_back();
    });
    let [spans, _, logs] = services.end();
    assert_eq!((spans, logs), (u64::from(ORDERS) * 5, u64::from(ORDERS) * 3));
    let distinct_logs = || {
        let logs = backend.logs();
        logs.iter().map(|log| (log.trace_id_hex(), log.span_id_hex())).collect::<HashSet<_>>().len()
    };
    let distinct_spans = || by_order(backend.spans()).values().map(BTreeMap::len).sum::<usize>();
    wait_until("all has arrived", || distinct_spans() == ORDERS as usize * 5 && distinct_logs() == ORDERS as usize * 3);
    assert_whole(&by_order(backend.spans()));
    // The sums are right, too, whatever of the way there was lost.
    let calls =
        |outcome: &str| value(&gateway.metrics(), &["function_calls_total{", r#"job="api2""#, &format!("function_outcome=\"{outcome}\"")]);
    let (failing, good) = (f64::from(ORDERS / 10), f64::from(ORDERS - ORDERS / 10));
    wait_until("all calls are counted", || (calls("error") - failing).abs() < 0.5 && (calls("ok") - good).abs() < 0.5);
    let twice = backend.spans().len() - distinct_spans();
    tell(
        "collector",
        format_args!(
            "gateway killed twice and agent once: all {spans} spans and {logs} log records have arrived, {twice} spans twice; {ORDERS} calls are counted"
        ),
    );
}

#[track_caller]
fn wait_until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !done() {
        assert!(Instant::now() < deadline, "not within {LONG:?}: {what}");
        thread::sleep(POLL);
    }
}
