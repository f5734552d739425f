//! The running span, from anywhere inside of it.

use std::borrow::Cow;
use std::error::Error;

use opentelemetry::trace::{SpanId, TraceContextExt, TraceId};
use opentelemetry::{Context, KeyValue};

use crate::name::AttributeKey;
use crate::value::{AttributeValue, ValueWriter};
use crate::{exceptions, panics};

/// The span that is running here: one of ours, or one that the plain API made current.
///
/// ```
/// use otel_runtime::{AttributeKey, traced};
///
/// const CACHE_HIT: AttributeKey = AttributeKey::new("shop.cache.hit");
///
/// #[traced]
/// fn price(article: u32) -> u32 {
///     otel_runtime::current().set(CACHE_HIT, article == 1);
///     100 * article
/// }
/// # assert_eq!(price(1), 100);
/// ```
#[must_use]
pub fn current() -> CurrentSpan {
    CurrentSpan(Context::current())
}

/// See [`current`]. Where no span is recorded, all that is done to it has no effect.
#[derive(Clone, Debug)]
pub struct CurrentSpan(Context);

impl CurrentSpan {
    pub(crate) fn context(&self) -> &Context {
        &self.0
    }

    /// Sets an attribute.
    pub fn set(&self, key: AttributeKey, value: impl AttributeValue) {
        self.0.span().set_attributes(attributes(&[(key, &value)]));
    }

    /// Adds an event, something that happened at one moment, with its attributes.
    ///
    /// ```
    /// use otel_runtime::AttributeKey;
    ///
    /// const ATTEMPT: AttributeKey = AttributeKey::new("shop.retry.attempt");
    /// otel_runtime::current().event("retry", &[(ATTEMPT, &2)]);
    /// ```
    pub fn event(&self, name: impl Into<Cow<'static, str>>, with: &[(AttributeKey, &dyn AttributeValue)]) {
        let span = self.0.span();
        if span.is_recording() {
            span.add_event(name, attributes(with));
        }
    }

    /// Adds an `exception` event for an error that was handled, or a log record with the severity WARN, as `OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`
    /// says. It does not make the span's outcome an error.
    pub fn record_error(&self, error: &dyn Error) {
        panics::contained(|| exceptions::emit_handled(&self.0, error));
    }

    /// Whether what is recorded here goes anywhere.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.0.span().is_recording()
    }

    /// The id of the trace; all zero where there is none. Its `Display` is the hexadecimal form of the specifications.
    #[must_use]
    pub fn trace_id(&self) -> TraceId {
        self.0.span().span_context().trace_id()
    }

    /// The id of the span; all zero where there is none.
    #[must_use]
    pub fn span_id(&self) -> SpanId {
        self.0.span().span_context().span_id()
    }
}

fn attributes(values: &[(AttributeKey, &dyn AttributeValue)]) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(values.len());
    for (key, value) in values {
        panics::contained(|| value.write(ValueWriter::new(key.as_str(), &mut attributes)));
    }
    attributes
}
