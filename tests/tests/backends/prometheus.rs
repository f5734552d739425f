//! Prometheus, from Debian, which scrapes the services, and a newer one, built from Go's modules, to which they push: both are asked for what they
//! count.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tests::fetched::Tool;
use tests::http;
use tests::process::Child;
use tests::shop::{Service, Shop};

use crate::services::{Order, Services};
use crate::{LONG, folder, free_addresses, readme, tell};

static PROMETHEUS: Tool =
    Tool::new("prometheus", |folder| readme::block("Prometheus").find(folder), |folder| readme::block("Prometheus").fetch(folder));

/// The heading of the one to which metrics are pushed.
const PUSHED_TO: &str = "Prometheus, pushed to";

static PROMETHEUS_PUSHED_TO: Tool =
    Tool::new("prometheus-push", |folder| readme::block(PUSHED_TO).find(folder), |folder| readme::block(PUSHED_TO).fetch(folder));

/// What the README's lines listen at.
const LISTEN: &str = "localhost:9090";

/// A running one, killed on drop.
struct Prometheus {
    address: String,
    _process: Child,
}

impl Prometheus {
    /// One that scrapes these addresses four times a second.
    fn scraping(name: &str, fetched: &Path, targets: &[String]) -> Self {
        let folder = folder(name);
        let settings = fs::read_to_string(readme::examples().join("prometheus.yml")).expect("it is there");
        assert!(settings.contains("localhost:9464") && settings.contains("scrape_interval: 15s"), "{settings}");
        let settings = settings.replace("localhost:9464", &targets.join(", ")).replace("scrape_interval: 15s", "scrape_interval: 250ms");
        let path = folder.join("prometheus.yml");
        fs::write(&path, settings).expect("the target folder can be written to");
        let [address] = free_addresses();
        let data = folder.join("data").display().to_string();
        let instead = [("examples/prometheus.yml", &*path.display().to_string()), ("target/prometheus/data", &data), (LISTEN, &address)];
        let prometheus = Self::start(readme::block("Prometheus").serve(fetched, &instead), address);
        let about = http::get(&prometheus.address, "/api/v1/status/buildinfo").expect("it answers").json();
        tell("prometheus", format_args!("version {}", about["data"]["version"]));
        prometheus
    }

    /// One that takes what is pushed.
    fn pushed_to(name: &str, fetched: &Path) -> Self {
        let data = folder(name).join("data").display().to_string();
        let [address] = free_addresses();
        let instead = [("target/prometheus-push/data", &*data), (LISTEN, &address)];
        tell("prometheus", format_args!("version {}", readme::block(PUSHED_TO).version()));
        Self::start(readme::block(PUSHED_TO).serve(fetched, &instead), address)
    }

    fn start(command: Command, address: String) -> Self {
        let process = Child::spawn(command);
        http::poll(&address, "/-/ready", LONG, |answer| (answer.status == 200).then_some(()));
        Self { address, _process: process }
    }

    /// Asks until the answers, by the value of a label, are as wanted.
    #[track_caller]
    fn wait_for(&self, query: &str, label: &str, wanted: impl Fn(&[(String, f64)]) -> bool) {
        let encoded = query.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
        http::poll(&self.address, &format!("/api/v1/query?query={encoded}"), LONG, |answer| {
            let answer = answer.json();
            let number = |series: &Value| series["value"][1].as_str()?.parse().ok();
            let each = |series: &Value| Some((series["metric"][label].as_str()?.to_owned(), number(series)?));
            let mut found: Vec<(String, f64)> = answer["data"]["result"].as_array()?.iter().filter_map(each).collect();
            found.sort_by(|one, other| one.0.cmp(&other.0));
            wanted(&found).then(|| tell("prometheus", format_args!("{query} is {found:?}")))
        });
    }

    #[track_caller]
    fn wait_for_exactly(&self, query: &str, label: &str, wanted: &[(&str, f64)]) {
        self.wait_for(query, label, |found| found.iter().map(|(name, value)| (name.as_str(), *value)).eq(wanted.iter().copied()));
    }

    /// Once there are many samples, a rate is not far from what went on between the first and the last, which it is extrapolated from.
    #[track_caller]
    fn wait_for_rates(&self, job: &str, functions: &str, errors: f64, oks: f64) {
        let calls = format!(r#"function_calls_total{{job="{job}", code_function_name=~"{functions}"}}"#);
        let samples = format!("min by (job) (count_over_time({calls}[10m]))");
        self.wait_for(&samples, "job", |found| found.iter().any(|(_, samples)| *samples >= 40.0));
        let rates = format!("sum by (function_outcome) (600 * rate({calls}[10m]))");
        let near = |value: f64, wanted: f64| (value - wanted).abs() < wanted * 0.1;
        let are_near = |found: &[(String, f64)]| matches!(found, [(_, error), (_, ok)] if near(*error, errors) && near(*ok, oks));
        self.wait_for(&rates, "function_outcome", are_near);
    }
}

#[test]
#[ignore = "fetches Prometheus from Debian"]
fn prometheus_knows_how_many_calls_had_which_outcome_and_how_fast_they_come() {
    let Some(fetched) = PROMETHEUS.folder() else { return };
    let more = [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "0")];
    let services = Services::start(&readme::block("Prometheus").variables(&more));
    let prometheus = Prometheus::scraping("prometheus-services", fetched, &services.metrics_addresses());

