//! Captures with options, in each other, and of what runs on; look-ups, and what they say when they find nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, UNIX_EPOCH};

use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::opentelemetry::trace::{Span as _, SpanContext, SpanId, TraceFlags, TraceState, Tracer, TracerProvider};
use otel_runtime::opentelemetry::{Context, KeyValue};
use otel_runtime::opentelemetry_sdk::error::OTelSdkResult;
use otel_runtime::opentelemetry_sdk::metrics::Aggregation;
use otel_runtime::opentelemetry_sdk::trace::{Span as SdkSpan, SpanData, SpanProcessor};
use otel_runtime::testing::{Capture, CaptureBuilder, Captured, PointValue, Span, capture, start};
use otel_runtime::{Sampler, View, baggage, counted, current, timed, traced};

#[traced(fields(n))]
fn work(n: u32) {
    leaf();
    let _ = n;
}

#[traced]
fn leaf() {}

/// What a panic says.
fn said<T>(run: impl FnOnce() -> T) -> String {
    let panic = catch_unwind(AssertUnwindSafe(run)).err().expect("it panics");
    panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).expect("it is a text")
}

#[test]
fn captures_nest_and_may_end_in_any_order() {
    let outer = start();
    work(1);
    let inner = start();
    work(2);
    let (third, of_third) = capture(|| current().trace_id());
    assert_eq!((third.to_string().len(), of_third.all().len()), (32, 0));
    drop(inner.so_far());
    assert_eq!(inner.finish().tree(), "work n=2\n  leaf\n");
    work(3);
    let later = start();
    assert_eq!(outer.finish().tree(), "work n=1\n  leaf\nwork n=3\n  leaf\n");
    work(4);
    assert_eq!(later.finish().tree(), "work n=4\n  leaf\n");
    work(5);
}

#[traced]
fn around() -> Captured {
    capture(|| work(1)).1
}

#[test]
fn a_capture_inside_of_a_span_has_its_own_spans_and_they_know_where_they_are() {
    let (inner, outer) = capture(around);
    assert_eq!((inner.tree(), outer.tree()), ("work n=1\n  leaf\n".to_owned(), "around\n".to_owned()));
    assert!(inner.one("work").is_child_of(outer.one("around")));
}

#[test]
fn a_span_that_has_not_ended_is_told() {
    let capture = start();
    let tracer = capture.telemetry().tracer_provider().expect("spans are captured").tracer("plain");
    let held = tracer.start("held");
    work(1);
    let so_far = capture.so_far();
    assert_eq!(so_far.tree(), "held open\nwork n=1\n  leaf\n");
    assert_eq!((so_far.all().len(), so_far.open().len(), so_far.open()[0].name.as_str()), (2, 1, "held"));
    assert!(so_far.one("held").open);
    assert!(!capture.settle(Duration::from_millis(1)));
    let captured = capture.finish();
    drop(held);
    assert_eq!(captured.open().len(), 1, "what ends later ends for nobody");
}

#[test]
fn work_that_runs_on_can_be_waited_for() {
    let capture = Capture::start();
    let (started, wait) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let context = capture.context();
    let thread = thread::spawn(move || {
        #[traced]
        fn runs_on(started: &mpsc::Sender<()>, gone: &mpsc::Receiver<()>) {
            started.send(()).expect("the test waits");
            gone.recv().expect("the test says so");
        }
        let _attached = context.attach();
        runs_on(&started, &gone);
    });
    wait.recv().expect("the thread says so");
    assert_eq!(capture.so_far().tree(), "runs_on open\n");
    go.send(()).expect("the thread waits");
    assert!(capture.settle(Duration::from_secs(60)));
    assert_eq!(capture.finish().tree(), "runs_on\n");
    thread.join().expect("it does not panic");
}

#[test]
fn siblings_of_one_moment_stand_in_an_order_of_their_own() {
    let span = |name: &str, id: u64, parent: u64| {
        let ((), captured) = capture(leaf);
        let (span_id, parent_span_id) = (SpanId::from(id), SpanId::from(parent));
        Span { name: name.to_owned(), span_id, parent_span_id, start_time: UNIX_EPOCH, ..captured.all()[0].clone() }
    };
    let spans = [span("root", 1, 0), span("b", 2, 1), span("a", 3, 1), span("c", 4, 1)];
    let mut turned = spans.to_vec();
    turned.reverse();
    for spans in [spans.to_vec(), turned] {
        let captured: Captured = spans.into_iter().collect();
        assert_eq!(captured.tree(), "root\n  a\n  b\n  c\n");
        assert_eq!(captured.sorted_tree(), captured.tree());
    }
}

