//! Log records and spans of programs and libraries that speak `tracing` or `log`.
//!
//! A program that has a subscriber of `tracing` adds a layer to it, feature `tracing`:
//!
#![cfg_attr(feature = "tracing", doc = "```no_run")]
#![cfg_attr(not(feature = "tracing"), doc = "```ignore")]
//! use tracing_subscriber::prelude::*;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let telemetry = otel_runtime::init()?;
//!     tracing_subscriber::registry()
//!         .with(tracing_subscriber::filter::LevelFilter::INFO) // or an `EnvFilter`, for RUST_LOG
//!         .with(telemetry.tracing_layer())
//!         .with(tracing_subscriber::fmt::layer().map_event_format(otel_runtime::logs::WithIds))
//!         .init();
//!     tracing::info!(order.id = 7, "order placed");
//! #   Ok(())
//! }
//! ```
//!
//! One that has none calls `telemetry.install_tracing(Level::INFO)?`; for the lines of the `log` crate, feature `log`, it is
//! `telemetry.install_log(LevelFilter::Info)?`.
//!
//! What the threads of this crate do themselves is never recorded, at whatever level: not the requests of an exporter, which speak `tracing` too,
//! nor anything that a library says below them.
//!
//! (OpenTelemetry specification, [Logs](https://opentelemetry.io/docs/specs/otel/logs/),
//! [exceptions in logs](https://opentelemetry.io/docs/specs/semconv/exceptions/exceptions-logs/).)

// record and quiet serve both bridges.
#[cfg(feature = "tracing")]
mod diagnostics;
mod install;
#[cfg(feature = "log")]
mod log;
mod quiet;
mod record;
#[cfg(feature = "tracing")]
mod tracing;

pub use install::InstallError;
#[cfg(all(feature = "log", feature = "testing"))]
pub(crate) use log::record_of as record_of_line;
#[cfg(all(feature = "log", feature = "testing"))]
pub(crate) use quiet::unless_quiet;
#[cfg(feature = "tracing")]
pub use tracing::WithIds;
