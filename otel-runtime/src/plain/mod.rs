//! The plain API, through handles that can be taken at any time: [`tracer`] and [`meter`].
//!
//! A handle of `opentelemetry::global` that is taken before the set-up stays without effect for ever. One of these asks, whenever it is used, for
//! the telemetry that serves there, as an annotated place does.

mod instrument;
mod meter;
mod observed;
mod tracer;

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::InstrumentationScope;
use opentelemetry::global::BoxedTracer;
use opentelemetry::metrics::Meter;

use self::meter::AnyTimeMeter;
pub(crate) use self::observed::observe_with;
use self::tracer::AnyTimeTracer;

/// A tracer of the plain API, to be taken whenever it suits, before [`init`](crate::init) too: it makes spans wherever annotated code would, in a
/// capture of the tests as well. (OpenTelemetry specification, [Tracer](https://opentelemetry.io/docs/specs/otel/trace/api/#tracer).)
///
/// ```
/// use std::sync::LazyLock;
///
/// use otel_runtime::opentelemetry::global::BoxedTracer;
/// use otel_runtime::opentelemetry::trace::Tracer;
///
/// static TRACER: LazyLock<BoxedTracer> = LazyLock::new(|| otel_runtime::tracer("shop"));
///
/// TRACER.in_span("count", |_context| { /* … */ });
/// ```
#[must_use]
pub fn tracer(name: impl Into<Cow<'static, str>>) -> BoxedTracer {
    tracer_with_scope(InstrumentationScope::builder(name).build())
}

/// As [`tracer`], with an instrumentation scope that has more than a name.
#[must_use]
pub fn tracer_with_scope(scope: InstrumentationScope) -> BoxedTracer {
    BoxedTracer::new(Box::new(AnyTimeTracer::new(scope)))
}

/// A meter of the plain API, to be taken whenever it suits, before [`init`](crate::init) too, with all its instruments: what is measured counts from
/// the set-up on. (OpenTelemetry specification, [Meter](https://opentelemetry.io/docs/specs/otel/metrics/api/#meter).)
///
/// ```
/// use std::sync::LazyLock;
///
/// use otel_runtime::opentelemetry::KeyValue;
/// use otel_runtime::opentelemetry::metrics::Counter;
///
/// static VISITS: LazyLock<Counter<u64>> = LazyLock::new(|| otel_runtime::meter("shop").u64_counter("shop.visits").build());
///
/// VISITS.add(1, &[KeyValue::new("shop.door", "front")]);
/// ```
///
/// What is observed by callbacks is observed for the telemetry of the process; what is counted and recorded also for that of a capture of the tests.
#[must_use]
pub fn meter(name: impl Into<Cow<'static, str>>) -> Meter {
    meter_with_scope(InstrumentationScope::builder(name).build())
}

/// As [`meter`], with an instrumentation scope that has more than a name.
#[must_use]
pub fn meter_with_scope(scope: InstrumentationScope) -> Meter {
    Meter::new(Arc::new(AnyTimeMeter::new(scope)))
}
