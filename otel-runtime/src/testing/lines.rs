//! Lines of the `log` crate, of which a process has one logger for all of its tests.

use std::sync::OnceLock;

use log::{LevelFilter, Log, Metadata, Record};
use opentelemetry::logs::Logger;

use crate::logs::{InstallError, record_of_line, unless_quiet};
use crate::pipeline;
use crate::scope::Scope;

/// Has every line of the `log` crate go to the capture that it is said under, up to a level; every test may call it, and the first one's level holds.
/// (Feature `log`.)
///
/// ```
/// use otel_runtime::testing;
///
/// testing::install_log(log::LevelFilter::Info)?;
/// let ((), captured) = testing::capture(|| log::info!(order_id = 7; "order placed"));
/// assert_eq!(captured.log("order placed").attribute("order_id"), Some(&7.into()));
/// # Ok::<(), otel_runtime::logs::InstallError>(())
/// ```
///
/// # Errors
///
/// If the process has another logger.
pub fn install_log(up_to: LevelFilter) -> Result<(), InstallError> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let is_ours = *INSTALLED.get_or_init(|| {
        let installed = log::set_logger(&Routed).is_ok();
        if installed {
            log::set_max_level(up_to);
        }
        installed
    });
    if is_ours { Ok(()) } else { Err(InstallError::Logger) }
}

/// Looks for the capture in the current context.
struct Routed;

impl Log for Routed {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, line: &Record<'_>) {
        unless_quiet(|| {
            if let Some(logger) = pipeline::current_logger(Scope::named("log")) {
                logger.emit(record_of_line(&logger, line));
            }
        });
    }

    fn flush(&self) {}
}
