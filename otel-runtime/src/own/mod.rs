//! What the telemetry counts of itself, for the conventions' metrics `otel.sdk.*`
//! (<https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/>): accounts that cost next to nothing to keep, and are read when metrics are
//! collected. Where nobody asked for those metrics, there is no account, or nobody who measures.

mod account;
mod component;
mod operations;
mod readings;
mod spans;
mod tally;

pub(crate) use account::{Account, Held, IO_ERROR, Scrapes, counted};
pub(crate) use component::{Component, Components};
pub(crate) use operations::{Operations, Status};
pub(crate) use readings::{Timed, collection_begins};
pub(crate) use spans::{Decision, Origin, Started};
pub(crate) use tally::Tally;
