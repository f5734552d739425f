use opentelemetry::KeyValue;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, PeriodicReader, SdkMeterProvider, Stream, Temporality};

use super::super::Console;
use super::super::style::Style;
use super::super::testing::Capture;
use super::spark;

/// What one export writes after `record`.
fn export(style: Style, record: impl FnOnce(&Meter)) -> Vec<String> {
    let capture = Capture::default();
    let console = Console::new(Box::new(capture.clone()), style);
    let exponential = |instrument: &Instrument| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
        let stream = Stream::builder().with_aggregation(aggregation);
        let wanted = instrument.name() == "exponential";
        wanted.then(|| stream.build().ok()).flatten()
    };
    let provider =
        SdkMeterProvider::builder().with_reader(PeriodicReader::builder(console.metrics()).build()).with_view(exponential).build();
    record(&provider.meter("test"));
    assert!(provider.force_flush().is_ok());
    let writes = capture.writes();
    assert!(provider.shutdown().is_ok());
    writes
}

#[test]
fn every_data_point_has_a_line() {
    let writes = export(Style::default(), |meter| {
        let requests = meter.u64_counter("requests").with_unit("{request}").build();
        requests.add(3, &[KeyValue::new("route", "/orders")]);
        meter.f64_gauge("load").build().record(0.25, &[]);
        let balance = meter.i64_up_down_counter("balance").build();
        balance.add(-5, &[]);
    });
    let expected = "\
requests ({request})  route=/orders  3
load                                 0.25
balance                              -5
";
    assert_eq!(writes, [expected]);
}

#[test]
fn histograms_show_their_shape() {
    let writes = export(Style::default(), |meter| {
        let seconds = meter.f64_histogram("seconds").with_unit("s");
        let seconds = seconds.with_boundaries(vec![1.0, 2.0, 3.0]).build();
        for value in [0.5, 2.5, 2.5, 2.5, 2.5, 9.0] {
            seconds.record(value, &[]);
        }
        meter.u64_histogram("one").build().record(7, &[]);
        let exponential = meter.f64_histogram("exponential").build();
        for value in [0.0, 1.0, 1_000_000.0] {
            exponential.record(value, &[]);
        }
    });
    let [text] = writes.as_slice() else {
        panic!("{writes:?}");
    };
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "seconds (s)  count=6 sum=19.5 min=0.5 max=9.0 ▂·█▂");
    assert_eq!(lines[1], "one          count=1 sum=7 min=7 max=7");
    assert!(lines[2].starts_with("exponential  count=3 sum=1000001.0 min=0.0 max=1000000.0 █"));
    assert_eq!(lines.len(), 3);
}

#[test]
fn nothing_is_written_about_nothing() {
    assert!(export(Style::default(), |_| ()).is_empty());
}

#[test]
fn data_cannot_steer_the_terminal_and_colour_is_a_choice() {
    let record = |meter: &Meter| {
        let counter = meter.u64_counter("requests").build();
        counter.add(1, &[KeyValue::new("evil", "\x1b[31m\n")]);
    };
    assert_eq!(export(Style::default(), record), ["requests  evil=\\x1b[31m\\n  1\n"]);
    let style = Style { color: true, ..Style::default() };
    assert_eq!(export(style, record), ["\x1b[1mrequests\x1b[0m  \x1b[2mevil=\\x1b[31m\\n\x1b[0m  1\n"]);
}

#[test]
fn totals_are_exported() {
    let console = Console::new(Box::new(Capture::default()), Style::default());
    assert_eq!(console.metrics().temporality(), Temporality::Cumulative);
}

#[test]
fn sparklines_show_where_counts_are() {
    assert_eq!(spark::line(&[]), "");
    assert_eq!(spark::line(&[0, 0]), "");
    assert_eq!(spark::line(&[0, 5, 0]), "");
    assert_eq!(spark::line(&[0, 1, 0, 4, 8, 0]), "▁·▄█");
    assert_eq!(spark::line(&[u64::MAX, 1]), "█▁");
    let wide = spark::line(&[1; 160]);
    assert_eq!(wide, "█".repeat(16));
}
