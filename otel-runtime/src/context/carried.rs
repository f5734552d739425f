//! [`Carried`]: a value with the context that it comes from.

use opentelemetry::Context;
use opentelemetry::trace::SpanContext;

use crate::origin::{AsLinks, AsParent};
use crate::thread;

/// A value on its way through a channel, or a queue in memory, with the context that it was sent in.
///
/// Whoever takes one at a time goes on with what the sender did:
///
/// ```
/// use std::sync::mpsc;
///
/// use otel_runtime::context::Carried;
/// use otel_runtime::traced;
///
/// #[traced(kind = consumer, parent = order.context())]
/// fn ship(order: &Carried<u64>) {}
///
/// let (sender, receiver) = mpsc::channel();
/// sender.send(Carried::new(7)).unwrap();
/// # drop(sender);
/// for order in receiver {
///     ship(&order);
/// }
/// ```
///
/// Whoever takes several together has no one parent, and links to all of them:
///
/// ```
/// use otel_runtime::context::Carried;
/// use otel_runtime::traced;
///
/// #[traced(kind = consumer, root, links = orders)]
/// fn ship_together(orders: &[Carried<u64>]) {}
/// # ship_together(&[Carried::new(7)]);
/// ```
#[derive(Clone, Debug)]
pub struct Carried<T> {
    value: T,
    context: Context,
}

impl<T> Carried<T> {
    /// A value in the context that is current now.
    pub fn new(value: T) -> Self {
        Self::in_context(value, Context::current())
    }

    /// A value in any context.
    pub fn in_context(value: T, context: Context) -> Self {
        Self { value, context }
    }

    /// The context that it was sent in.
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }

    /// Both.
    pub fn into_parts(self) -> (T, Context) {
        (self.value, self.context)
    }

    /// Runs what is done with the value in the context that it was sent in. For what is asynchronous, see
    /// [`into_parts`](Self::into_parts) and [`with_context`](super::FutureExt::with_context).
    ///
    /// ```
    /// use otel_runtime::context::Carried;
    ///
    /// assert_eq!(Carried::new(7).run(|number| number + 1), 8);
    /// ```
    pub fn run<R>(self, run: impl FnOnce(T) -> R) -> R {
        let _attached = thread::attach(&self.context);
        run(self.value)
    }
}

impl<T> AsLinks for Carried<T> {
    fn add_to(&self, links: &mut Vec<SpanContext>) {
        self.context.add_to(links);
    }
}

impl<T> AsParent for Carried<T> {
    fn as_parent(&self) -> Context {
        self.context.as_parent()
    }
}
