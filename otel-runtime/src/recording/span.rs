//! [`RecordedSpan`]: a span of ours as the API's, which is what others reach it by, and what makes it current.

use std::borrow::Cow;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, Span, SpanContext, Status};

use super::buffers::InBuffer;
use super::recorder::Tracer;
use crate::clock::Moment;
use crate::shared::Shared;

/// A span that was started: dropped before it was ended, it ends.
#[derive(Debug)]
pub struct RecordedSpan {
    context: SpanContext,
    tracer: Shared<Tracer>,
    /// `None`: it is not recorded, or has ended.
    open: Option<InBuffer>,
}

impl RecordedSpan {
    pub(super) fn recorded(context: SpanContext, tracer: Shared<Tracer>, open: InBuffer) -> Self {
        Self { context, tracer, open: Some(open) }
    }

    pub(super) fn not_recorded(context: SpanContext, tracer: Shared<Tracer>) -> Self {
        Self { context, tracer, open: None }
    }

    fn end_at(&mut self, at: impl FnOnce() -> SystemTime) {
        if let Some(open) = self.open.take() {
            self.tracer.recorder.end(&self.tracer.scope, &self.context, open, Some(at()));
        }
    }
}

impl Span for RecordedSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(open) = &mut self.open {
            open.event(&name.into(), timestamp, &attributes);
        }
    }

    fn span_context(&self) -> &SpanContext {
        &self.context
    }

    fn is_recording(&self) -> bool {
        self.open.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(open) = &mut self.open {
            open.set(&attribute, &self.tracer.recorder.baggage);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(open) = &mut self.open {
            open.set_status(status);
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(open) = &mut self.open {
            open.rename(&new_name.into());
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(open) = &mut self.open {
            open.link(&Link::new(span_context, attributes, 0));
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        self.end_at(|| timestamp);
    }
}

impl Drop for RecordedSpan {
    fn drop(&mut self) {
        self.end_at(|| Moment::now().system_time());
    }
}
