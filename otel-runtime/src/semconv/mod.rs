//! The semantic conventions as pure functions: what a layer tells of an operation becomes names, attributes and outcomes.

#[cfg(feature = "sqlx")]
pub(crate) mod db;
#[cfg(feature = "http")]
pub(crate) mod http;
pub(crate) mod methods;
