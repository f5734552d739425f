//! What is delivered in another form than OTLP: spans are handed to a batcher as the SDK's data, whatever they become there.

use std::sync::Arc;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::trace::SpanData;

use crate::clock::deadline;
use crate::delivery::{Batch, Batcher, Delivery, Encoder, Route};
use crate::recording::{OpenSpan, SpanSink};

/// Takes ended spans.
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

impl SpanSink for DeliveredSpans {
    fn hears_starts(&self) -> bool {
        false
    }

    fn start(&self, _: &mut OpenSpan, _: &SpanData, _: &Context) -> bool {
        false
    }

    fn end(&self, span: SpanData) {
        // Recorded but not sampled: for who looks at spans in the program, not for a backend.
        if span.span_context.is_sampled() {
            self.batcher.push(span);
        }
    }

    fn flush(&self, deadline: Instant) -> bool {
        self.batcher.flush(deadline) && self.delivery.flush(deadline)
    }

    fn shut_down(&self, timeout: Duration) {
        self.batcher.flush(deadline(timeout));
    }
}
