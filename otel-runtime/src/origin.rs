//! Where a span comes from when it is not the current context: an explicit parent, none, links.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use crate::current::CurrentSpan;
use crate::pipeline;

/// Something that stands for a span elsewhere: a link's target.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand for a span",
    note = "use a `Context`, a `SpanContext` or what `otel_runtime::current()` gives"
)]
pub trait AsSpanContext {
    /// The span's context.
    fn as_span_context(&self) -> SpanContext;
}

impl AsSpanContext for SpanContext {
    fn as_span_context(&self) -> SpanContext {
        self.clone()
    }
}

impl AsSpanContext for Context {
    fn as_span_context(&self) -> SpanContext {
        self.span().span_context().clone()
    }
}

impl AsSpanContext for CurrentSpan {
    fn as_span_context(&self) -> SpanContext {
        self.context().as_span_context()
    }
}

impl<T: AsSpanContext + ?Sized> AsSpanContext for &T {
    fn as_span_context(&self) -> SpanContext {
        (**self).as_span_context()
    }
}

/// Something that a span can be the child of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the parent of a span",
    note = "use a `Context`, a `SpanContext` or what `otel_runtime::current()` gives, or `Option` of one"
)]
pub trait AsParent {
    /// The context to start in.
    fn as_parent(&self) -> Context;
}

impl AsParent for Context {
    fn as_parent(&self) -> Context {
        pipeline::keep_route(self)
    }
}

impl AsParent for SpanContext {
    fn as_parent(&self) -> Context {
        Context::current().with_remote_span_context(self.clone())
    }
}

impl AsParent for CurrentSpan {
    fn as_parent(&self) -> Context {
        self.context().as_parent()
    }
}

/// `None`: the current context, as without the option.
impl<T: AsParent> AsParent for Option<T> {
    fn as_parent(&self) -> Context {
        self.as_ref().map_or_else(Context::current, AsParent::as_parent)
    }
}

impl<T: AsParent + ?Sized> AsParent for &T {
    fn as_parent(&self) -> Context {
        (**self).as_parent()
    }
}

/// `root`: the current context without its span, so that a trace begins.
#[must_use]
pub fn no_parent() -> Context {
    Context::current().with_remote_span_context(SpanContext::NONE)
}
