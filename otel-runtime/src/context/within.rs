//! What is polled, within a context.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_core::Stream;
use futures_sink::Sink;
use opentelemetry::Context;
use pin_project_lite::pin_project;

use crate::thread;

pin_project! {
    /// A future, a stream or a sink within a context: it is the current one at every poll, and while what the future holds is dropped.
    #[derive(Debug)]
    #[must_use = "it does nothing unless it is polled"]
    pub struct InContext<T> {
        context: Context,
        // `None` once it was dropped, which happens in the context.
        #[pin]
        inner: Option<T>,
    }

    impl<T> PinnedDrop for InContext<T> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let attached = thread::attach(this.context);
            this.inner.set(None);
            drop(attached);
        }
    }
}

impl<T> InContext<T> {
    fn new(inner: T, context: Context) -> Self {
        Self { context, inner: Some(inner) }
    }

    /// The context.
    pub fn context(&self) -> &Context {
        &self.context
    }

    fn poll_in<R>(self: Pin<&mut Self>, poll: impl FnOnce(Pin<&mut T>) -> R) -> R {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else { unreachable!("it is there until this one is dropped") };
        let _attached = thread::attach(this.context);
        poll(inner)
    }
}

impl<F: Future> Future for InContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        self.poll_in(|future| future.poll(task))
    }
}

impl<S: Stream> Stream for InContext<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        self.poll_in(|stream| stream.poll_next(task))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), S::size_hint)
    }
}

impl<T, S: Sink<T>> Sink<T> for InContext<S> {
    type Error = S::Error;

    fn poll_ready(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_in(|sink| sink.poll_ready(task))
    }

    fn start_send(self: Pin<&mut Self>, item: T) -> Result<(), Self::Error> {
        self.poll_in(|sink| sink.start_send(item))
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_in(|sink| sink.poll_flush(task))
    }

    fn poll_close(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        self.poll_in(|sink| sink.poll_close(task))
    }
}

macro_rules! extensions {
    ($($(#[$documentation:meta])* $name:ident of $what:path $(, $item:ident)?;)*) => {$(
        $(#[$documentation])*
        pub trait $name$(<$item>)?: $what + Sized {
            /// Runs it within a context.
            fn with_context(self, context: Context) -> InContext<Self> {
                InContext::new(self, context)
            }

            /// Runs it within the context that is current now.
            fn with_current_context(self) -> InContext<Self> {
                self.with_context(Context::current())
            }
        }

        impl<T: $what $(, $item)?> $name$(<$item>)? for T {}
    )*};
}

extensions! {
    /// Futures within a context.
    ///
    /// ```
    /// use otel_runtime::baggage;
    /// use otel_runtime::context::FutureExt;
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let tenant = async { baggage::get("tenant.id") }.with_context(baggage::with("tenant.id", "acme"));
    /// assert_eq!(tenant.await.as_deref(), Some("acme"));
    /// # }
    /// ```
    FutureExt of Future;
    /// Streams within a context: the current one whenever an item is asked for.
    StreamExt of Stream;
    /// Sinks within a context: the current one whenever an item is taken or sent on.
    SinkExt of Sink<I>, I;
}
