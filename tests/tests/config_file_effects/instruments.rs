//! One instrument of each kind, measured with three colours each.

use otel_runtime::opentelemetry::metrics::{AsyncInstrument, Meter};
use otel_runtime::opentelemetry::{InstrumentationScope, KeyValue};

/// The kinds, as a file calls them; an instrument is called `shop.` and its kind.
pub const KINDS: [&str; 7] =
    ["counter", "gauge", "histogram", "observable_counter", "observable_gauge", "observable_up_down_counter", "up_down_counter"];

const COLOURS: [&str; 3] = ["black", "green", "white"];

fn colour(colour: &str) -> [KeyValue; 2] {
    [KeyValue::new("colour", colour.to_owned()), KeyValue::new("size", 7)]
}

fn observe<T: Copy>(value: T) -> impl Fn(&dyn AsyncInstrument<T>) {
    move |instrument| COLOURS.iter().for_each(|name| instrument.observe(value, &colour(name)))
}

pub fn measure(meters: &dyn Fn(InstrumentationScope) -> Meter) {
    let scope = InstrumentationScope::builder("shop").with_version("1.0").with_schema_url("https://opentelemetry.io/schemas/1.40.0");
    let meter = meters(scope.build());
    let counter = meter.u64_counter("shop.counter").with_unit("{cup}").with_description("Cups.").build();
    let gauge = meter.u64_gauge("shop.gauge").build();
    let histogram = meter.f64_histogram("shop.histogram").with_unit("s").build();
    let up_down_counter = meter.i64_up_down_counter("shop.up_down_counter").build();
    meter.u64_observable_counter("shop.observable_counter").with_callback(observe(1)).build();
    meter.u64_observable_gauge("shop.observable_gauge").with_callback(observe(1)).build();
    meter.i64_observable_up_down_counter("shop.observable_up_down_counter").with_callback(observe(1)).build();
    for (name, seconds) in COLOURS.iter().zip([0.1, 30.0, 6000.0]) {
        counter.add(1, &colour(name));
        gauge.record(1, &colour(name));
        histogram.record(seconds, &colour(name));
        up_down_counter.add(1, &colour(name));
    }
    // Far apart where an instrument chooses its buckets itself, and in one where it does not.
    let spread = meters(InstrumentationScope::builder("spread").build()).f64_histogram("spread.histogram").build();
    for value in [1.0, 2.0, 3.0, 4.0] {
        spread.record(value, &[]);
    }
    meters(InstrumentationScope::builder("other").build()).u64_counter("other.counter").build().add(1, &[]);
}
