//! `#[counted]`, `#[timed]` and `in_flight`: alone, and folded with `#[traced]` into one guard with one outcome.

use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Poll, Waker};

use futures_core::Stream;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use otel_runtime::opentelemetry::{Context, Value};
use otel_runtime::testing::{Captured, Point, PointValue, capture, capture_async};
use otel_runtime::{DURATION_BUCKETS, MetricName, MetricValue, Unit, counted, timed, traced};
use tests::points::points;
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::to;

#[derive(Clone, Copy)]
enum End {
    Ok,
    Err,
    Panic,
    Never,
}

impl End {
    async fn come(self) -> Result<u8, std::io::Error> {
        match self {
            Self::Ok => Ok(1),
            Self::Err => Err(std::io::ErrorKind::NotFound.into()),
            Self::Panic => panic!("asked to"),
            Self::Never => pending().await,
        }
    }
}

/// Runs a function once to each of the four ends.
fn every_end<F: Future>(call: impl Fn(End) -> F) -> Captured {
    let ((), captured) = capture(|| {
        for end in [End::Ok, End::Err, End::Panic, End::Never] {
            let _ = catch_unwind(AssertUnwindSafe(|| poll_once(pin!(call(end)))));
        }
    });
    captured
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
}

const OUTCOMES: [&str; 4] = [
    "error.type=not_found,function.outcome=error",
    "error.type=panic,function.outcome=panicked",
    "function.outcome=cancelled",
    "function.outcome=ok",
];

/// A line for each outcome, each seen once.
fn one_of_each(metric: &str, function: &str) -> String {
    OUTCOMES.map(|outcome| format!("{metric}{{code.function.name=metrics::{function},{outcome}}} 1\n")).concat()
}

fn no_longer_active(function: &str) -> String {
    format!("function.active_calls{{code.function.name=metrics::{function}}} 0\n")
}

fn only<'a>(captured: &'a Captured, metric: &'a str) -> &'a Point {
    let points: Vec<&Point> = captured.points(metric).collect();
    let [only] = points.as_slice() else { panic!("not one `{metric}` in\n{}", captured.metrics()) };
    only
}

fn sum(captured: &Captured, metric: &str) -> f64 {
    let values = captured.points(metric).map(|point| match point.value {
        PointValue::Sum(sum) => sum,
        _ => f64::NAN,
    });
    values.sum()
}

#[counted]
async fn only_counted(end: End) -> Result<u8, std::io::Error> {
    end.come().await
}

#[timed]
async fn only_timed(end: End) -> Result<u8, std::io::Error> {
    end.come().await
}

#[counted(in_flight)]
async fn only_in_flight(end: End) -> Result<u8, std::io::Error> {
    end.come().await
}

#[test]
fn each_attribute_works_alone() {
    let captured = every_end(only_counted);
    assert_eq!(captured.metrics(), one_of_each("function.calls", "only_counted"));
    assert_eq!(captured.all(), [], "there is no span without `traced`");
    assert_eq!(every_end(only_timed).metrics(), one_of_each("function.duration", "only_timed"));
    let metrics = no_longer_active("only_in_flight") + &one_of_each("function.calls", "only_in_flight");
    assert_eq!(every_end(only_in_flight).metrics(), metrics);
}

