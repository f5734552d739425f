//! Telemetry of a test's own, which sends to a receiver and leaves the process alone.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use otel_runtime::{Builder, builder};

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
