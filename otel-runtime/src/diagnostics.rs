//! What the runtime says about itself: whole lines on stderr, or wherever a test wants them.

use std::fmt;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

/// Says a line. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Diagnostics(Arc<dyn Fn(&str) + Send + Sync>);

impl Diagnostics {
    /// Lines go to stderr, each in one write.
    pub(crate) fn stderr() -> Self {
        Self::new(|line| {
            // A closed stderr is no reason to fail, and there is nobody left to tell.
            let _ = std::io::stderr().write_all(format!("otel: {line}\n").as_bytes());
        })
    }

    pub(crate) fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    /// Says a line. Where that panics, the line is lost and nothing else: it is said by threads that others rely on.
    pub(crate) fn say(&self, line: impl fmt::Display) {
        let line = line.to_string();
        let _ = panic::catch_unwind(AssertUnwindSafe(|| (self.0)(&line)));
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Diagnostics")
    }
}
