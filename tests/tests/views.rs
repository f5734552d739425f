//! Views: what of an instrument arrives, and how.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;

use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::metrics::{Meter, MeterProvider};
use otel_runtime::opentelemetry_sdk::metrics::{Aggregation, InstrumentKind};
use otel_runtime::{View, counted, timed};
use tests::points::{Kind, Point, points};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{Builder, Said, isolated, to};

fn metrics_to(receiver: &Receiver) -> Builder {
    to(receiver, Protocol::Http).set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "otlp")
}

fn with(builder: Builder, views: impl IntoIterator<Item = View>) -> Builder {
    views.into_iter().fold(builder, Builder::view)
}

/// What arrives of instruments under some views, and what is said meanwhile.
fn recorded(views: impl IntoIterator<Item = View>, record: impl FnOnce(&Meter)) -> (Vec<Point>, Vec<String>) {
    let (receiver, said) = (Receiver::start(), Said::default());
    let telemetry =
        with(said.listen(metrics_to(&receiver).set("OTEL_LOG_LEVEL", "debug")), views).build().expect("telemetry can be set up");
    record(&telemetry.meter_provider().expect("metrics are exported").meter("shop"));
    telemetry.shutdown().expect("the receiver takes everything");
    let lines = said.lines().into_iter().filter(|line| line.contains("view")).collect();
    (points(&receiver.metrics()), lines)
}

/// Two orders that differ in one attribute of two.
fn orders(meter: &Meter) {
    let orders = meter.u64_counter("shop.orders").with_unit("{order}").with_description("Orders.").build();
    orders.add(1, &[KeyValue::new("payment", "card"), KeyValue::new("customer", 1)]);
    orders.add(2, &[KeyValue::new("customer", 2), KeyValue::new("payment", "card")]);
}

fn durations(meter: &Meter) {
    let durations = meter.f64_histogram("shop.order.duration").with_unit("s").with_boundaries(vec![1.0, 2.0]).build();
    for seconds in [0.05, 0.5, 5.0] {
        durations.record(seconds, &[]);
    }
}

/// `name{labels} value`, sorted.
fn texts(points: &[Point]) -> Vec<String> {
    let texts: BTreeSet<_> = points.iter().map(|point| format!("{}{{{}}} {}", point.metric, point.labels(), point.value)).collect();
    texts.into_iter().collect()
}

const EACH: [&str; 2] = ["shop.orders{customer=1 payment=card} 1", "shop.orders{customer=2 payment=card} 2"];

#[test]
fn a_view_holds_for_what_fits_all_that_it_says() {
    let cases = [
        (View::of("shop.orders"), true),
        (View::of("Shop.Orders"), true),
        (View::of("shop.order"), false),
        (View::of("shop.orders").kind(InstrumentKind::Counter), true),
        (View::of("shop.orders").kind(InstrumentKind::Histogram), false),
        (View::of("shop.orders").unit("{order}"), true),
        (View::of("shop.orders").unit("s"), false),
        (View::of("shop.orders").meter_name("shop"), true),
        (View::of("shop.orders").meter_name("shops"), false),
        (View::of("shop.orders").meter_version("1"), false),
        (View::of("shop.orders").meter_schema_url("https://example.com"), false),
        (View::of("shop.orders").meter_name("shop").kind(InstrumentKind::Gauge), false),
    ];
    for (view, holds) in cases {
        let shown = format!("{view:?}");
        let (points, said) = recorded([view.name("renamed")], orders);
        let names: BTreeSet<_> = points.iter().map(|point| point.metric.as_str()).collect();
        assert_eq!(names, BTreeSet::from([if holds { "renamed" } else { "shop.orders" }]), "{shown}");
        assert_eq!(said.is_empty(), holds, "who fits nothing is told of: {said:?}");
    }
}