macro_rules! folded {
    ($($name:ident: $(#[$attribute:meta])*;)*) => {
        $(
            $(#[$attribute])*
            async fn $name(end: End) -> Result<u8, std::io::Error> {
                end.come().await
            }
        )*

        fn every_order() -> Vec<(&'static str, Captured)> {
            vec![$((stringify!($name), every_end($name))),*]
        }
    };
}

folded! {
    traced_counted_timed: #[traced] #[counted(in_flight)] #[timed];
    traced_timed_counted: #[traced] #[timed] #[counted(in_flight)];
    counted_traced_timed: #[counted(in_flight)] #[traced] #[timed];
    counted_timed_traced: #[counted(in_flight)] #[timed] #[traced];
    timed_traced_counted: #[timed] #[otel_runtime::traced] #[doc = "between"] #[counted(in_flight)];
    timed_counted_traced: #[timed] #[allow(dead_code)] #[::otel_runtime::counted(in_flight)] #[traced];
}

#[test]
fn attributes_in_any_order_are_one_guard_with_one_outcome() {
    for (name, captured) in every_order() {
        let tree = format!("{name}\n{name} error=not_found \"entity not found\"\n{name} error=panic \"asked to\"\n{name} cancelled\n");
        assert_eq!(captured.tree(), tree);
        let metrics = no_longer_active(name) + &one_of_each("function.calls", name) + &one_of_each("function.duration", name);
        assert_eq!(captured.metrics(), metrics);
    }
}

const ORDERS: MetricName = MetricName::new("shop.orders");
const PLACE_DURATION: MetricName = MetricName::new("shop.place.duration");
const ORDER: Unit = Unit::new("{order}");
const BUCKETS: &[f64] = &[0.5, 2.0];

#[counted(name = ORDERS, unit = ORDER, description = "Orders placed.")]
#[timed(name = PLACE_DURATION, description = "Time to place one.", buckets = BUCKETS)]
fn places() {}

#[counted("shop.orders", unit = "{order}", description = "Orders placed.")]
#[timed("shop.pay.duration", buckets = [0.01, 0.1, 1.0])]
fn places_too() {}

#[counted("shop.visits")]
#[timed]
fn visits() {}

#[test]
fn instruments_have_the_names_units_descriptions_and_buckets_that_are_given() {
    let ((), captured) = capture(|| {
        places();
        places_too();
        visits();
    });
    for orders in captured.points("shop.orders") {
        assert_eq!((orders.unit.as_str(), orders.description.as_str()), ("{order}", "Orders placed."));
    }
    let place = only(&captured, "shop.place.duration");
    assert_eq!((place.unit.as_str(), place.description.as_str()), ("s", "Time to place one."));
    let bounds = |metric| match &only(&captured, metric).value {
        PointValue::Histogram { bounds, count: 1, .. } => bounds.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(bounds("shop.place.duration"), BUCKETS);
    assert_eq!(bounds("shop.pay.duration"), [0.01, 0.1, 1.0]);
    assert_eq!(bounds("function.duration"), DURATION_BUCKETS);
    assert_eq!(only(&captured, "shop.visits").unit, "{call}");
    assert_eq!(only(&captured, "function.duration").unit, "s");
}

#[test]
fn two_functions_share_an_instrument_and_differ_by_their_name() {
    let ((), captured) = capture(|| {
        places();
        places_too();
        places_too();
    });
    let line = |function: &str, count: u8| format!("shop.orders{{code.function.name=metrics::{function},function.outcome=ok}} {count}");
    let orders: Vec<String> = captured.points("shop.orders").map(ToString::to_string).collect();
    assert_eq!(orders.len(), 2);
    assert!(orders.contains(&line("places", 1)) && orders.contains(&line("places_too", 2)), "{orders:?}");
}

#[derive(Clone, Copy, MetricValue)]
enum Payment {
    GiftCard,
    #[metric_value("cash in hand")]
    Cash,
}

#[traced(fields(amount))]
#[counted("shop.payments", fields(payment.method = payment, express, shop.region = region, note = unbounded(%format_args!("{amount}!")), amount = unbounded(amount), tip = unbounded(?tip)))]
#[timed("shop.payment.duration", fields(payment.method = &payment))]
fn pays(payment: Payment, express: bool, region: Option<&'static str>, amount: u64, tip: Option<u8>) -> Result<(), String> {
    let _ = region;
    if express { Err("too fast".to_owned()) } else { Ok(()) }
}

#[test]
fn the_fields_of_a_metric_are_of_few_values_or_said_to_be() {
    let ((), captured) = capture(|| {
        let _ = pays(Payment::GiftCard, false, Some("north"), 3, None);
        let _ = pays(Payment::Cash, true, None, 4, Some(1));
    });
    let recorded = |metric: &str| -> Vec<Point> {
        captured.points(metric).filter(|point| point.attribute("payment.method").is_some()).cloned().collect()
    };
    let counts = recorded("shop.payments");
    assert_eq!(counts.len(), 2, "{}", captured.metrics());
    let by = |method: &'static str| counts.iter().find(|point| point.attribute("payment.method") == Some(&Value::from(method)));
    let card = by("gift_card").expect("a card paid");
    assert_eq!(card.attribute("express"), Some(&Value::Bool(false)));
    assert_eq!(card.attribute("shop.region"), Some(&Value::from("north")));
    assert_eq!(card.attribute("note"), Some(&Value::from("3!")));
    assert_eq!(card.attribute("amount"), Some(&Value::I64(3)));
    assert_eq!(card.attribute("function.outcome"), Some(&Value::from("ok")));
    let cash = by("cash in hand").expect("cash paid");
    assert_eq!(cash.attribute("shop.region"), None);
    assert_eq!(cash.attribute("tip"), Some(&Value::from("Some(1)")));
    assert_eq!(cash.attribute("error.type"), Some(&Value::from("alloc::string::String")));
    let times = recorded("shop.payment.duration");
    assert!(times.len() == 2 && times.iter().all(|point| point.attribute("express").is_none()));
    assert_eq!(captured.all()[0].attribute("payment.method"), None, "a field of a metric is none of the span");
}

#[traced(error_if = |answer| *answer == Ok(0), fields(count))]
#[counted]
fn judged(count: u8) -> Result<u8, String> {
    count.checked_mul(1).ok_or_else(String::new)
}

#[test]
fn what_error_if_says_is_counted_as_well() {
    let (_, captured) = capture(|| judged(0));
    assert_eq!(captured.tree(), "judged count=0 error=_OTHER\n");
    let line = "function.calls{code.function.name=metrics::judged,error.type=_OTHER,function.outcome=error} 1\n";
    assert_eq!(captured.metrics(), line);
}

#[test]
fn where_spans_are_not_sampled_or_suppressed_calls_are_counted() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).set("OTEL_METRICS_EXPORTER", "otlp").build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    let parent = SpanContext::new(TraceId::from(1), SpanId::from(1), TraceFlags::NOT_SAMPLED, false, TraceState::NONE);
    {
        let _unsampled = Context::current().with_remote_span_context(parent).attach();
        let _ = judged(1);
        let _ = poll_once(pin!(traced_counted_timed(End::Ok)));
    }
    {
        let _suppressed = Context::current().with_telemetry_suppressed().attach();
        let _ = judged(1);
    }
    drop(attached);
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 0);
    let mut names: Vec<_> = receiver.metrics().iter().map(|metric| metric.name().to_owned()).collect();
    names.sort_unstable();
    assert_eq!(names, ["function.active_calls", "function.calls", "function.duration"]);
    let points = points(&receiver.metrics());
    let calls = points.iter().find(|point| point.metric == "function.calls" && point.labels().contains("judged"));
    assert_eq!(calls.map(|calls| calls.value), Some(2.0));
}

#[tokio::test]
async fn without_anything_installed_a_measured_function_only_runs() {
    assert_eq!(only_counted(End::Ok).await.ok(), Some(1));
    assert_eq!(traced_counted_timed(End::Err).await.map_err(|error| error.kind()), Err(std::io::ErrorKind::NotFound));
    places();
    let _ = pays(Payment::Cash, true, None, 4, None);
    let ((), captured) = capture(|| ());
    assert_eq!(captured.metrics(), "");
}

#[counted(in_flight)]
fn boxed(end: End) -> Pin<Box<dyn Future<Output = Result<u8, std::io::Error>> + Send>> {
    Box::pin(end.come())
}

struct Endless;

impl Stream for Endless {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(1))
    }
}

