//! What is delivered: spans are handed to a batcher, whatever they become there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::clock::deadline;
use crate::delivery::{Batch, Batcher, Delivery, Encoder, Route};
use crate::trace_flags;

/// How long a flush through a provider of the SDK waits for the delivery; that interface has no deadline of its own.
pub(super) const FLUSH: Duration = Duration::from_secs(5);

/// Takes ended spans, of ours and of code that uses the plain API.
#[derive(Debug)]
pub(crate) struct DeliveredSpans {
    batcher: Batcher<SpanData>,
    delivery: Arc<Delivery>,
}

impl DeliveredSpans {
    pub(crate) fn new(delivery: &Arc<Delivery>, route: Route, batch: Batch, encoder: Encoder<SpanData>) -> Self {
        Self { batcher: Batcher::start(delivery, route, batch, encoder), delivery: Arc::clone(delivery) }
    }

    pub(crate) fn batcher(&self) -> Batcher<SpanData> {
        self.batcher.clone()
    }
}

impl SpanProcessor for DeliveredSpans {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, mut span: SpanData) {
        // Recorded but not sampled: for processors in the program, not for a backend.
        if span.span_context.is_sampled() {
            trace_flags::flag(&mut span);
            // The SDK reads the wall clock at both ends, and it may be set back between them.
            span.end_time = span.end_time.max(span.start_time);
            self.batcher.push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        flush(&self.batcher, &self.delivery)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        gather(&self.batcher, timeout)
    }
}

pub(super) fn gather<T: Send + 'static>(batcher: &Batcher<T>, timeout: Duration) -> OTelSdkResult {
    if batcher.flush(deadline(timeout)) { Ok(()) } else { Err(OTelSdkError::Timeout(timeout)) }
}

pub(super) fn flush<T: Send + 'static>(batcher: &Batcher<T>, delivery: &Delivery) -> OTelSdkResult {
    let deadline = Instant::now() + FLUSH;
    if batcher.flush(deadline) && delivery.flush(deadline) { Ok(()) } else { Err(OTelSdkError::Timeout(FLUSH)) }
}
