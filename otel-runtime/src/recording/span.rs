//! [`RecordedSpan`]: a span of ours as the API's, which is what others reach it by, and what makes it current.

use std::borrow::Cow;
use std::cell::Cell;
use std::time::SystemTime;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, Span, SpanContext, SpanRef, Status};

use super::buffers::InBuffer;
use super::open::OpenSpan;
use super::recorder::Tracer;
use crate::clock::{Moment, WallTime};
use crate::shared::Shared;

thread_local! {
    /// When the span ends that a guard of ours is ending on this thread; the epoch if there is none.
    static ENDING: Cell<WallTime> = const { Cell::new(EPOCH) };
}

const EPOCH: WallTime = WallTime(0);

/// Ends a span of ours, which everybody reaches as the API's: its time need not be put together to be taken apart again.
#[inline]
pub(crate) fn end_at(span: &SpanRef<'_>, at: WallTime) {
    let told = ENDING.try_with(|ending| ending.set(at));
    // A thread that ends may be past its locals.
    span.end_with_timestamp(if told.is_ok() { SystemTime::UNIX_EPOCH } else { at.system_time() });
    // Where the span's lock is poisoned, nobody has taken it.
    let _ = ENDING.try_with(|ending| ending.set(EPOCH));
}

/// A span that was started: dropped before it was ended, it ends. The API keeps it in a box, so it is no larger than a pointer.
#[derive(Debug)]
pub struct RecordedSpan(InBuffer);

impl RecordedSpan {
    #[inline]
    pub(super) fn recorded(mut span: InBuffer, tracer: Shared<Tracer>) -> Self {
        span.tracer = Some(tracer);
        Self(span)
    }

    pub(super) fn not_recorded(context: SpanContext) -> Self {
        let mut span = InBuffer::take();
        span.context = context;
        Self(span)
    }

    /// The span, if it is recorded, and has not ended.
    fn open(&mut self) -> Option<&mut OpenSpan> {
        Some(&mut *self.0).filter(|span| span.tracer.is_some())
    }

    #[inline]
    fn end_at(&mut self, at: impl FnOnce() -> WallTime) {
        if let Some(tracer) = self.0.tracer.take() {
            tracer.recorder.end(&tracer.scope, &mut self.0, at());
        }
    }
}

impl Span for RecordedSpan {
    fn add_event_with_timestamp<T>(&mut self, name: T, timestamp: SystemTime, attributes: Vec<KeyValue>)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(open) = self.open() {
            open.event(&name.into(), timestamp.into(), &attributes);
        }
    }

    #[inline]
    fn span_context(&self) -> &SpanContext {
        &self.0.context
    }

    #[inline]
    fn is_recording(&self) -> bool {
        self.0.tracer.is_some()
    }

    fn set_attribute(&mut self, attribute: KeyValue) {
        if let Some(tracer) = &self.0.tracer {
            let is_copied = tracer.recorder.baggage.has(&attribute.key);
            self.0.set(&attribute, is_copied);
        }
    }

    fn set_status(&mut self, status: Status) {
        if let Some(open) = self.open() {
            open.set_status(status);
        }
    }

    fn update_name<T>(&mut self, new_name: T)
    where
        T: Into<Cow<'static, str>>,
    {
        if let Some(open) = self.open() {
            open.rename(&new_name.into());
        }
    }

    fn add_link(&mut self, span_context: SpanContext, attributes: Vec<KeyValue>) {
        if let Some(open) = self.open() {
            open.link(&Link::new(span_context, attributes, 0));
        }
    }

    fn end_with_timestamp(&mut self, timestamp: SystemTime) {
        let ending = ENDING.try_with(|ending| ending.replace(EPOCH)).unwrap_or(EPOCH);
        self.end_at(|| if ending == EPOCH { timestamp.into() } else { ending });
    }
}

impl Drop for RecordedSpan {
    fn drop(&mut self) {
        self.end_at(|| Moment::now().wall_time());
    }
}
