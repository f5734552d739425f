//! A panic that may be the last thing a program does, as where panics abort.

use std::cell::Cell;
use std::panic;
use std::sync::{Arc, Weak};
use std::thread;

use super::life::Life;
use super::telemetry::TIMEOUT;

thread_local! {
    static FLUSHING: Cell<bool> = const { Cell::new(false) };
}

/// Has every panic deliver what was recorded before it, after the hook that is there has said what happened.
pub(super) fn flush_on_panic(life: &Arc<Life>) {
    let (life, said) = (Arc::downgrade(life), panic::take_hook());
    panic::set_hook(Box::new(move |info| {
        said(info);
        // What panics while it flushes must not flush again, and no thread can wait for itself.
        let thread = thread::current();
        let is_of = |prefix| thread.name().is_some_and(|name| name.starts_with(prefix));
        if !is_of("otel-") && FLUSHING.try_with(|flushing| flushing.replace(true)) == Ok(false) {
            // The SDK's thread that collects metrics runs callbacks, which may be what panicked.
            flush(&life, !is_of("OpenTelemetry."));
            let _ = FLUSHING.try_with(|flushing| flushing.set(false));
        }
    }));
}

fn flush(life: &Weak<Life>, with_metrics: bool) {
    if let Some(life) = life.upgrade()
        && let Err(error) = life.flush(TIMEOUT, with_metrics)
    {
        life.diagnostics().error(error);
    }
}
