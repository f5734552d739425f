//! Signals that end the process, and end the telemetry before.

use std::fmt;
use std::io;
use std::sync::{Arc, Weak};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals as Iterator};
use signal_hook::low_level::emulate_default_handler;

use super::life::Life;
use super::telemetry::TIMEOUT;

/// The thread that waits for signals, until this is dropped.
pub(super) struct Signals(Handle);

impl Signals {
    pub(super) fn handle(life: &Arc<Life>) -> io::Result<Self> {
        let mut signals = Iterator::new([SIGTERM, SIGINT])?;
        let (handle, life) = (signals.handle(), Arc::downgrade(life));
        thread::Builder::new().name("otel-signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                end(&life);
                // What the signal does where nobody handles it.
                let _ = emulate_default_handler(signal);
            }
        })?;
        Ok(Self(handle))
    }
}

fn end(life: &Weak<Life>) {
    if let Some(life) = life.upgrade()
        && let Err(error) = life.shutdown(TIMEOUT)
    {
        life.diagnostics().say(error);
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signals")
    }
}
