//! `#[traced(baggage(…))]`: what a call sets for what runs inside of it, whatever records.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};

use futures_core::Stream;
use otel_runtime::context::{Context, FutureExt};
use otel_runtime::opentelemetry::propagation::TextMapPropagator;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use otel_runtime::propagation::{Format, Propagator};
use otel_runtime::testing::{capture, capture_async};
use otel_runtime::{AttributeKey, baggage, traced};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{isolated, to};

const CAMPAIGN: AttributeKey = AttributeKey::new("shop.campaign");

fn tenant() -> Option<String> {
    baggage::get("tenant.id")
}

#[traced(baggage(tenant.id = of))]
fn sync(of: &str) -> Option<String> {
    inside();
    tenant()
}

#[traced]
fn inside() {}

#[traced(baggage(tenant.id = of))]
async fn asynchronous(of: &str) -> Option<String> {
    tokio::task::yield_now().await;
    inside();
    tenant()
}

#[traced(baggage(tenant.id = of))]
fn opaque(of: &str) -> impl Future<Output = Option<String>> {
    let made = tenant();
    async move {
        tokio::task::yield_now().await;
        assert_eq!(made, tenant());
        made
    }
}

#[traced(baggage(tenant.id = of))]
fn boxed(of: &str) -> Pin<Box<dyn Future<Output = Option<String>> + Send>> {
    let made = tenant();
    Box::pin(async move {
        tokio::task::yield_now().await;
        assert_eq!(made, tenant());
        made
    })
}

/// Gives the tenant once.
struct Once(bool);

impl Stream for Once {
    type Item = Option<String>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready((!std::mem::replace(&mut self.0, true)).then(tenant))
    }
}

#[traced(baggage(tenant.id = of))]
fn stream(of: &str) -> impl Stream<Item = Option<String>> + use<> {
    Once(false)
}

struct Shop {
    tenant: &'static str,
}

#[async_trait::async_trait]
trait Sell {
    async fn sell(&self) -> Option<String>;
}

#[async_trait::async_trait]
impl Sell for Shop {
    #[traced(baggage(tenant.id = self.tenant))]
    async fn sell(&self) -> Option<String> {
        tokio::task::yield_now().await;
        tenant()
    }
}

/// What each shape sees inside of it.
async fn seen() -> Vec<Option<String>> {
    let mut items = pin!(stream("acme"));
    let item = items.as_mut().poll_next(&mut TaskContext::from_waker(Waker::noop()));
    let Poll::Ready(Some(of_stream)) = item else { panic!("it does not wait: {item:?}") };
    vec![
        sync("acme"),
        asynchronous("acme").await,
        opaque("acme").await,
        boxed("acme").await,
        of_stream,
        Shop { tenant: "acme" }.sell().await,
    ]
}

#[tokio::test]
async fn every_shape_has_it_inside_and_nowhere_else() {
    let every = vec![Some("acme".to_owned()); 6];
    assert_eq!(seen().await, every, "nothing is installed");
    assert_eq!(tenant(), None);
    let (seen, spans) = capture_async(seen()).await;
    assert_eq!((seen, tenant()), (every, None));
    assert_eq!(spans.all().len(), 8);
    assert_eq!(spans.one("sync").span_id, spans.named("inside").next().expect("it ran").parent_span_id);
}

/// What would be sent to others from inside of a call.
#[traced(baggage(tenant.id = "acme", CAMPAIGN = %"tea time"))]
fn sent() -> HashMap<String, String> {
    let mut headers = HashMap::new();
    let propagator = Propagator::new([Format::TRACE_CONTEXT, Format::BAGGAGE]);
    propagator.inject_context(&Context::current(), &mut headers);
    headers
}

#[traced(parent = parent, baggage(tenant.id = "acme", CAMPAIGN = "tea time"))]
fn sent_in(parent: &Context) -> HashMap<String, String> {
    let mut headers = HashMap::new();
    Propagator::new([Format::TRACE_CONTEXT, Format::BAGGAGE]).inject_context(&Context::current(), &mut headers);
    headers
}

/// As somebody sends it who has decided not to sample, with an entry of its own.
fn received() -> Context {
    let span = SpanContext::new(TraceId::from(7), SpanId::from(7), TraceFlags::default(), true, TraceState::NONE);
    let _attached = baggage::with("user.tier", "gold").attach();
    Context::current().with_remote_span_context(span)
}

#[test]
fn it_travels_whether_or_not_anything_is_recorded() {
    const ENTRIES: &str = "shop.campaign=tea%20time,tenant.id=acme";
    const PARENT: &str = "00-00000000000000000000000000000007-0000000000000007-00";
    let variables = [
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_TRACES_SAMPLER", "parentbased_always_on"),
        ("OTEL_RUST_FILTER", "off"),
    ];
    assert_eq!(sent(), HashMap::from([("baggage".to_owned(), ENTRIES.to_owned())]), "nothing is installed");
    for (variable, value) in variables {
        let receiver = Receiver::start();
        let telemetry = to(&receiver, Protocol::Http).set(variable, value).build().expect("telemetry can be set up");
        let _telemetry = telemetry.context().attach();
        assert_eq!(sent()["baggage"], ENTRIES, "{variable}={value}");
        // What was received goes on, and none of it is recorded.
        let headers = sent_in(&received());
        assert_eq!(headers["baggage"], format!("{ENTRIES},user.tier=gold"), "{variable}={value}");
        // Where a sampler is asked, there is a span of the call's own, which is not sampled.
        let is_new = variable == "OTEL_TRACES_SAMPLER";
        assert_eq!(headers["traceparent"] == PARENT, !is_new, "{variable}={value}: {headers:?}");
        assert!(headers["traceparent"].ends_with("-00"), "{variable}={value}: {headers:?}");
        let _unsampled = received().attach();
        let _telemetry = telemetry.context().attach();
        assert_eq!(sent()["baggage"], format!("{ENTRIES},user.tier=gold"), "{variable}={value}");
        assert_eq!(baggage::get("tenant.id"), None);
    }
}

