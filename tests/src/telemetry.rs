//! Telemetry of a test's own, which sends to a receiver and leaves the process alone.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use otel_runtime::{Builder, Telemetry, builder};

use crate::receiver::{Protocol, Receiver};

/// A builder that reads nothing from the environment, exports traces to `receiver` and nothing else.
#[must_use]
pub fn to(receiver: &Receiver, protocol: Protocol) -> Builder {
    let (name, endpoint) = match protocol {
        Protocol::Http => ("http/protobuf", receiver.http_endpoint()),
        Protocol::Grpc => ("grpc", receiver.grpc_endpoint()),
    };
    isolated().set("OTEL_EXPORTER_OTLP_PROTOCOL", name).set("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
}

/// A builder that reads nothing from the environment and exports traces, to the default endpoint.
#[must_use]
pub fn isolated() -> Builder {
    builder().environment(|_| None).service_name("tests").set("OTEL_METRICS_EXPORTER", "none").set("OTEL_LOGS_EXPORTER", "none")
}

/// Reloads two filters in turn, one with which `is_recorded` is true and one with which it is false, while four threads call it. Returns how often
/// a call that began after a reload, and ended before the next, was not what the one filter, and the other one, asks for.
#[must_use]
pub fn calls_while_reloading(telemetry: &Telemetry, [on, off]: [&str; 2], is_recorded: impl Fn() -> bool + Sync) -> [u64; 2] {
    const END: u64 = u64::MAX;
    // Even while a filter stands, odd while it is replaced.
    let (epoch, seen, wrong) = (AtomicU64::new(1), AtomicU64::new(0), [AtomicU64::new(0), AtomicU64::new(0)]);
    let observe = || {
        loop {
            let before = epoch.load(Ordering::SeqCst);
            let is_recorded = is_recorded();
            if before == END {
                return;
            }
            if before % 2 == 0 && epoch.load(Ordering::SeqCst) == before {
                let is_on = before % 4 == 0;
                if is_recorded != is_on {
                    wrong[usize::from(!is_on)].fetch_add(1, Ordering::SeqCst);
                }
                seen.fetch_add(1, Ordering::SeqCst);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(observe);
        }
        for round in 1..=100_u64 {
            telemetry.reload_filter(if round % 2 == 0 { on } else { off }).expect("it is a filter");
            epoch.store(2 * round, Ordering::SeqCst);
            let before = seen.load(Ordering::SeqCst);
            while seen.load(Ordering::SeqCst) < before + 4 {
                thread::yield_now();
            }
            epoch.store(2 * round + 1, Ordering::SeqCst);
        }
        epoch.store(END, Ordering::SeqCst);
    });
    wrong.map(AtomicU64::into_inner)
}

/// The lines that the runtime says about itself.
#[derive(Clone, Debug, Default)]
pub struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    /// Makes the builder's telemetry speak to this.
    #[must_use]
    pub fn listen(&self, builder: Builder) -> Builder {
        let lines = Arc::clone(&self.0);
        builder.diagnostics(move |line| lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()))
    }

    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What the console exporter prints, where a builder is given a clone of this.
#[derive(Clone, Debug, Default)]
pub struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    /// All of it so far.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("the console prints text")
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
