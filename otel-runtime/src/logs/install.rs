//! What can go wrong when a bridge is installed for the whole process.

use std::error::Error;
use std::fmt;

/// Why a bridge could not be installed. Its `Debug` is its `Display`, because that is what `main` prints of an error.
#[non_exhaustive]
pub enum InstallError {
    /// The process has a subscriber of `tracing` already.
    Subscriber,
    /// The process has a logger of `log` already.
    Logger,
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subscriber => "there is a subscriber of `tracing` already: add `telemetry.tracing_layer()` to it, where it is made",
            Self::Logger => {
                "there is a logger of `log` already: give it `telemetry.log_bridge()`, or, if it is that of `tracing-subscriber`, add \
                 `telemetry.tracing_layer()` to the subscriber"
            }
        })
    }
}

impl fmt::Debug for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for InstallError {}
