//! When a bridge has nothing to record: where telemetry itself is at work.

use opentelemetry::Context;

use crate::thread::{self, Silence};

/// Whether what happens here belongs to telemetry itself, or there is no context any more to record it in.
pub(super) fn is_quiet() -> bool {
    thread::is_silent() || !thread::has_context() || Context::is_current_telemetry_suppressed()
}

/// Does the work of a bridge, unless it is quiet here. What the SDK says of that work would come back to the bridge, without end.
pub(crate) fn unless_quiet(work: impl FnOnce()) {
    if !is_quiet() {
        let _silent = Silence::enter();
        work();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_quiet_inside_of_a_bridge_and_where_telemetry_is_suppressed() {
        let mut ran = 0;
        unless_quiet(|| {
            ran += 1;
            unless_quiet(|| panic!("a bridge inside of a bridge"));
            drop(Silence::enter());
            assert!(is_quiet(), "what ends inside of it does not end it");
        });
        assert!(std::panic::catch_unwind(|| unless_quiet(|| panic!("of a value"))).is_err());
        assert!(!is_quiet(), "a panic ends the work too");
        {
            let _silent = Context::enter_telemetry_suppressed_scope();
            unless_quiet(|| panic!("of an exporter"));
        }
        unless_quiet(|| ran += 1);
        assert_eq!(ran, 2);
    }
}
