//! Records a span and ends by a panic that cannot unwind, as every panic does where panics abort; or collects metrics with a callback that panics:
//! for `tests/last_words.rs`.

use std::error::Error;
use std::time::Duration;

use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::{Telemetry, traced};

#[traced("aborting.work")]
fn work() {}

/// What panics in here aborts the process.
extern "C" fn end() {
    panic!("the end");
}

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = otel_runtime::init()?;
    let argument = std::env::args().nth(1);
    if argument.as_deref().is_some_and(|argument| argument != "nothing") {
        telemetry.flush_on_panic();
    }
    if argument.as_deref() == Some("callback") {
        collect(&telemetry);
    }
    work();
    end();
    Ok(())
}

/// Has metrics collected again and again, with a callback that panics, until the process is killed.
fn collect(telemetry: &Telemetry) {
    let meter = telemetry.meter_provider().expect("metrics are exported").meter("aborting");
    let _broken = meter.u64_observable_gauge("aborting.broken").with_callback(|_| panic!("nothing to observe")).build();
    let counter = meter.u64_counter("aborting.calls").build();
    loop {
        counter.add(1, &[]);
        std::thread::sleep(Duration::from_millis(10));
    }
}
