//! What tests of recording share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::trace::SpanData;

use super::{Open, OpenSpan, Parts, Recorder, SpanSink};
use crate::copied::BaggageKeys;
use crate::limits::OfSpans;
use crate::sampling::Sampler;

/// A recorder whose spans go into a sink.
pub(crate) fn recorder(sampler: impl Into<Sampler>, sink: impl SpanSink + 'static) -> Arc<Recorder> {
    let (limits, baggage, open) = (OfSpans::default(), BaggageKeys::default(), Arc::new(Open::default()));
    let sinks: Vec<Box<dyn SpanSink>> = vec![Box::new(sink)];
    Arc::new(Recorder::new(Parts { limits, baggage, sampler: sampler.into(), started: None, open, encoded: Vec::new(), sinks }))
}

/// Keeps the spans that ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ended(Arc<Mutex<Vec<SpanData>>>);

impl Ended {
    pub(crate) fn spans(&self) -> MutexGuard<'_, Vec<SpanData>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SpanSink for Ended {
    fn start(&self, _: &mut OpenSpan, _: &SpanData, _: &Context) -> bool {
        false
    }

    fn end(&self, span: SpanData) {
        self.spans().push(span);
    }

    fn flush(&self, _: Instant) -> bool {
        true
    }

    fn shut_down(&self, _: Duration) {}
}
