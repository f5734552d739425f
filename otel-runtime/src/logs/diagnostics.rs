//! What the runtime says about itself, as events of `tracing`.

use tracing::dispatcher::{Dispatch, get_default};
use tracing::subscriber::NoSubscriber;
use tracing::{debug, error, info, warn};

use crate::diagnostics::{Diagnostics, Level, to_stderr};
use crate::setup::Builder;
use crate::thread::Silence;

impl Builder {
    /// Has what the runtime says about itself said to `tracing`, instead of to stderr: events of the target `otel_runtime`, of the levels that
    /// `OTEL_LOG_LEVEL` lets through. (Feature `tracing`.)
    ///
    /// They are for those who read a program's own log: [`Telemetry::tracing_layer`](crate::Telemetry::tracing_layer) does not export them, since
    /// what cannot be exported would be what is said. Where there is no subscriber, which is so as long as telemetry is set up before it, lines go
    /// to stderr.
    ///
    /// ```
    /// # fn main() -> Result<(), otel_runtime::InitError> {
    /// let telemetry = otel_runtime::builder().environment(|_| None).diagnostics_to_tracing().build()?;
    /// # drop(telemetry);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn diagnostics_to_tracing(self) -> Self {
        self.say_by(Diagnostics::by_level(say))
    }
}

fn say(level: Level, line: &str) {
    // A subscriber that is at work on this thread hears nothing of what happens below it.
    if get_default(Dispatch::is::<NoSubscriber>) {
        return to_stderr(line);
    }
    // Our own layers do not listen.
    let _silent = Silence::enter();
    match level {
        Level::None => {}
        Level::Error => error!(target: TARGET, "{line}"),
        Level::Warn => warn!(target: TARGET, "{line}"),
        Level::Info => info!(target: TARGET, "{line}"),
        Level::Debug => debug!(target: TARGET, "{line}"),
    }
}

/// What filters know it by: `RUST_LOG=otel_runtime=warn`.
const TARGET: &str = "otel_runtime";
