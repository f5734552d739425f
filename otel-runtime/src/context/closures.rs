//! Closures that run later, or elsewhere.

use opentelemetry::Context;

use crate::thread;

/// The closure, which will run within the context that is current now: for a thread's builder, a pool or an executor that takes closures.
///
/// ```
/// use otel_runtime::{baggage, context};
///
/// let attached = baggage::with("tenant.id", "acme").attach();
/// let report = context::wrap(|| baggage::get("tenant.id"));
/// drop(attached);
/// assert_eq!(report().as_deref(), Some("acme"));
/// ```
pub fn wrap<T>(run: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let context = Context::current();
    move || {
        let _attached = thread::attach(&context);
        run()
    }
}

/// As [`wrap`], for a closure that is called with each of several items, wherever that happens: what Rayon's iterators take, or a callback.
///
/// ```
/// use otel_runtime::{baggage, context};
///
/// let attached = baggage::with("tenant.id", "acme").attach();
/// let greet = context::wrap_each(|name: &str| format!("{name} of {}", baggage::get("tenant.id").unwrap_or_default()));
/// drop(attached);
/// assert_eq!(greet("Ann"), "Ann of acme");
/// ```
pub fn wrap_each<A, T>(run: impl Fn(A) -> T) -> impl Fn(A) -> T {
    let context = Context::current();
    move |item| {
        let _attached = thread::attach(&context);
        run(item)
    }
}
