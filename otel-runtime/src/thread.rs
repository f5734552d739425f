//! Whether a thread still has a current context.

use opentelemetry::Context;

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
}

/// Whether the current context can be asked for. In the destructor of a thread-local it may be gone, and asking would end the process.
#[inline]
pub(crate) fn has_context() -> bool {
    ALIVE.try_with(|_| ()).is_ok()
}
