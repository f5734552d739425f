use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, SdkMeterProvider, Stream};

use super::*;

/// What is served of a provider's metrics, and what is said of them.
struct Served {
    exposition: Exposition,
    provider: SdkMeterProvider,
    said: Arc<Mutex<Vec<String>>>,
}

impl Served {
    fn new(view: impl Fn(&Instrument) -> Option<Stream> + Send + Sync + 'static) -> Self {
        let said = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&said);
        let diagnostics = Diagnostics::new(move |line| lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()));
        let exposition = Exposition { reader: Reader::default(), diagnostics, said: Mutex::default(), scrapes: None };
        let resource =
            Resource::builder_empty().with_attributes([KeyValue::new("service.name", "shop"), KeyValue::new("replicas", 2)]).build();
        let provider = SdkMeterProvider::builder().with_resource(resource).with_reader(exposition.reader.clone()).with_view(view).build();
        Self { exposition, provider, said }
    }

    fn meter(&self) -> Meter {
        self.provider.meter("t")
    }

    /// The page, with `T` for times.
    fn page(&self, format: Format) -> String {
        let page = self.exposition.page(format).expect("the provider is there");
        let lines = page.lines().map(|line| match line.rsplit_once(' ') {
            Some((series, time)) if series.contains("_created") => {
                assert!(time.parse::<f64>().is_ok_and(|time| time > 1.7e9), "{line}");
                format!("{series} T\n")
            }
            _ => format!("{line}\n"),
        });
        lines.collect()
    }

    fn said(&self) -> Vec<String> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn as_it_is(_: &Instrument) -> Option<Stream> {
    None
}

/// The page of these metrics without the resource, in Prometheus's text and in OpenMetrics.
fn pages(record: impl FnOnce(&Meter)) -> [String; 2] {
    let served = Served::new(as_it_is);
    record(&served.meter());
    let pages = [Format::Text004, Format::OpenMetrics100].map(|format| {
        let page = served.page(format);
        let without_target = page.split_inclusive('\n').filter(|line| !line.contains(" target") && !line.starts_with("target_info"));
        without_target.collect()
    });
    assert_eq!(served.said(), [""; 0]);
    pages
}