#[counted(in_flight)]
#[timed]
fn stream() -> impl Stream<Item = u8> {
    Endless
}

#[counted(in_flight)]
fn sync(end: End) {
    assert!(!matches!(end, End::Panic), "asked to");
}

#[test]
fn a_hundred_thousand_calls_that_end_half_way_leave_none_active() {
    // Each round drops two futures and a stream half way.
    const ROUNDS: u32 = 34_000;
    let ((), captured) = capture(|| {
        for _ in 0..ROUNDS {
            let mut started = Box::pin(only_in_flight(End::Never));
            assert!(poll_once(started.as_mut()).is_pending());
            drop(started);
            drop(traced_counted_timed(End::Never));
            let mut folded = Box::pin(timed_counted_traced(End::Never));
            assert!(poll_once(folded.as_mut()).is_pending());
            drop(folded);
            drop(boxed(End::Never));
            let mut items = pin!(stream());
            let _ = items.as_mut().poll_next(&mut TaskContext::from_waker(Waker::noop()));
            sync(End::Ok);
        }
        for _ in 0..10 {
            let _ = catch_unwind(|| sync(End::Panic));
            let _ = catch_unwind(|| poll_once(boxed(End::Panic).as_mut()));
            let _ = catch_unwind(|| poll_once(pin!(only_in_flight(End::Panic))));
        }
    });
    assert!(captured.points("function.active_calls").count() >= 5);
    assert!(captured.points("function.active_calls").all(|point| point.value == PointValue::Sum(0.0)), "{}", captured.metrics());
    let cancelled: Vec<&Point> =
        captured.points("function.calls").filter(|point| point.attribute("function.outcome") == Some(&Value::from("cancelled"))).collect();
    assert_eq!(cancelled.len(), 4, "what was never polled did not begin, but what is boxed did");
    assert!(cancelled.iter().all(|point| point.value == PointValue::Sum(f64::from(ROUNDS))), "{}", captured.metrics());
}