    // A rate is told from how a series goes on: each has to begin.
    services.order(1, Order::Good);
    services.order(2, Order::Failing);
    let calls = r#"sum by (function_outcome) (function_calls_total{job="shop", code_function_name=~".*::price"})"#;
    prometheus.wait_for_exactly(calls, "function_outcome", &[("error", 1.0), ("ok", 1.0)]);
    for id in 3..=42 {
        services.order(id, if id % 4 == 0 { Order::Failing } else { Order::Good });
    }
    services.order(43, Order::Slow);
    prometheus.wait_for_exactly(calls, "function_outcome", &[("error", 11.0), ("ok", 32.0)]);

    let routes = |name: &str, of: &str| format!("sum by (http_route) (http_server_request_duration_seconds_{name}{{{of}}})");
    let all = [("/order", 43.0), ("/price", 43.0), ("/stock", 43.0)];
    prometheus.wait_for_exactly(&routes("count", ""), "http_route", &all);
    let quick = [("/order", 42.0), ("/price", 43.0), ("/stock", 42.0)];
    prometheus.wait_for_exactly(&routes("bucket", r#"le=~"1|1.0""#), "http_route", &quick);

    prometheus.wait_for_rates("shop", ".*::price", 10.0, 31.0);
    assert_eq!(services.end(), [0, 0, 0]);
}

#[test]
#[ignore = "fetches Prometheus from Debian"]
fn prometheus_knows_the_routes_of_shop_and_how_its_functions_end() {
    let Some(fetched) = PROMETHEUS.folder() else { return };
    let more = [("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_EXPORTER_PROMETHEUS_PORT", "0")];
    let variables = readme::block("Prometheus").variables(&more);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let shop = Shop::start(&variables);
    let prometheus = Prometheus::scraping("prometheus-shop", fetched, &shop.services.each_ref().map(Service::metrics_address));
    let visit = |customer: u32| assert_eq!(shop.request("POST", &format!("/customers/customer-{customer}/visit")).0, 200);
    let fail = || assert_eq!(shop.request("GET", "/err").0, 502);

    // A rate is told from how a series goes on: each has to begin.
    visit(1);
    fail();
    let calls = r#"sum by (function_outcome) (function_calls_total{job="shop", code_function_name=~".*::server::(visit|fail)"})"#;
    prometheus.wait_for_exactly(calls, "function_outcome", &[("error", 1.0), ("ok", 1.0)]);
    (2..=31).for_each(visit);
    (0..10).for_each(|_| fail());
    prometheus.wait_for_exactly(calls, "function_outcome", &[("error", 11.0), ("ok", 31.0)]);

    let routes = r#"sum by (http_route) (http_server_request_duration_seconds_count{job="shop"})"#;
    let all = [("/customers/{customer}/visit", 31.0), ("/err", 22.0), ("/hello/{name}", 31.0), ("/users/{name}", 31.0)];
    prometheus.wait_for_exactly(routes, "http_route", &all);
    let statuses = r#"sum by (http_response_status_code) (http_server_request_duration_seconds_count{http_route="/err"})"#;
    prometheus.wait_for_exactly(statuses, "http_response_status_code", &[("502", 11.0), ("503", 11.0)]);
    prometheus.wait_for_rates("shop", ".*::server::(visit|fail)", 10.0, 30.0);
    shop.end();
}

#[test]
#[ignore = "builds Prometheus from Go's modules"]
fn prometheus_takes_the_metrics_that_shop_pushes() {
    let Some(fetched) = PROMETHEUS_PUSHED_TO.folder() else { return };
    let prometheus = Prometheus::pushed_to("prometheus-push", fetched);
    let endpoint = format!("http://{}/api/v1/otlp", prometheus.address);
    let block = readme::block(PUSHED_TO);
    let variables: Vec<_> = block
        .variables(&[("OTEL_TRACES_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_METRIC_EXPORT_INTERVAL", "250")])
        .into_iter()
        .map(|(name, value)| if value.contains(LISTEN) { (name, endpoint.clone()) } else { (name, value) })
        .collect();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let shop = Shop::start(&variables);
    let visit = |customer: u32| assert_eq!(shop.request("POST", &format!("/customers/customer-{customer}/visit")).0, 200);
    let fail = || assert_eq!(shop.request("GET", "/err").0, 502);

    visit(1);
    fail();
    let calls = r#"sum by (function_outcome) (function_calls_total{job="server", code_function_name=~".*::server::(visit|fail)"})"#;
    prometheus.wait_for_exactly(calls, "function_outcome", &[("error", 1.0), ("ok", 1.0)]);
    (2..=31).for_each(visit);
    (0..10).for_each(|_| fail());
    prometheus.wait_for_exactly(calls, "function_outcome", &[("error", 11.0), ("ok", 31.0)]);

    // Of each service that pushes, `job` is its name.
    let of_job = |job: &str| format!(r#"sum by (http_route) (http_server_request_duration_seconds_count{{job="{job}"}})"#);
    prometheus.wait_for_exactly(&of_job("server"), "http_route", &[("/customers/{customer}/visit", 31.0), ("/err", 11.0)]);
    prometheus.wait_for_exactly(&of_job("api1"), "http_route", &[("/users/{name}", 31.0)]);
    prometheus.wait_for_exactly(&of_job("api2"), "http_route", &[("/err", 11.0), ("/hello/{name}", 31.0)]);
    let quick = r#"sum by (http_route) (http_server_request_duration_seconds_bucket{job="api2", le="+Inf"})"#;
    prometheus.wait_for_exactly(quick, "http_route", &[("/err", 11.0), ("/hello/{name}", 31.0)]);
    prometheus.wait_for_rates("server", ".*::server::(visit|fail)", 10.0, 30.0);
    shop.end();
}
