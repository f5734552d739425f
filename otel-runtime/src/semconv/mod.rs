//! The semantic conventions as pure functions: what a layer tells of an operation becomes names, attributes and outcomes.

#[allow(dead_code, reason = "each layer is a feature")]
mod attribute;
#[cfg(any(feature = "redis", feature = "sqlx"))]
#[cfg_attr(
    not(all(feature = "redis", feature = "sqlx")),
    allow(dead_code, unreachable_pub, reason = "some of it is for some databases alone")
)]
pub(crate) mod db;
#[cfg(feature = "faas")]
pub(crate) mod faas;
#[cfg(feature = "http")]
pub(crate) mod http;
#[cfg(feature = "messaging")]
#[cfg_attr(
    not(all(feature = "async-nats", feature = "lapin", feature = "rdkafka")),
    allow(dead_code, unused_imports, reason = "some of it is for some libraries alone")
)]
pub(crate) mod messaging;
pub(crate) mod methods;
#[allow(dead_code, reason = "each layer is a feature")]
mod metric;
#[cfg(any(feature = "http", feature = "tonic"))]
#[cfg_attr(not(feature = "http"), allow(dead_code, reason = "some of it is for HTTP alone"))]
pub(crate) mod network;
#[cfg(feature = "tonic")]
pub(crate) mod rpc;

#[allow(unused_imports, reason = "each layer is a feature")]
pub(crate) use self::attribute::{Attribute, Said};
#[allow(unused_imports, reason = "each layer is a feature")]
pub(crate) use self::metric::{DURATION_BUCKETS, Metric};
