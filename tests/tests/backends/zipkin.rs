//! Zipkin, from Maven Central: spans in its own format, its API, and the graph of who calls whom.

use serde_json::Value;
use tests::fetched::Tool;
use tests::http;
use tests::process::Child;
use tests::shop::Shop;

use crate::services::{Order, Services};
use crate::{LONG, free_addresses, readme, tell};

pub(crate) static ZIPKIN: Tool =
    Tool::new("zipkin", |folder| readme::block("Zipkin").find(folder), |folder| readme::block("Zipkin").fetch(folder));

/// A running one, killed on drop.
pub(crate) struct Zipkin {
    pub(crate) address: String,
    _process: Child,
}

impl Zipkin {
    /// Nothing if it cannot be had.
    pub(crate) fn start() -> Option<Self> {
        let folder = ZIPKIN.folder()?;
        let [address] = free_addresses();
        let (host, port) = address.split_once(':')?;
        // By itself, it would listen to other machines too.
        let listen = format!("-exec.jar --armeria.ports[0].ip={host} --armeria.ports[0].port={port} --armeria.ports[0].protocols[0]=http");
        let process = Child::spawn(readme::block("Zipkin").serve(folder, &[("-exec.jar", &listen)]));
        http::poll(&address, "/health", LONG, |answer| (answer.status == 200).then_some(()));
        let about = http::get(&address, "/info").expect("it answers").json();
        tell("zipkin", format_args!("version {}", about["zipkin"]["version"]));
        Some(Self { address, _process: process })
    }

    pub(crate) fn trace(&self, id: &str, spans: usize) -> Vec<Value> {
        http::poll(&self.address, &format!("/api/v2/trace/{id}"), LONG, |answer| {
            Some(answer.json().as_array()?.clone()).filter(|trace| trace.len() == spans)
        })
    }
}

/// Who calls whom, as Zipkin has it, in the order of who is called: with how many calls, and of these errors.
fn links(zipkin: &Zipkin, from: &str) -> Vec<(String, u64, u64)> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970").as_millis();
    let path = format!("/api/v2/dependencies?endTs={now}&lookback=3600000");
    let links = http::poll(&zipkin.address, &path, LONG, |answer| answer.json().as_array().cloned().filter(|links| !links.is_empty()));
    let number = |link: &Value, name: &str| link[name].as_u64().unwrap_or_default();
    let of_one = links.iter().filter(|link| link["parent"] == from);
    let mut links: Vec<_> = of_one
        .map(|link| (link["child"].as_str().unwrap_or_default().to_owned(), number(link, "callCount"), number(link, "errorCount")))
        .collect();
    links.sort();
    links
}

#[test]
#[ignore = "fetches Zipkin from Maven Central"]
fn zipkin_has_the_traces_of_shop_and_draws_who_calls_whom() {
    let Some(zipkin) = Zipkin::start() else { return };
    let endpoint = format!("http://{}/api/v2/spans", zipkin.address);
    let more = [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", &endpoint)];
    let variables = readme::block("Zipkin").variables(&more);
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let shop = Shop::start(&variables);
    assert_eq!(shop.request("POST", "/customers/ann/visit").0, 200);
    assert_eq!(shop.request("POST", "/customers/bob/visit").0, 200);
    assert_eq!(shop.request("GET", "/err").0, 502);
    shop.end();

    let path = "/api/v2/traces?serviceName=server&spanName=post%20%2Fcustomers%2F%7Bcustomer%7D%2Fvisit";
    let visits = http::poll(&zipkin.address, path, LONG, |answer| answer.json().as_array().cloned().filter(|traces| traces.len() == 2));
    for visit in &visits {
        let spans = visit.as_array().expect("a trace is its spans");
        let has =
            |service: &str, name: &str| spans.iter().any(|span| span["localEndpoint"]["serviceName"] == service && span["name"] == name);
        for (service, name) in [("server", "visit"), ("api1", "register_user"), ("api1", "insert users"), ("api2", "get /hello/{name}")] {
            assert!(has(service, name), "{service}: {name} is missing in {visit:#}");
        }
        let orphans = spans.iter().filter(|span| !spans.iter().any(|parent| parent["id"] == span["parentId"]));
        assert_eq!(orphans.count(), 1, "{visit:#}");
    }
    assert_eq!(links(&zipkin, "server"), [("api1".to_owned(), 2, 0), ("api2".to_owned(), 3, 1)]);
    tell("zipkin", "shop's server calls api1 2 times, api2 3 times with 1 error");
}

#[test]
#[ignore = "fetches Zipkin from Maven Central"]
fn zipkin_has_the_trace_and_knows_who_calls_whom() {
    let Some(zipkin) = Zipkin::start() else { return };
    let endpoint = format!("http://{}/api/v2/spans", zipkin.address);
    let more = [("OTEL_METRICS_EXPORTER", "none"), ("OTEL_LOGS_EXPORTER", "none"), ("OTEL_EXPORTER_ZIPKIN_ENDPOINT", &endpoint)];
    let variables = readme::block("Zipkin").variables(&more);
    let services = Services::start(&variables);
    let trace = services.order(1, Order::Good).expect("it is placed");
    services.order(2, Order::Failing);
    assert_eq!(services.end(), [10, 0, 0]);

    let spans = zipkin.trace(&trace, 5);
    let calls = |service: &str| {
        let served = spans.iter().find(|span| span["kind"] == "SERVER" && span["localEndpoint"]["serviceName"] == service);
        let call = spans.iter().find(|span| served.is_some_and(|served| served["parentId"] == span["id"]));
        let from = spans.iter().find(|span| call.is_some_and(|call| call["parentId"] == span["id"]));
        from.map(|span| (span["localEndpoint"]["serviceName"].clone(), span["name"].clone()))
    };
    for service in ["api1", "api2"] {
        assert_eq!(calls(service), Some(("server".into(), "get /order".into())), "{spans:#?}");
    }

    assert_eq!(links(&zipkin, "server"), [("api1".to_owned(), 2, 0), ("api2".to_owned(), 2, 1)]);

    let failed = http::get(&zipkin.address, "/api/v2/traces?serviceName=api2&annotationQuery=error").expect("it answers").json();
    let failed: Vec<_> = failed.as_array().into_iter().flatten().collect();
    assert_eq!(failed.len(), 1, "{failed:?}");
    tell("zipkin", "the trace has 5 spans of 3 services; server calls api1 2 times, api2 2 times with 1 error; 1 trace has errors");
}
