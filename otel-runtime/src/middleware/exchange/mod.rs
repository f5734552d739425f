//! What layers share that stand around requests and responses of HTTP: an [`Exchange`] begins with a request, lasts until the end of the response's
//! body, and is cancelled where either is dropped.

mod body;
mod callers;
mod future;
mod headers;

use std::fmt::{Debug, Display};

use bytes::Buf;
use http::HeaderMap;
use http::response::Parts;
use http_body::{Body, Frame};
use opentelemetry::Context;

pub(crate) use self::body::ResponseBody;
pub(crate) use self::callers::Callers;
pub(crate) use self::future::ResponseFuture;
pub(crate) use self::headers::RecordedHeaders;
use super::{Operation, run_attached};
use crate::context;
use crate::propagation::HeaderInjector;

/// A request and its response: the guard of an operation, which ends it on drop. The default records nothing.
pub trait Exchange: Debug + Default {
    /// The operation that it is a guard of.
    fn operation(&self) -> &Operation;

    /// A part of it panicked.
    fn panicked(&mut self);

    /// The other side answered: what is known now is recorded, and the rest when the body has ended.
    fn answered<B: Body>(&mut self, parts: &mut Parts, body: &B);

    /// It failed, before the other side answered or in the middle of that.
    fn failed<E: Display + 'static>(&mut self, error: &E);

    /// One more frame of the response's body went over.
    fn passed<D: Buf>(&mut self, frame: &Frame<D>);

    /// The last frame of the response's body went over.
    fn complete(&mut self);

    /// Runs a part of it under its span. If that panics, the exchange has.
    fn run<T>(&mut self, body: impl FnOnce() -> T) -> T {
        let attached = self.operation().attach();
        run_attached(self, attached, body, Self::panicked)
    }
}

/// Gives a request the context of its span; or the current one, where no span is recorded.
pub(crate) fn inject(operation: &Operation, headers: &mut HeaderMap) {
    let current;
    let context = if let Some(context) = operation.context() {
        context
    } else {
        current = Context::current();
        &current
    };
    context::inject_context(context, &mut HeaderInjector(headers));
}

/// A request of a server that is recorded by a layer for a protocol on top of HTTP: other layers of the same request record nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Served;

/// The same of a client's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked;

/// What the layers of this room have in common: the service that they make of another one, and how options change them. A module that has one has a `Config`,
/// which begins exchanges, and of these the body and the future of responses.
macro_rules! layer {
    ($layer:ident, $service:ident, $operations:ident, $($body:tt)+) => {
        impl<S> ::tower_layer::Layer<S> for $layer {
            type Service = $service<S>;

            fn layer(&self, inner: S) -> $service<S> {
                $service { inner, config: Arc::clone(&self.config) }
            }
        }

        impl $layer {
            fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
                change(Arc::make_mut(&mut self.config));
                self
            }
        }

        impl<S, B, R> ::tower_service::Service<::http::Request<B>> for $service<S>
        where
            S: ::tower_service::Service<::http::Request<B>, Response = ::http::Response<R>>,
            S::Error: ::std::fmt::Display + 'static,
            B: $($body)+,
            R: ::http_body::Body,
        {
            type Response = ::http::Response<ResponseBody<R>>;
            type Error = S::Error;
            type Future = ResponseFuture<S::Future>;

            fn poll_ready(&mut self, task: &mut ::std::task::Context<'_>) -> ::std::task::Poll<Result<(), S::Error>> {
                self.inner.poll_ready(task)
            }

            fn call(&mut self, request: ::http::Request<B>) -> Self::Future {
                if $operations.are_idle() {
                    return ResponseFuture::new(Exchange::default(), self.inner.call(request));
                }
                ResponseFuture::of(request, |parts, body| self.config.begin(parts, body), |request| self.inner.call(request))
            }
        }
    };
}

pub(super) use layer;
