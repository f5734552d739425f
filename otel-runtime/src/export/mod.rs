//! What turns telemetry into something that leaves the program.

pub(crate) mod console;
pub(crate) mod delivered;
pub(crate) mod encoded;
pub(crate) mod limited;
pub(crate) mod otlp;
mod points;
#[cfg(feature = "prometheus")]
pub(crate) mod prometheus;
#[cfg(not(feature = "prometheus"))]
#[path = "prometheus_absent.rs"]
pub(crate) mod prometheus;
#[cfg(feature = "zipkin")]
pub(crate) mod zipkin;
#[cfg(not(feature = "zipkin"))]
#[path = "zipkin_absent.rs"]
pub(crate) mod zipkin;

/// Why metrics cannot be served to Prometheus.
#[derive(Debug)]
#[allow(dead_code, reason = "where the feature is off, it is always absent, and elsewhere never")]
pub(crate) enum NotServed {
    /// This build cannot do it.
    Absent,
    /// The address cannot be had.
    Address(std::io::Error),
    /// There is no thread for it.
    Thread(std::io::Error),
}
