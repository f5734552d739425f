//! Records a span and ends by a panic that cannot unwind, as every panic does where panics abort: for `tests/last_words.rs`.

use std::error::Error;

use otel_runtime::traced;

#[traced("aborting.work")]
fn work() {}

/// What panics in here aborts the process.
extern "C" fn end() {
    panic!("the end");
}

fn main() -> Result<(), Box<dyn Error>> {
    let telemetry = otel_runtime::init()?;
    if std::env::args().nth(1).as_deref() == Some("flush") {
        telemetry.flush_on_panic();
    }
    work();
    end();
    Ok(())
}
