//! [`ResponseFuture`]: what a service of ours gives for a request.

use std::fmt::Display;
use std::mem;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;

use super::Exchange;
use super::body::ResponseBody;

pin_project! {
    /// The future of a response that is recorded: its span is current at every poll, and while what the future holds is dropped.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ResponseFuture<F, X: Exchange> {
        exchange: X,
        // `None` once it was dropped, which happens under the span.
        #[pin]
        future: Option<F>,
    }

    impl<F, X: Exchange> PinnedDrop for ResponseFuture<F, X> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let attached = this.exchange.operation().attach();
            this.future.set(None);
            drop(attached);
        }
    }
}

impl<F, X: Exchange> ResponseFuture<F, X> {
    pub(crate) fn new(exchange: X, future: F) -> Self {
        Self { exchange, future: Some(future) }
    }

    /// The future that `call` gives for a request whose exchange was begun.
    pub(crate) fn of<B>(request: Request<B>, begin: impl FnOnce(&mut Parts, &mut B) -> X, call: impl FnOnce(Request<B>) -> F) -> Self {
        let (mut parts, mut body) = request.into_parts();
        let mut exchange = begin(&mut parts, &mut body);
        let request = Request::from_parts(parts, body);
        let future = exchange.run(|| call(request));
        Self::new(exchange, future)
    }
}

impl<F, X, B, E> Future for ResponseFuture<F, X>
where
    F: Future<Output = Result<Response<B>, E>>,
    X: Exchange,
    B: Body,
    E: Display + 'static,
{
    type Output = Result<Response<ResponseBody<B, X>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = this.exchange.run(|| {
            let Some(future) = this.future.as_mut().as_pin_mut() else { unreachable!("a future is not polled after it was ready") };
            let polled = future.poll(task);
            if polled.is_ready() {
                this.future.set(None);
            }
            polled
        });
        Poll::Ready(match ready!(polled) {
            Ok(response) => {
                // What is taken out leaves nothing to record.
                let mut exchange = mem::take(this.exchange);
                let (mut parts, body) = response.into_parts();
                exchange.answered(&mut parts, &body);
                Ok(Response::from_parts(parts, ResponseBody::new(exchange, body)))
            }
            Err(error) => {
                this.exchange.failed(&error);
                Err(error)
            }
        })
    }
}
