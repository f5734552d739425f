//! Carrying context to where it does not go by itself.
//!
//! The one carrier is [`opentelemetry::Context`]: a span of ours is the parent of a span that the plain API makes inside it, and the other
//! way round. Context follows calls and `.await`s. What is spawned starts without, unless it is given the current one:
//!
//! ```
//! use otel_runtime::{context, traced};
//!
//! #[traced]
//! async fn send_mail() {}
//!
//! #[traced]
//! async fn checkout() {
//!     context::spawn(send_mail());
//! }
//! # #[tokio::main(flavor = "current_thread")] async fn main() { checkout().await }
//! ```
//!
//! | to | with |
//! |---|---|
//! | a task of Tokio's | [`spawn`], [`spawn_blocking`], [`spawn_local`], [`JoinSetExt`] |
//! | a future, a stream or a sink that is polled elsewhere | [`FutureExt`], [`StreamExt`], [`SinkExt`] |
//! | a thread | [`thread::spawn`](mod@thread), [`thread::scope`] |
//! | Rayon's pool (feature `rayon`) | `context::rayon` |
//! | a closure that runs later, in whatever pool or executor | [`wrap`], [`wrap_each`] |
//! | whoever receives from a channel | [`Carried`] |
//! | another process | [`inject`], [`extract`], in the formats of `OTEL_PROPAGATORS` ([`propagation`](crate::propagation)) |
//! | a child process | [`CommandExt`], [`from_environment`] |
//!
//! A team that wants none forgotten has clippy refuse the others, in `clippy.toml`:
//!
//! ```toml
#![doc = include_str!("../docs/clippy.toml")]
//! ```

mod carried;
mod closures;
mod process;
#[cfg(feature = "rayon")]
pub mod rayon;
mod tasks;
pub mod thread;
mod within;

use opentelemetry::propagation::{Extractor, Injector};

pub use opentelemetry::Context;

pub use self::carried::Carried;
pub use self::closures::{wrap, wrap_each};
pub use self::process::{CommandExt, from_environment};
pub use self::tasks::{JoinSetExt, spawn, spawn_blocking, spawn_local};
pub use self::within::{FutureExt, InContext, SinkExt, StreamExt};
use crate::pipeline;

/// Writes the current context into a carrier.
///
/// ```
/// use std::collections::HashMap;
///
/// let mut headers = HashMap::new();
/// otel_runtime::context::inject(&mut headers);
/// # assert!(headers.is_empty());
/// ```
///
/// Where there is nothing to say, nothing is written. What a carrier already has under these names is replaced, but not taken away.
pub fn inject(carrier: &mut dyn Injector) {
    inject_context(&Context::current(), carrier);
}

/// As [`inject`], of any context.
pub fn inject_context(context: &Context, carrier: &mut dyn Injector) {
    pipeline::propagate(context, |propagator| propagator.inject_context(context, carrier));
}

/// The current context with what a carrier has: its span as the parent, and its baggage. Where it has nothing, or nothing valid, it is the current
/// context as it is.
///
/// ```
/// use std::collections::HashMap;
///
/// use otel_runtime::context;
/// use otel_runtime::traced;
///
/// #[traced(kind = server, parent = context::extract(headers))]
/// fn handle(headers: &HashMap<String, String>) {}
/// # handle(&HashMap::new());
/// ```
///
/// The names in a `HashMap` have to be in lower case; of an [`http::HeaderMap`], use [`HeaderExtractor`](crate::propagation::HeaderExtractor).
#[must_use]
pub fn extract(carrier: &dyn Extractor) -> Context {
    // Not under the borrow of the current context: the carrier is somebody's own code.
    let current = Context::current();
    pipeline::propagate(&current, |propagator| propagator.extract_with_context(&current, carrier))
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};

    use super::*;

    #[test]
    fn telemetry_of_its_own_has_propagators_of_its_own() {
        let builder = crate::builder().environment(|_| None).set("OTEL_TRACES_EXPORTER", "none").set("OTEL_METRICS_EXPORTER", "none");
        let telemetry = builder.set("OTEL_LOGS_EXPORTER", "none").set("OTEL_PROPAGATORS", "b3").build().unwrap();
        let remote = SpanContext::new(TraceId::from(0x11), SpanId::from(0x22), TraceFlags::SAMPLED, true, TraceState::NONE);
        let _attached = telemetry.context().with_remote_span_context(remote).attach();
        let mut headers = HashMap::new();
        inject(&mut headers);
        assert_eq!(headers, HashMap::from([("b3".to_owned(), format!("{:032x}-{:016x}-1", 0x11, 0x22))]));
        let received = HashMap::from([("b3".to_owned(), format!("{:032x}-{:016x}-0", 0x33, 0x44))]);
        assert_eq!(extract(&received).span().span_context().trace_id(), TraceId::from(0x33));
    }
}
