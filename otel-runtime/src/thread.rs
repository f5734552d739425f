//! What is to be known of a thread: whether it still has a current context, and whether telemetry itself is at work on it.

use std::cell::Cell;

use opentelemetry::{Context, ContextGuard};

/// Destroyed before the thread's current context is, because it is made after it: thread-locals go in the reverse order.
struct Alive;

impl Drop for Alive {
    fn drop(&mut self) {}
}

thread_local! {
    static ALIVE: Alive = {
        Context::map_current(|_| ());
        Alive
    };
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Whether the current context can be asked for. In the destructor of a thread-local it may be gone, and asking would end the process.
#[inline]
pub(crate) fn has_context() -> bool {
    ALIVE.try_with(|_| ()).is_ok()
}

/// Makes a context the current one, as long as what is returned lives.
#[inline]
pub(crate) fn attach(context: &Context) -> Option<ContextGuard> {
    has_context().then(|| context.clone().attach())
}

/// Telemetry at work on a thread of the program's, until it is dropped: what is said below it then is not the program's. Unlike a context with
/// telemetry suppressed, it can be entered wherever a panic may happen.
#[derive(Debug)]
pub(crate) struct Silence {
    before: bool,
}

impl Silence {
    pub(crate) fn enter() -> Self {
        Self { before: SILENT.try_with(|silent| silent.replace(true)).unwrap_or(true) }
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = SILENT.try_with(|silent| silent.set(self.before));
    }
}

/// Whether telemetry is at work here.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn is_silent() -> bool {
    SILENT.try_with(Cell::get).unwrap_or(true)
}
