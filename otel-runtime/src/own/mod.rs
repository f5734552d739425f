//! What the telemetry counts of itself, for the conventions' metrics `otel.sdk.*`
//! (<https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>): accounts that cost next to nothing to keep, and are read when metrics are
//! collected. Where nobody asked for those metrics, there is no account, or nobody who measures.

mod account;
mod component;
mod operations;
mod readings;
mod spans;
mod tally;

use opentelemetry::InstrumentationScope;
use opentelemetry_semantic_conventions::SCHEMA_URL;

/// The instrumentation scope of what the runtime measures itself.
pub(crate) fn scope() -> InstrumentationScope {
    InstrumentationScope::builder("otel-runtime").with_version(env!("CARGO_PKG_VERSION")).with_schema_url(SCHEMA_URL).build()
}

pub(crate) use account::{Account, Held, IO_ERROR, Scrapes, counted};
pub(crate) use component::{Component, Components};
pub(crate) use operations::{Operations, Status};
pub(crate) use readings::{Timed, collection_begins};
pub(crate) use spans::{Decision, Origin, Started};
pub(crate) use tally::Tally;