#[test]
fn the_resource_is_told_once() {
    let served = Served::new(as_it_is);
    let text = "\
# TYPE target_info gauge
# HELP target_info Target metadata
target_info{replicas=\"2\",service_name=\"shop\"} 1
";
    let openmetrics = "\
# TYPE target info
# HELP target Target metadata
target_info{replicas=\"2\",service_name=\"shop\"} 1
# EOF
";
    assert_eq!(served.page(Format::Text004), text);
    assert_eq!(served.page(Format::Text100), text);
    assert_eq!(served.page(Format::OpenMetrics001), openmetrics);
    assert_eq!(served.page(Format::OpenMetrics100), openmetrics);
}

#[test]
fn counters() {
    let [text, openmetrics] = pages(|meter| {
        let counter = meter.u64_counter("http.sent").with_unit("By").with_description("Bytes \"sent\"\nto C:\\").build();
        counter.add(u64::MAX - 1, &[KeyValue::new("http.route", "/\"a\"\n\\")]);
        counter.add(1, &[]);
        meter.f64_counter("energy").build().add(2.5, &[]);
    });
    let expected = r#"# TYPE energy_total counter
energy_total{otel_scope_name="t"} 2.5
# TYPE http_sent_bytes_total counter
# HELP http_sent_bytes_total Bytes "sent"\nto C:\\
http_sent_bytes_total{http_route="/\"a\"\n\\",otel_scope_name="t"} 18446744073709551614
http_sent_bytes_total{otel_scope_name="t"} 1
"#;
    assert_eq!(text, expected);
    let expected = r#"# TYPE energy counter
energy_total{otel_scope_name="t"} 2.5
energy_created{otel_scope_name="t"} T
# TYPE http_sent_bytes counter
# UNIT http_sent_bytes bytes
# HELP http_sent_bytes Bytes \"sent\"\nto C:\\
http_sent_bytes_total{http_route="/\"a\"\n\\",otel_scope_name="t"} 18446744073709551614
http_sent_bytes_created{http_route="/\"a\"\n\\",otel_scope_name="t"} T
http_sent_bytes_total{otel_scope_name="t"} 1
http_sent_bytes_created{otel_scope_name="t"} T
# EOF
"#;
    assert_eq!(openmetrics, expected);
}

#[test]
fn gauges_and_what_rises_and_falls() {
    let [text, openmetrics] = pages(|meter| {
        meter.i64_up_down_counter("balance").with_unit("{coin}").build().add(-5, &[]);
        meter.f64_gauge("load").with_unit("1").build().record(0.25, &[]);
        for (name, much) in [("least", f64::MIN), ("most", f64::MAX)] {
            let beyond_all_numbers = meter.f64_up_down_counter(name).build();
            beyond_all_numbers.add(much, &[]);
            beyond_all_numbers.add(much, &[]);
        }
        meter.u64_gauge("whole").build().record(7, &[]);
    });
    let expected = r#"# TYPE balance gauge
balance{otel_scope_name="t"} -5
# TYPE least gauge
least{otel_scope_name="t"} -Inf
# TYPE load_ratio gauge
load_ratio{otel_scope_name="t"} 0.25
# TYPE most gauge
most{otel_scope_name="t"} +Inf
# TYPE whole gauge
whole{otel_scope_name="t"} 7
"#;
    assert_eq!(text, expected);
    let ratio = "# TYPE load_ratio gauge\n";
    assert_eq!(openmetrics, expected.replace(ratio, &format!("{ratio}# UNIT load_ratio ratio\n")) + "# EOF\n");
}

#[test]
fn histograms() {
    let [text, openmetrics] = pages(|meter| {
        let seconds = meter.f64_histogram("wait").with_unit("s").with_boundaries(vec![0.5, 1.0, 2_000_000.0]).build();
        for value in [0.25, 0.5, 3.0] {
            seconds.record(value, &[KeyValue::new("le", "mine")]);
        }
        meter.u64_histogram("one").with_boundaries(Vec::new()).build().record(7, &[]);
    });
    let expected = r#"# TYPE one histogram
one_bucket{otel_scope_name="t",le="+Inf"} 1
one_sum{otel_scope_name="t"} 7
one_count{otel_scope_name="t"} 1
# TYPE wait_seconds histogram
wait_seconds_bucket{exported_le="mine",otel_scope_name="t",le="0.5"} 2
wait_seconds_bucket{exported_le="mine",otel_scope_name="t",le="1.0"} 2
wait_seconds_bucket{exported_le="mine",otel_scope_name="t",le="2e+06"} 3
wait_seconds_bucket{exported_le="mine",otel_scope_name="t",le="+Inf"} 3
wait_seconds_sum{exported_le="mine",otel_scope_name="t"} 3.75
wait_seconds_count{exported_le="mine",otel_scope_name="t"} 3
"#;
    assert_eq!(text, expected);
    let expected = expected
        .replace("one_count{otel_scope_name=\"t\"} 1\n", "one_count{otel_scope_name=\"t\"} 1\none_created{otel_scope_name=\"t\"} T\n")
        .replace("# TYPE wait_seconds histogram\n", "# TYPE wait_seconds histogram\n# UNIT wait_seconds seconds\n")
        + "wait_seconds_created{exported_le=\"mine\",otel_scope_name=\"t\"} T\n# EOF\n";
    assert_eq!(openmetrics, expected);
}

#[test]
fn a_sum_that_may_fall_is_left_out_and_in_openmetrics_the_count_with_it() {
    let [text, openmetrics] = pages(|meter| {
        meter.f64_histogram("change").with_boundaries(vec![-1.0, 1.0]).build().record(0.5, &[]);
        meter.f64_histogram("drift").with_boundaries(vec![0.0]).build().record(-3.0, &[]);
    });
    assert!(text.contains("change_bucket{otel_scope_name=\"t\",le=\"-1.0\"} 0\n"), "{text}");
    assert!(text.contains("change_count{otel_scope_name=\"t\"} 1\n") && text.contains("drift_count{otel_scope_name=\"t\"} 1\n"), "{text}");
    assert!(openmetrics.contains("drift_bucket{otel_scope_name=\"t\",le=\"+Inf\"} 1\n"), "{openmetrics}");
    assert!(!text.contains("_sum") && !openmetrics.contains("_sum") && !openmetrics.contains("_count"), "{text}{openmetrics}");
}

#[test]
fn exponential_histograms_become_buckets_that_every_format_has() {
    let exponential = |instrument: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 0, record_min_max: true };
        (instrument.name() == "size").then(|| Stream::builder().with_aggregation(aggregation).build().ok()).flatten()
    };
    let served = Served::new(exponential);
    let size = served.meter().f64_histogram("size").with_unit("By").build();
    for value in [0.0, 1.5, 3.0, 3.5, 9.0] {
        size.record(value, &[]);
    }
    let page = served.page(Format::OpenMetrics100);
    let expected = r#"# TYPE size_bytes histogram
# UNIT size_bytes bytes
size_bytes_bucket{otel_scope_name="t",le="0.0"} 1
size_bytes_bucket{otel_scope_name="t",le="2.0"} 2
size_bytes_bucket{otel_scope_name="t",le="4.0"} 4
size_bytes_bucket{otel_scope_name="t",le="8.0"} 4
size_bytes_bucket{otel_scope_name="t",le="16.0"} 5
size_bytes_bucket{otel_scope_name="t",le="+Inf"} 5
size_bytes_sum{otel_scope_name="t"} 17.0
size_bytes_count{otel_scope_name="t"} 5
size_bytes_created{otel_scope_name="t"} T
"#;
    assert!(page.starts_with(expected), "{page}");
}

