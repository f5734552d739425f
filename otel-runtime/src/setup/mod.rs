//! From the environment and from code to installed providers, and the [variables](variables()) that there are.
//!
//! What a program calls is at the root of the crate too: [`init`], [`builder`], [`Telemetry`].

// env → config → providers → Telemetry
mod builder;
pub(crate) mod config;
mod copies;
pub(crate) mod env;
mod error;
#[cfg(feature = "config-file")]
mod file;
#[cfg(not(feature = "config-file"))]
#[path = "file_absent.rs"]
mod file;
mod last_words;
mod life;
mod providers;
mod resource;
mod self_metrics;
#[cfg(all(unix, feature = "signals"))]
mod signals;
#[cfg(feature = "testing")]
mod sinks;
mod telemetry;
mod variables;
mod warning;

pub use builder::{Builder, builder, init};
pub use error::{DeliveryError, InitError};
#[cfg(all(feature = "config-file", feature = "testing"))]
#[doc(hidden)]
pub use file::known_keys;
#[cfg(feature = "config-file")]
pub use file::to_config_file;
#[cfg(feature = "testing")]
pub(crate) use sinks::Sinks;
pub use telemetry::{Health, Telemetry};
pub use variables::{ValueKind, Variable, variables};
pub use warning::Warning;