#[test]
fn of_a_meter_its_version_and_its_schema_may_be_asked() {
    use otel_runtime::opentelemetry::InstrumentationScope;

    let receiver = Receiver::start();
    let view = View::of("*").meter_version("2").meter_schema_url("https://example.com/2").aggregation(Aggregation::Drop);
    let telemetry = metrics_to(&receiver).view(view).build().expect("telemetry can be set up");
    for version in ["1", "2"] {
        let scope = InstrumentationScope::builder("shop").with_version(version).with_schema_url(format!("https://example.com/{version}"));
        let meter = telemetry.meter_provider().expect("metrics are exported").meter_with_scope(scope.build());
        meter.u64_counter(format!("shop.v{version}")).build().add(1, &[]);
    }
    telemetry.shutdown().expect("the receiver takes everything");
    assert_eq!(texts(&points(&receiver.metrics())), ["shop.v1{} 1"]);
}

#[test]
fn a_stream_is_what_its_view_says() {
    let cases: [(View, &[&str]); 7] = [
        (
            View::of("shop.orders").name("orders").description("All of them."),
            &["orders{customer=1 payment=card} 1", "orders{customer=2 payment=card} 2"],
        ),
        (View::of("shop.*").aggregation(Aggregation::Drop), &[]),
        (View::of("*").attributes(["payment"]), &["shop.orders{payment=card} 3"]),
        (View::of("*").attributes::<&str>([]), &["shop.orders{} 3"]),
        (View::of("*").except_attributes(["cust*"]), &["shop.orders{payment=card} 3"]),
        (View::of("*").attributes(["*"]).except_attributes(["p?yment"]), &["shop.orders{customer=1} 1", "shop.orders{customer=2} 2"]),
        (View::of("*").cardinality_limit(1), &["shop.orders{customer=1 payment=card} 1", "shop.orders{otel.metric.overflow=true} 2"]),
    ];
    for (view, expected) in cases {
        let shown = format!("{view:?}");
        let (points, said) = recorded([view], orders);
        assert_eq!(texts(&points), expected, "{shown}");
        assert_eq!(said, [""; 0], "{shown}");
        let described = if shown.contains("All of them.") { "All of them." } else { "Orders." };
        assert!(points.iter().all(|point| point.description == described && point.unit == "{order}"), "{points:?}");
    }
}

#[test]
fn measurements_become_the_points_that_a_view_asks_for() {
    let bounds = |boundaries, record_min_max| Aggregation::ExplicitBucketHistogram { boundaries, record_min_max };
    let base2 = |max_size, max_scale| Aggregation::Base2ExponentialHistogram { max_size, max_scale, record_min_max: true };
    let of = |aggregation| {
        let (points, said) = recorded([View::of("shop.order.duration").aggregation(aggregation)], durations);
        assert_eq!((points.len(), said.len()), (1, 0), "{points:?} {said:?}");
        points.into_iter().next().expect("there is one")
    };
    let plain = of(Aggregation::Default);
    assert_eq!((plain.kind, plain.histogram.bounds.as_slice()), (Kind::Histogram, [1.0, 2.0].as_slice()), "as the instrument advises");

    let buckets = of(bounds(vec![0.1, 1.0], true));
    assert_eq!((buckets.histogram.bounds.as_slice(), buckets.histogram.counts.as_slice()), ([0.1, 1.0].as_slice(), [1, 1, 1].as_slice()));
    assert_eq!((buckets.histogram.min, buckets.histogram.max), (Some(0.05), Some(5.0)));
    assert_eq!(of(bounds(vec![0.1], false)).histogram.min, None);
    let none = of(bounds(Vec::new(), true));
    assert_eq!((none.histogram.bounds.len(), none.value, none.histogram.max), (0, 3.0, Some(5.0)));

    let exponential = of(base2(4, 20));
    assert_eq!((exponential.kind, exponential.value, exponential.histogram.min), (Kind::ExponentialHistogram, 3.0, Some(0.05)));
    assert!(exponential.histogram.counts.len() <= 4 && exponential.histogram.scale < 1, "{exponential:?}");
    assert_eq!(of(base2(160, 0)).histogram.scale, 0);

    let sum = of(Aggregation::Sum);
    assert!(sum.kind == Kind::Counter && (sum.value - 5.55).abs() < 1e-9, "{sum:?}");
}