#[test]
fn scopes_are_told_apart_by_labels_in_one_family() {
    let served = Served::new(as_it_is);
    let scope = InstrumentationScope::builder("b").with_version("2").with_attributes([KeyValue::new("team", "tea")]).build();
    served.provider.meter("a").u64_counter("calls").build().add(1, &[]);
    served.provider.meter_with_scope(scope).u64_counter("calls").with_description("Calls").build().add(2, &[]);
    let expected = r#"# TYPE calls_total counter
# HELP calls_total Calls
calls_total{otel_scope_name="a"} 1
calls_total{otel_scope_name="b",otel_scope_team="tea",otel_scope_version="2"} 2
# TYPE target_info gauge
"#;
    let page = served.page(Format::Text004);
    assert!(page.starts_with(expected), "{page}");
}

#[test]
fn what_cannot_stand_beside_another_is_left_out_and_said_once() {
    let served = Served::new(as_it_is);
    let meter = served.meter();
    meter.u64_counter("a.requests").with_description("One").build().add(1, &[]);
    meter.u64_counter("a/requests").with_description("Another").build().add(2, &[]);
    meter.u64_gauge("a.requests_total").build().record(3, &[]);
    meter.u64_gauge("wait_count").build().record(4, &[]);
    meter.f64_histogram("wait").build().record(5.0, &[]);
    meter.u64_gauge("target_info").build().record(6, &[]);
    let broken = meter.f64_observable_counter("broken");
    let _broken = broken.with_callback(|observer| observer.observe(-1.0, &[])).build();
    for _ in 0..2 {
        let page = served.page(Format::Text004);
        assert!(page.contains("a_requests_total{otel_scope_name=\"t\"} 1\n"), "{page}");
        assert!(page.contains("# TYPE a_requests_total counter\n# HELP a_requests_total One\n"), "{page}");
        assert_eq!(page.matches("a_requests").count(), 3, "{page}");
        assert!(page.contains("# TYPE wait histogram\n") && !page.contains("TYPE wait_count"), "{page}");
        assert!(!page.contains("broken") && page.matches("target_info").count() == 3, "{page}");
    }
    let (shown, beside) = ("or some of it, is not shown to Prometheus", "which is of another type");
    let expected = [
        format!("the metric `a.requests_total`, {shown}: it would be called `a_requests_total` there, beside `a_requests`, {beside}"),
        "the metric `a/requests` is described as \"Another\" and as \"One\"; only the latter is shown to Prometheus".to_owned(),
        format!("the metric `a/requests`, {shown}: another metric has the same name, scope and labels there"),
        format!("the metric `broken`, {shown}: a counter cannot have a value that is negative or no number"),
        format!("the metric `target_info`, {shown}: it would be called `target_info` there, beside `target`, {beside}"),
        format!("the metric `wait_count`, {shown}: it would be called `wait_count` there, beside `wait`, {beside}"),
    ];
    assert_eq!(served.said(), expected);
}

#[test]
fn views_have_their_say_and_everything_counts_from_the_start() {
    let renamed = |instrument: &Instrument| {
        let stream = Stream::builder().with_name("renamed").with_unit("ms");
        (instrument.name() == "original").then(|| stream.build().ok()).flatten()
    };
    let served = Served::new(renamed);
    let counter = served.meter().u64_counter("original").build();
    let bound = counter.bind(&[KeyValue::new("k", "v")]);
    for total in 1..=3 {
        bound.add(1);
        let page = served.page(Format::Text004);
        assert!(page.contains(&format!("renamed_milliseconds_total{{k=\"v\",otel_scope_name=\"t\"}} {total}\n")), "{page}");
    }
}

#[test]
fn after_the_shutdown_there_is_nothing_to_show() {
    let served = Served::new(as_it_is);
    assert!(served.provider.shutdown().is_ok());
    assert_eq!(served.exposition.page(Format::Text004), None);
}
