//! What the runtime says about itself: whole lines on stderr, or wherever a test wants them.

mod named;
mod spell;

use std::fmt;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

pub(crate) use named::{Setting, Source};
pub(crate) use spell::{SAY_EVERY, Spell, times};

/// How much it matters (`OTEL_LOG_LEVEL`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Nothing is said at all.
    None,
    /// Telemetry is lost.
    Error,
    /// Something is in the way, or ignored.
    Warn,
    /// All is well again.
    Info,
    /// What holds.
    Debug,
}

type Say = dyn Fn(Level, &str) + Send + Sync;

/// Says lines, those that matter enough. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Diagnostics {
    say: Arc<Say>,
    level: Level,
    source: Source,
}

impl Diagnostics {
    /// Lines go to stderr, each in one write.
    pub(crate) fn stderr() -> Self {
        Self::new(to_stderr)
    }

    pub(crate) fn new(say: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self::by_level(move |_, line| say(line))
    }

    /// What is said goes to whoever wants to know how much it matters.
    pub(crate) fn by_level(say: impl Fn(Level, &str) + Send + Sync + 'static) -> Self {
        Self { say: Arc::new(say), level: Level::Info, source: Source::default() }
    }

    /// Those that say what matters at least so much.
    pub(crate) fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// Calls settings as they are called there.
    pub(crate) fn of(self, source: Source) -> Self {
        Self { source, ..self }
    }

    /// How settings are called.
    pub(crate) fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn error(&self, line: impl fmt::Display) {
        self.say(Level::Error, line);
    }

    pub(crate) fn warn(&self, line: impl fmt::Display) {
        self.say(Level::Warn, line);
    }

    pub(crate) fn info(&self, line: impl fmt::Display) {
        self.say(Level::Info, line);
    }

    pub(crate) fn debug(&self, line: impl fmt::Display) {
        self.say(Level::Debug, line);
    }

    /// Says a line. Where that panics, the line is lost and nothing else: it is said by threads that others rely on.
    fn say(&self, level: Level, line: impl fmt::Display) {
        if level <= self.level {
            let line = line.to_string();
            let _ = panic::catch_unwind(AssertUnwindSafe(|| (self.say)(level, &line)));
        }
    }
}

/// Says a line on stderr, in one write.
pub(crate) fn to_stderr(line: &str) {
    // A closed stderr is no reason to fail, and there is nobody left to tell.
    let _ = std::io::stderr().write_all(format!("otel: {line}\n").as_bytes());
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Diagnostics")
    }
}
