//! Telemetry of a test's own, which sends to a receiver and leaves the process alone. Its accounts must balance whenever it is dropped, in every
//! test.

use std::io::{self, Write};
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry_sdk::trace::SpanProcessor;
use otel_runtime::setup::Variable;
use otel_runtime::{InitError, Sampler, Telemetry, View, builder};

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
    let builder = builder().environment(|_| None).service_name("tests");
    Builder(builder.set("OTEL_METRICS_EXPORTER", "none").set("OTEL_LOGS_EXPORTER", "none"))
}

/// A builder of telemetry whose accounts are looked at in the end.
#[derive(Debug)]
pub struct Builder(otel_runtime::Builder);

/// Hands methods on to the builder of the runtime.
macro_rules! hand_on {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {$(
        #[doc = concat!("As `otel_runtime::Builder::", stringify!($name), "`.")]
        #[must_use]
        pub fn $name(self, $($argument: $kind),*) -> Self {
            Self(self.0.$name($($argument),*))
        }
    )*};
}

impl Builder {
    hand_on! {
        set(variable: impl Into<String>, value: impl Into<String>);
        service_name(name: impl Into<String>);
        resource_attribute(attribute: KeyValue);
        diagnostics(say: impl Fn(&str) + Send + Sync + 'static);
        console(writer: impl Write + Send + 'static);
        sampler(sampler: impl Into<Sampler>);
        span_processor(processor: impl SpanProcessor + 'static);
        view(view: View);
    }

    /// As `otel_runtime::Builder::variables`.
    #[must_use]
    pub fn variables(&self) -> Vec<Variable> {
        self.0.variables()
    }

    /// As `otel_runtime::Builder::to_config_file`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn to_config_file(&self) -> Result<String, InitError> {
        self.0.to_config_file()
    }

    /// As `otel_runtime::Builder::init`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn init(self) -> Result<Watched, InitError> {
        self.0.init().map(Watched)
    }

    /// As `otel_runtime::Builder::build`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn build(self) -> Result<Watched, InitError> {
        self.0.build().map(Watched)
    }
}

impl From<otel_runtime::Builder> for Builder {
    fn from(builder: otel_runtime::Builder) -> Self {
        Self(builder)
    }
}

/// Telemetry of which everything that was accepted must be accounted for when it is dropped, shut down or not.
#[must_use]
#[derive(Debug)]
pub struct Watched(Telemetry);

impl Deref for Watched {
    type Target = Telemetry;

    fn deref(&self) -> &Telemetry {
        &self.0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let health = self.0.health();
        for account in [&health.traces, &health.metrics, &health.logs] {
            // A second panic would abort the process and hide the first.
            assert!(account.is_balanced() || thread::panicking(), "what was accepted is what became of it: {account:?}");
        }
    }
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
    pub fn listen(&self, builder: impl Into<Builder>) -> Builder {
        let lines = Arc::clone(&self.0);
        builder.into().diagnostics(move |line| lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned()))
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