#[tokio::test]
async fn calls_under_way_are_active() {
    let ((), captured) = capture_async(async {
        let mut waits = pin!(only_in_flight(End::Never));
        assert!(poll_once(waits.as_mut()).is_pending());
        std::mem::forget(boxed(End::Never));
    })
    .await;
    assert_eq!(captured.points("function.active_calls").filter(|point| point.value == PointValue::Sum(1.0)).count(), 1);
}

#[test]
fn threads_that_count_together_lose_nothing() {
    const EACH: u32 = 20_000;
    let ((), captured) = capture(|| {
        let context = Context::current();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let _attached = context.clone().attach();
                    for _ in 0..EACH {
                        places();
                        sync(End::Ok);
                    }
                });
            }
        });
    });
    assert_eq!(sum(&captured, "shop.orders").to_bits(), f64::from(2 * EACH).to_bits());
    assert_eq!(sum(&captured, "function.calls").to_bits(), f64::from(2 * EACH).to_bits());
    assert!(matches!(only(&captured, "shop.place.duration").value, PointValue::Histogram { count, .. } if count == u64::from(2 * EACH)));
    assert_eq!(only(&captured, "function.active_calls").value, PointValue::Sum(0.0));
}

#[counted("shop.orders", unit = "{order}", fields(order.number = unbounded(number), is.gift = is_gift))]
#[timed("shop.order.duration", fields(order.number = unbounded(number), is.gift = is_gift))]
fn ordered(number: i64, is_gift: bool) -> Result<(), std::io::Error> {
    if number % 3 == 0 { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(()) }
}

/// There is room for some sets of a function's own attributes to be known again; what is measured is the same.
#[test]
fn as_many_sets_of_attributes_as_there_are_are_told_apart() {
    let calls = |number: i64| 1 + number % 4;
    let ((), captured) = capture(|| {
        for number in 0..300 {
            for call in 0..calls(number) {
                let _ = ordered(number, call == 0);
            }
        }
    });
    for metric in ["shop.orders", "shop.order.duration"] {
        let points: Vec<&Point> = captured.points(metric).collect();
        let apart = (0..300).map(|number| if calls(number) > 1 { 2 } else { 1 }).sum::<usize>();
        assert_eq!(points.len(), apart, "{metric}");
        for point in points {
            let Some(Value::I64(number)) = point.attribute("order.number") else { panic!("{point:?}") };
            let is_gift = point.attribute("is.gift") == Some(&Value::Bool(true));
            let expected = if is_gift { 1 } else { calls(*number) - 1 };
            let measured = match point.value {
                PointValue::Histogram { count, .. } => count.to_string(),
                PointValue::Sum(count) => count.to_string(),
                PointValue::Gauge(_) => panic!("{point:?}"),
            };
            assert_eq!(measured, expected.to_string(), "{point:?}");
            let error_type = point.attribute("error.type").map(ToString::to_string);
            assert_eq!(error_type.is_some(), number % 3 == 0, "{point:?}");
        }
    }
}
