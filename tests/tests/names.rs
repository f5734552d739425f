//! Names that are checked while compiling, as they are recorded; what is refused is in `ui`.

use std::borrow::Cow;
use std::sync::Arc;

use otel_runtime::opentelemetry::Value;
use otel_runtime::testing::capture;
use otel_runtime::{AttributeKey, AttributeValue, Attributes, MetricName, MetricValue, OfKind, ValueWriter, counted, kind, timed, traced};

mod keys {
    use otel_runtime::AttributeKey;

    pub const ORDER_ID: AttributeKey = AttributeKey::new("order.id");
    pub const OLD_METHOD: AttributeKey = AttributeKey::new("http.method");
}

struct StatusCode(u16);

impl AttributeValue for StatusCode {
    fn write(&self, writer: ValueWriter<'_>) {
        self.0.write(writer);
    }
}

impl OfKind<kind::Int> for StatusCode {}

#[derive(Clone, Copy, MetricValue)]
enum Method {
    #[metric_value("GET")]
    Get,
}

#[traced(fields(
    http.request.method = method,
    http.response.status_code = StatusCode(200),
    http.route = Cow::Borrowed("/orders"),
    http.request.header.accept = vec![format!("text/{}", "html")],
    http.request.header.x_request_id = None::<Vec<String>>,
    server.address = format!("{}.example", "shop"),
    server.port = &Arc::new(80u16),
    network.peer.address = %std::net::Ipv4Addr::LOCALHOST,
    url.full = Value::from("http://shop.example/orders"),
    user.tier = "gold",
    "http.cats" = 2,
))]
fn conventions(method: Method) {}

#[test]
fn keys_of_the_conventions_are_recorded_with_what_fits_them() {
    let ((), captured) = capture(|| conventions(Method::Get));
    assert_eq!(
        captured.tree(),
        "conventions http.request.method=GET http.response.status_code=200 http.route=/orders http.request.header.accept=[\"text/html\"] \
         server.address=shop.example server.port=80 network.peer.address=127.0.0.1 url.full=http://shop.example/orders user.tier=gold \
         http.cats=2\n"
    );
}

#[traced(fields(keys::ORDER_ID = id, crate::keys::OLD_METHOD = ?Some("GET")), ok(self::COUNT = |count| *count))]
fn constants(id: u64) -> usize {
    7
}

#[traced(ok(http.response.status_code = |status| *status), err(http.response.status_code = |status| *status))]
fn answered(status: u16) -> Result<u16, u16> {
    if status < 400 { Ok(status) } else { Err(status) }
}

#[test]
fn what_is_returned_has_one_key_for_both_ways() {
    let (_, captured) = capture(|| (answered(200).is_ok(), answered(404).is_err()));
    assert_eq!(captured.tree(), "answered http.response.status_code=200\nanswered http.response.status_code=404 error=u16 \"404\"\n");
}

const COUNT: AttributeKey = AttributeKey::new("order.count");

#[test]
fn keys_are_constants_as_well() {
    let (_, captured) = capture(|| constants(3));
    assert_eq!(captured.tree(), "constants order.id=3 http.method=Some(\"GET\") order.count=7\n");
}

#[derive(Attributes)]
#[attributes(prefix = "http.request")]
struct Request {
    method: &'static str,
    #[attribute("http.response.status_code")]
    status: Option<u16>,
    #[attribute(key = keys::OLD_METHOD)]
    old: &'static str,
    #[attribute("user.email", redact = erase)]
    email: String,
}

#[traced(fields(..request))]
fn derived(request: &Request) {}

#[test]
fn a_derive_has_keys_of_the_conventions_and_constants() {
    let request = Request { method: "GET", status: Some(200), old: "GET", email: "a@b.example".to_owned() };
    let ((), captured) = capture(|| derived(&request));
    assert_eq!(captured.tree(), "derived http.request.method=GET http.response.status_code=200 http.method=GET user.email=[erased]\n");
}

const DURATION: MetricName = MetricName::new("http.server.request.duratio");

#[counted("aspnetcore.authentication.challenges", fields(keys::ORDER_ID = unbounded(id), http.request.method = method))]
#[timed(name = DURATION)]
fn measured(id: u64, method: Method) {}

#[test]
fn a_metric_of_the_conventions_has_their_unit() {
    let ((), captured) = capture(|| measured(1, Method::Get));
    let point = captured.points("aspnetcore.authentication.challenges").next().expect("it was recorded");
    assert_eq!(point.unit, "{challenge}");
    assert!(captured.metrics().contains("http.request.method=GET") && captured.metrics().contains("order.id=1"), "{}", captured.metrics());
    assert_eq!(captured.points("http.server.request.duratio").count(), 1, "a constant is not checked against the conventions");
}
