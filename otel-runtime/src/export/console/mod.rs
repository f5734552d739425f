//! The console exporter: telemetry for the person in front of the terminal.
//!
//! * [`ConsoleSpans`] prints every finished trace as an indented waterfall,
//! * [`ConsoleMetrics`] prints one line per data point,
//! * [`ConsoleLogs`] prints one line per log record.
//!
//! All three hang off one [`Console`], which owns the writer. Whatever belongs
//! together (a tree, an export, a record) is rendered first and then handed to
//! the writer in a single `write_all`, so output of parallel threads never
//! mixes. The spans of all providers that share a `Console` meet in one
//! [`Assembly`]: services that live in one process join
//! into one tree by their trace id.
//!
//! ```text
//! SDK ─▶ ConsoleSpans ─▶ assembly ─▶ Tree ─▶ render ─┐
//! SDK ─▶ ConsoleMetrics ─────────────────────────────┼─▶ Console ─▶ writer
//! SDK ─▶ ConsoleLogs ────────────────────────────────┘
//! ```
//!
//! A console must never harm the program it reports on. Hence a writer that
//! fails (a closed stderr) is ignored, a poisoned lock is used all the same,
//! what is kept in memory is bounded, and text that comes from data is escaped
//! before it reaches a terminal.

mod assembly;
mod logs;
mod metrics;
mod render;
mod spans;
mod style;
mod text;
mod tree;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use assembly::{Assembly, Limits};

pub(crate) use logs::ConsoleLogs;
pub(crate) use metrics::ConsoleMetrics;
pub(crate) use spans::ConsoleSpans;
pub(crate) use style::Style;

/// A cheaply cloned handle to one writer and to the traces being assembled
/// for it.
#[derive(Clone)]
pub(crate) struct Console {
    shared: Arc<Shared>,
}

struct Shared {
    style: Style,
    writer: Mutex<Box<dyn Write + Send>>,
    assembly: Mutex<Assembly>,
    processors: AtomicU64,
}

impl Console {
    /// A console of its own, which prints to `writer`.
    pub(crate) fn new(writer: Box<dyn Write + Send>, style: Style) -> Self {
        Self {
            shared: Arc::new(Shared {
                style,
                writer: Mutex::new(writer),
                assembly: Mutex::new(Assembly::new(Limits::default())),
                processors: AtomicU64::new(0),
            }),
        }
    }

    /// The console of this process, on standard error.
    ///
    /// There is only one, so that services in one process join their traces;
    /// the style given first is the one it keeps.
    pub(crate) fn stderr(style: Style) -> Self {
        static STDERR: OnceLock<Console> = OnceLock::new();
        STDERR.get_or_init(|| Self::new(Box::new(std::io::stderr()), style)).clone()
    }

    /// A processor for one tracer provider.
    pub(crate) fn spans(&self) -> ConsoleSpans {
        let id = self.shared.processors.fetch_add(1, Ordering::Relaxed);
        ConsoleSpans::new(self.clone(), id)
    }

    /// An exporter for a meter provider's reader.
    pub(crate) fn metrics(&self) -> ConsoleMetrics {
        ConsoleMetrics::new(self.clone())
    }

    /// A processor for a logger provider.
    pub(crate) fn logs(&self) -> ConsoleLogs {
        ConsoleLogs::new(self.clone())
    }

    fn style(&self) -> Style {
        self.shared.style
    }

    fn assembly(&self) -> MutexGuard<'_, Assembly> {
        lock(&self.shared.assembly)
    }

    /// Prints `text` in one piece. A writer that fails is ignored: there is
    /// nobody left to tell.
    fn print(&self, text: &str) {
        let mut writer = lock(&self.shared.writer);
        let _ = writer.write_all(text.as_bytes());
        let _ = writer.flush();
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("style", &self.style()).finish_non_exhaustive()
    }
}

/// Locks, also after another thread panicked: a console with a gap is worth
/// more than a second panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