#[test]
fn options_are_what_the_environment_would_say() {
    let spans = |builder: CaptureBuilder| builder.capture(|| work(1)).1.tree();
    assert_eq!(spans(Capture::builder().filter("off,capture::kit::leaf=on")), "leaf\n");
    assert_eq!(spans(Capture::builder().sampler(Sampler::always_off())), "");
    assert_eq!(spans(Capture::builder().set("OTEL_TRACES_EXPORTER", "none")), "");
    assert_eq!(spans(Capture::builder().set("OTEL_SDK_DISABLED", "true")), "");
    assert_eq!(spans(Capture::builder().set("OTEL_RUST_BAGGAGE_ATTRIBUTES", "none")), "work n=1\n  leaf\n");
    // Of what stands in the environment, nothing is read unless somebody says so.
    let off = |variable: &str| (variable == "OTEL_TRACES_SAMPLER").then(|| "always_off".into());
    assert_eq!(spans(Capture::builder().environment(off)), "");
    let named = Capture::builder().set("OTEL_SERVICE_NAME", "shop").resource_attribute(KeyValue::new("shop.till", 7));
    let ((), captured) = named.capture(|| ());
    assert_eq!(captured.resource_attribute("service.name").map(ToString::to_string).as_deref(), Some("shop"));
    assert_eq!(captured.resource_attribute("shop.till"), Some(&7.into()));
}

#[test]
fn options_that_cannot_be_used_are_told() {
    let misspelt = said(|| Capture::builder().set("OTEL_TRACES_SAMPLR", "always_off").start());
    assert!(misspelt.starts_with("the capture cannot be set up: ") && misspelt.contains("OTEL_TRACES_SAMPLER"), "{misspelt}");
    let ignored = said(|| Capture::builder().set("OTEL_TRACES_SAMPLER", "sometimes").start());
    assert!(ignored.contains("`sometimes` is not one of"), "{ignored}");
}

#[counted("shop.orders", unit = "{order}", fields(payment.method = method))]
#[timed]
fn place_order(method: Method) {}

#[derive(Clone, Copy, otel_runtime::MetricValue)]
enum Method {
    Card,
    Cash,
}

#[test]
fn metrics_are_looked_up_with_some_of_their_attributes() {
    let (_, captured) = capture(|| [Method::Card, Method::Card, Method::Cash].map(place_order));
    assert_eq!(captured.count("shop.orders", &[("payment.method", "card")]), 2);
    assert_eq!(captured.count("shop.orders", &[("payment.method", "cash"), ("function.outcome", "ok")]), 1);
    assert_eq!(captured.count("shop.orders", &[("payment.method", "cheque")]), 0);
    assert_eq!((captured.count("function.duration", &[]), captured.count("no.such", &[])), (3, 0));
    assert!(captured.sum("function.duration", &[]) > 0.0);
    assert_eq!(captured.point("shop.orders", &[("payment.method", "card")]).unit, "{order}");
    let said = said(|| captured.point("shop.orders", &[]).unit.clone());
    assert!(said.starts_with("there is more than one time series of `shop.orders` with [] in the capture:\nspans: none\n"), "{said}");
    assert!(said.contains("shop.orders{code.function.name=capture::kit::place_order,function.outcome=ok,payment.method=cash} 1\n"));
}

#[test]
fn a_meter_of_the_capture_and_what_is_collected_on_the_way() {
    let capture = start();
    let meter = capture.telemetry().meter_provider().expect("metrics are captured").meter("plain");
    let (stock, visits) = (meter.i64_up_down_counter("shop.stock").build(), meter.u64_counter("shop.visits").build());
    stock.add(-2, &[]);
    visits.add(3, &[KeyValue::new("shop.door", "front")]);
    assert_eq!((capture.so_far().count("shop.visits", &[("shop.door", "front")]), capture.so_far().sum("shop.stock", &[])), (3, -2.0));
    visits.add(4, &[]);
    assert_eq!(capture.finish().count("shop.visits", &[]), 7);
    let exponential = ("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram");
    let ((), captured) = Capture::builder().set(exponential.0, exponential.1).capture(|| place_order(Method::Card));
    assert_eq!(captured.count("function.duration", &[]), 1);
}