#[test]
fn an_instrument_has_a_stream_for_each_view_that_it_fits() {
    let views = [
        View::of("shop.orders").name("orders.by.payment").attributes(["payment"]),
        View::of("shop.orders").name("orders.in.all").attributes::<&str>([]),
        View::of("shop.*"),
        View::of("shop.*").aggregation(Aggregation::Drop),
    ];
    let (points, said) = recorded(views, orders);
    assert_eq!(texts(&points), ["orders.by.payment{payment=card} 3", "orders.in.all{} 3", EACH[0], EACH[1]]);
    assert_eq!(said, [""; 0]);
}

#[test]
fn bound_handles_and_annotations_have_views_too() {
    #[counted("shop.calls", fields(shop.open = true))]
    #[timed("shop.call.duration")]
    fn call() {}

    let receiver = Receiver::start();
    let views = [
        View::of("shop.calls").attributes(["function.outcome"]),
        View::of("shop.call.duration").name("shop.call.time").except_attributes(["code.*"]),
        View::of("shop.orders").attributes(["payment"]),
    ];
    let telemetry = with(metrics_to(&receiver), views).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    call();
    call();
    drop(attached);
    let orders = telemetry.meter_provider().expect("metrics are exported").meter("shop").u64_counter("shop.orders").build();
    orders.bind(&[KeyValue::new("payment", "card"), KeyValue::new("customer", 1)]).add(4);
    orders.bind(&[KeyValue::new("payment", "card"), KeyValue::new("customer", 2)]).add(5);
    telemetry.shutdown().expect("the receiver takes everything");
    let expected = ["shop.call.time{function.outcome=ok} 2", "shop.calls{function.outcome=ok} 2", "shop.orders{payment=card} 9"];
    assert_eq!(texts(&points(&receiver.metrics())), expected);
}

#[test]
fn what_is_observed_is_summed_where_attributes_are_left_out() {
    let (points, said) = recorded([View::of("shop.*").attributes(["room"])], |meter| {
        let seats = |value: [i64; 3]| {
            let with = |room: &'static str, seat: i64| [KeyValue::new("seat", seat), KeyValue::new("room", room)];
            [(value[0], with("red", 1)), (value[1], with("red", 2)), (value[2], with("blue", 1))]
        };
        let add = meter.i64_observable_up_down_counter("shop.taken");
        add.with_callback(move |observer| seats([1, 2, 4]).iter().for_each(|(value, with)| observer.observe(*value, with))).build();
        let gauge = meter.i64_observable_gauge("shop.heat");
        gauge.with_callback(move |observer| seats([20, 21, 22]).iter().for_each(|(value, with)| observer.observe(*value, with))).build();
    });
    assert_eq!(texts(&points), ["shop.heat{room=blue} 22", "shop.heat{room=red} 21", "shop.taken{room=blue} 4", "shop.taken{room=red} 3"]);
    assert_eq!(said, [""; 0]);
}

#[test]
fn what_cannot_be_is_an_error_at_the_start() {
    let bounds = |boundaries| View::of("a").aggregation(Aggregation::ExplicitBucketHistogram { boundaries, record_min_max: true });
    let base2 = |max_size, max_scale| {
        View::of("a").aggregation(Aggregation::Base2ExponentialHistogram { max_size, max_scale, record_min_max: true })
    };
    let cases = [
        (View::of(""), "the view of `` has no instruments; name one, or write `*` for all"),
        (View::of("a*").name("b"), "the view of `a*` cannot give the name `b` to more than one metric; name one instrument"),
        (View::of("a?").name("b"), "the view of `a?` cannot give the name `b` to more than one metric; name one instrument"),
        (View::of("a").name(""), "the view of `a` gives an empty name to a metric; leave it out to keep the instrument's"),
        (View::of("a").cardinality_limit(0), "the view of `a` has a limit that is not from 1 to 1000000 sets of attributes"),
        (bounds(vec![1.0, f64::NAN]), "the view of `a` has the bound `NaN`; bounds of buckets are finite numbers"),
        (bounds(vec![2.0, 1.0]), "the view of `a` has the bound `1` after `2`; bounds of buckets rise"),
        (base2(1, 20), "the view of `a` has a histogram with at most 1 buckets; `max_size` is from 2 to 16384"),
        (base2(160, 21), "the view of `a` has a histogram of the scale 21 at most; `max_scale` is from -10 to 20"),
        (
            View::of("a").kind(InstrumentKind::Gauge).aggregation(Aggregation::Sum),
            "the view of `a` asks for the sum of a Gauge, and gauges have none",
        ),
        (
            View::of("a").kind(InstrumentKind::Counter).aggregation(Aggregation::LastValue),
            "the view of `a` asks for the last value of a Counter, and only gauges have one",
        ),
    ];
    for (view, expected) in cases {
        assert_eq!(view.check().expect_err(expected).to_string(), expected);
        // Where nothing is exported at all, too.
        for exporter in ["none", "otlp"] {
            let error = isolated().set("OTEL_METRICS_EXPORTER", exporter).view(view.clone()).build().expect_err(expected);
            assert_eq!(error.to_string(), expected);
        }
    }
}

