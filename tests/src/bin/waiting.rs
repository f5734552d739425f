//! Records a span, says so, and waits for a signal to end it, with its telemetry or without: for `tests/signals.rs`.

use std::error::Error;

use otel_runtime::traced;

#[traced("waiting.work")]
fn work() {}

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = otel_runtime::init()?;
    telemetry.shut_down_on_signals()?;
    work();
    if std::env::args().nth(1).as_deref() == Some("without-telemetry") {
        drop(telemetry);
    } else {
        std::mem::forget(telemetry);
    }
    println!("waiting");
    loop {
        std::thread::park();
    }
}
