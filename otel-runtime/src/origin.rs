//! Where a span comes from when it is not the current context: an explicit parent, none, links.

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt};

use crate::current::CurrentSpan;
use crate::pipeline;

/// Something that stands for a span elsewhere.
trait AsSpanContext {
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

/// One or several of what a link can point at.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand for spans to link to",
    note = "use a `Context`, a `SpanContext` or what `otel_runtime::current()` gives, or an array, a slice, a `Vec` or an `Option` of one"
)]
pub trait AsLinks {
    /// Adds the contexts of the spans.
    fn add_to(&self, links: &mut Vec<SpanContext>);
}

macro_rules! single {
    ($($ty:ty),*) => {$(
        impl AsLinks for $ty {
            fn add_to(&self, links: &mut Vec<SpanContext>) {
                links.push(self.as_span_context());
            }
        }
    )*};
}

single!(SpanContext, Context, CurrentSpan);

impl<T: AsLinks> AsLinks for [T] {
    fn add_to(&self, links: &mut Vec<SpanContext>) {
        for link in self {
            link.add_to(links);
        }
    }
}

impl<T: AsLinks, const N: usize> AsLinks for [T; N] {
    fn add_to(&self, links: &mut Vec<SpanContext>) {
        self.as_slice().add_to(links);
    }
}

impl<T: AsLinks> AsLinks for Vec<T> {
    fn add_to(&self, links: &mut Vec<SpanContext>) {
        self.as_slice().add_to(links);
    }
}

impl<T: AsLinks> AsLinks for Option<T> {
    fn add_to(&self, links: &mut Vec<SpanContext>) {
        self.as_slice().add_to(links);
    }
}

impl<T: AsLinks + ?Sized> AsLinks for &T {
    fn add_to(&self, links: &mut Vec<SpanContext>) {
        (**self).add_to(links);
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