#[test]
fn what_turns_out_later_is_said_once_and_leaves_the_instrument_as_it_is() {
    let (points, said) = recorded([View::of("shop.*").aggregation(Aggregation::LastValue)], |meter| {
        orders(meter);
        orders(meter);
        durations(meter);
    });
    let names: BTreeSet<_> =
        points.iter().map(|point| (point.metric.as_str(), point.kind)).map(|(name, kind)| format!("{name} {kind:?}")).collect();
    assert_eq!(names, BTreeSet::from(["shop.orders Counter".to_owned(), "shop.order.duration Histogram".to_owned()]));
    let expected = "the view of `shop.*` does not hold for the instrument `shop.orders`: it asks for the last value of a Counter, and only gauges have one";
    assert_eq!(said, [expected]);

    let (points, said) = recorded([View::of("shop.orders"), View::of("shop.*").attributes(["payment"])], orders);
    assert_eq!(texts(&points), EACH, "the first holds");
    let expected = "the view of `shop.*` does not hold for the instrument `shop.orders`: it gives it a second metric `shop.orders`; give one of them another name";
    assert_eq!(said, [expected]);
}

#[test]
fn views_come_before_the_variable_for_histograms() {
    let receiver = Receiver::start();
    let variable = "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION";
    let explicit = Aggregation::ExplicitBucketHistogram { boundaries: vec![1.0], record_min_max: true };
    let views = [View::of("a").aggregation(explicit), View::of("b").description("Renamed.")];
    let builder = with(metrics_to(&receiver).set(variable, "base2_exponential_bucket_histogram"), views);
    let telemetry = builder.build().expect("telemetry can be set up");
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    for name in ["a", "b", "c"] {
        meter.f64_histogram(name).build().record(1.0, &[]);
    }
    telemetry.shutdown().expect("the receiver takes everything");
    let kinds: Vec<_> = points(&receiver.metrics()).into_iter().map(|point| (point.metric, point.kind)).collect();
    let name = str::to_owned;
    let expected = [(name("a"), Kind::Histogram), (name("b"), Kind::ExponentialHistogram), (name("c"), Kind::ExponentialHistogram)];
    assert_eq!(kinds, expected);
}

#[test]
fn prometheus_shows_what_views_leave() {
    let builder = isolated().set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "prometheus");
    let builder = builder.set("OTEL_EXPORTER_PROMETHEUS_HOST", "127.0.0.1").set("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
    let views = [View::of("shop.orders").name("all.orders").attributes(["payment"]), View::of("*duration").aggregation(Aggregation::Drop)];
    let telemetry = with(builder, views).build().expect("telemetry can be set up");
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("shop");
    orders(&meter);
    durations(&meter);
    let mut stream = TcpStream::connect(telemetry.prometheus_address().expect("metrics are served")).expect("it listens");
    write!(stream, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("it answers");
    assert!(page.contains("all_orders_total{otel_scope_name=\"shop\",payment=\"card\"} 3\n"), "{page}");
    assert!(!page.contains("shop_orders") && !page.contains("duration") && !page.contains("customer"), "{page}");
}