#[test]
fn the_span_itself_has_what_is_to_be_copied() {
    let receiver = Receiver::start();
    let builder = to(&receiver, Protocol::Http).set("OTEL_RUST_BAGGAGE_ATTRIBUTES", "tenant.id");
    let telemetry = builder.build().expect("telemetry can be set up");
    {
        let _attached = telemetry.context().attach();
        let _outer = baggage::with("tenant.id", "outer").attach();
        sync("acme");
        inside();
    }
    telemetry.shutdown().expect("everything is delivered");
    let captured = tests::receiver::captured(&receiver.spans());
    assert_eq!(captured.tree(), "sync tenant.id=acme\n  inside tenant.id=acme\ninside tenant.id=outer\n");
}

struct Text;

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("displayed")
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Debugged")
    }
}

#[traced(baggage(number, "a~b" = %shown, shop.debugged = ?shown, shop.flag = number > 1, shop.none = None::<u8>, shop.list = [1, 2], http.response.status_code = "200"))]
fn values(number: u8, shown: &Text) -> Vec<Option<String>> {
    ["number", "a~b", "shop.debugged", "shop.flag", "shop.none", "shop.list", "http.response.status_code"].map(baggage::get).to_vec()
}

#[test]
fn whatever_can_be_an_attribute_is_a_text() {
    let expected = ["7", "displayed", "Debugged", "true", "", "[1,2]", "200"];
    assert_eq!(values(7, &Text), expected.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty())));
}

struct Panics;

impl fmt::Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("of a value")
    }
}

#[traced(baggage(tenant.id = "acme", shop.panics = %Panics, shop.later = 1))]
fn with_a_value_that_panics() -> [Option<String>; 3] {
    ["tenant.id", "shop.panics", "shop.later"].map(baggage::get)
}

#[test]
fn a_value_that_panics_costs_what_comes_from_there_on() {
    let (entries, spans) = capture(with_a_value_that_panics);
    assert_eq!(entries, [Some("acme".to_owned()), None, None]);
    assert_eq!(spans.tree(), "with_a_value_that_panics\n");
}

#[traced(baggage(tenant.id = "acme"))]
fn fails(how: &str) -> Result<(), String> {
    assert_ne!(how, "panic");
    Err(how.to_owned())
}

#[test]
fn a_call_ends_as_others_do() {
    let (panicked, spans) = capture(|| {
        fails("out of tea").expect_err("it fails");
        catch_unwind(AssertUnwindSafe(|| fails("panic"))).is_err()
    });
    assert!(panicked && tenant().is_none());
    assert!(spans.tree().starts_with("fails error=alloc::string::String \"out of tea\"\nfails error=panic "), "{}", spans.tree());
    // And where nothing is recorded, nothing is left behind.
    assert!(catch_unwind(AssertUnwindSafe(|| fails("panic"))).is_err());
    assert_eq!(tenant(), None);
}

#[tokio::test]
async fn a_future_takes_it_into_a_task_and_may_be_dropped() {
    let task = tokio::spawn(asynchronous("acme"));
    assert_eq!(task.await.expect("the task ends").as_deref(), Some("acme"));
    let mut dropped = Box::pin(asynchronous("acme"));
    let polled = dropped.as_mut().poll(&mut TaskContext::from_waker(Waker::noop()));
    assert!(polled.is_pending() && tenant().is_none());
    drop(dropped);
    let inherited = async { tenant() }.with_context(baggage::with("tenant.id", "outer"));
    assert_eq!(tokio::spawn(inherited).await.expect("the task ends").as_deref(), Some("outer"));
}

#[traced(root, baggage(tenant.id = "acme"))]
fn begins() -> Option<String> {
    tenant()
}

#[test]
fn a_root_has_it_too() {
    let (found, spans) = capture(|| sync("outer").and_then(|_| begins()));
    assert_eq!(found.as_deref(), Some("acme"));
    assert_eq!(spans.tree(), "sync\n  inside\nbegins\n");
}

#[traced(parent = parent, baggage(tenant.id = "acme"))]
fn export(parent: &Context) -> bool {
    Context::is_current_telemetry_suppressed() && tenant().is_some()
}

#[test]
fn suppressed_telemetry_stays_so_inside() {
    let telemetry = isolated().set("OTEL_TRACES_EXPORTER", "console").console(std::io::sink()).build().expect("telemetry can be set up");
    let _attached = telemetry.context().with_telemetry_suppressed().attach();
    assert!(export(&telemetry.context()));
}