#[test]
fn views_hold_for_what_is_captured_and_for_nobody_else() {
    let orders = |builder: CaptureBuilder| {
        let capture = builder.start().into_current();
        for method in [Method::Card, Method::Card, Method::Cash] {
            place_order(method);
        }
        let meter = capture.telemetry().meter_provider().expect("metrics are captured").meter("plain");
        meter.u64_counter("shop.visits").build().add(5, &[KeyValue::new("shop.door", "front")]);
        assert_eq!(capture.so_far().metrics(), capture.so_far().metrics());
        capture.finish()
    };
    let bounds = Aggregation::ExplicitBucketHistogram { boundaries: vec![0.5, 60.0], record_min_max: false };
    let views = || {
        Capture::builder()
            .view(View::of("shop.orders").name("orders").attributes(["payment.method"]))
            .view(View::of("*.duration").attributes::<&str>([]).aggregation(bounds.clone()))
            .view(View::of("shop.visits").meter_name("plain").aggregation(Aggregation::Drop))
    };
    let (viewed, plain) = (orders(views()), orders(Capture::builder()));
    assert_eq!(viewed.metrics(), "function.duration{} 3\norders{payment.method=card} 2\norders{payment.method=cash} 1\n");
    let PointValue::Histogram { bounds, count: 3, .. } = &viewed.point("function.duration", &[]).value else { panic!("{viewed}") };
    assert_eq!(*bounds, [0.5, 60.0]);
    assert_eq!(viewed.point("orders", &[("payment.method", "cash")]).unit, "{order}");
    assert_eq!((plain.count("shop.orders", &[("function.outcome", "ok")]), plain.count("shop.visits", &[("shop.door", "front")])), (3, 5));
    assert_eq!((plain.count("orders", &[]), plain.point("function.duration", &[]).attributes.is_empty()), (0, false));

    let limited = orders(Capture::builder().view(View::of("shop.orders").attributes(["payment.method"]).cardinality_limit(1)));
    assert_eq!((limited.count("shop.orders", &[]), limited.count("shop.orders", &[("otel.metric.overflow", "true")])), (3, 1));
    let impossible = said(|| Capture::builder().view(View::of("shop.*").name("orders")).start());
    assert!(impossible.contains("the view of `shop.*` cannot give the name `orders` to more than one metric"), "{impossible}");
}

/// Says of every span who saw it, and counts how often it was flushed.
#[derive(Clone, Debug, Default)]
struct Witness {
    ended: Arc<AtomicUsize>,
    flushed: Arc<AtomicUsize>,
}

impl SpanProcessor for Witness {
    fn on_start(&self, span: &mut SdkSpan, _: &Context) {
        span.set_attribute(KeyValue::new("shop.witness", "ann"));
    }

    fn on_end(&self, _: SpanData) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flushed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[test]
fn span_processors_see_what_is_captured_and_can_change_it() {
    let witness = Witness::default();
    let capture = Capture::builder().span_processor(witness.clone()).start().into_current();
    leaf();
    assert_eq!(capture.so_far().tree(), "leaf shop.witness=ann\n");
    assert!(witness.flushed.load(Ordering::Relaxed) >= 1);
    leaf();
    assert_eq!(capture.finish().tree(), "leaf shop.witness=ann\n".repeat(2));
    assert_eq!(witness.ended.load(Ordering::Relaxed), 2);
    // As without a capture, they are not among the exporters.
    let witness = Witness::default();
    let none = Capture::builder().set("OTEL_TRACES_EXPORTER", "none").span_processor(witness.clone());
    assert_eq!((none.capture(leaf).1.tree(), witness.ended.load(Ordering::Relaxed)), (String::new(), 1));
}

#[traced(links = links)]
fn batch(links: &[SpanContext]) {}

#[test]
fn relations_of_spans_are_looked_up() {
    let ((), captured) = capture(|| {
        let _attached = baggage::with("tenant.id", "acme").attach();
        work(1);
    });
    let (work, leaf) = (captured.one("work"), captured.one("leaf"));
    assert!(leaf.is_child_of(work) && !work.is_child_of(leaf) && !work.is_child_of(work));
    assert_eq!(captured.children(work).map(|span| span.name.as_str()).collect::<Vec<_>>(), ["leaf"]);
    assert_eq!((leaf.baggage("tenant.id"), leaf.baggage("tenant")), (Some("acme"), None));
    assert_eq!(work.event("none"), None);
    let ((), linked) = capture(|| {
        batch(&[SpanContext::new(leaf.trace_id, leaf.span_id, TraceFlags::SAMPLED, false, TraceState::NONE)]);
    });
    assert!(linked.one("batch").links_to(leaf) && !linked.one("batch").links_to(work));
}

#[test]
fn a_look_up_that_finds_nothing_shows_everything() {
    let ((), captured) = capture(|| {
        work(1);
        work(2);
    });
    let missing = said(|| captured.one("wrok").name.clone());
    assert_eq!(
        missing,
        "there is no span named `wrok` in the capture:\nspans:\n  work n=1\n    leaf\n  work n=2\n    leaf\nlog records: none\nmetrics: none\n"
    );
    assert!(said(|| captured.one("work").name.clone()).starts_with("there is more than one span named `work` in the capture:\n"));
    assert!(said(|| captured.log("paid").body.clone()).starts_with("there is no log record `paid` in the capture:\n"));
}
