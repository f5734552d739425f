//! Layers for other libraries. Here is what they share: an [`Operation`], which has a span and the metrics of its outcome, and a static
//! [`Operations`] for each class of them. A layer translates a library's types, and asks `semconv` what to record of them.

mod beginning;
#[cfg(any(feature = "redis", feature = "sqlx"))]
mod database;
#[cfg(any(feature = "http", feature = "tonic"))]
mod exchange;
#[cfg(feature = "faas")]
pub mod faas;
#[cfg(feature = "tonic")]
pub mod grpc;
#[cfg(feature = "http")]
pub mod http;
mod instruments;
mod labels;
#[cfg(feature = "messaging")]
#[cfg_attr(
    not(all(feature = "async-nats", feature = "lapin", feature = "rdkafka")),
    allow(dead_code, reason = "some of it is for some libraries alone")
)]
pub mod messaging;
mod operation;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "sqlx")]
pub mod sqlx;

pub(crate) use self::beginning::Beginning;
pub(crate) use self::instruments::Metrics;
pub(crate) use self::operation::{Operation, Operations, run_attached};
