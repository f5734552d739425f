//! Signals that end the process, and end the telemetry before.

use std::fmt;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_default;
use signal_hook::iterator::{Handle, Signals as Iterator};
use signal_hook::low_level::emulate_default_handler;

use super::life::Life;
use super::telemetry::TIMEOUT;

/// The thread that waits for signals, until this is dropped. From then on, and from the first signal on, they end the process at once, as they
/// do without a handler.
pub(super) struct Signals {
    handle: Handle,
    ends_at_once: Arc<AtomicBool>,
}

impl Signals {
    pub(super) fn handle(life: &Arc<Life>) -> io::Result<Self> {
        let ends_at_once = Arc::new(AtomicBool::new(false));
        for signal in [SIGTERM, SIGINT] {
            register_conditional_default(signal, Arc::clone(&ends_at_once))?;
        }
        let mut signals = Iterator::new([SIGTERM, SIGINT])?;
        let (handle, life, second) = (signals.handle(), Arc::downgrade(life), Arc::clone(&ends_at_once));
        thread::Builder::new().name("otel-signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                second.store(true, Ordering::SeqCst);
                let _ = catch_unwind(AssertUnwindSafe(|| end(&life)));
                // What the signal does where nobody handles it.
                let _ = emulate_default_handler(signal);
            }
        })?;
        Ok(Self { handle, ends_at_once })
    }
}

fn end(life: &Weak<Life>) {
    if let Some(life) = life.upgrade()
        && let Err(error) = life.shutdown(TIMEOUT)
    {
        life.diagnostics().error(error);
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.ends_at_once.store(true, Ordering::SeqCst);
        self.handle.close();
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signals")
    }
}
