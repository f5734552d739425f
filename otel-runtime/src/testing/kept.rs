//! What a capture keeps, as it comes.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::baggage::BaggageExt;
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::{MeterProviderBuilder, PeriodicReader};
use opentelemetry_sdk::trace::SpanData;

use super::captured::Captured;
use super::logs::Log;
use super::points::Collected;
use super::spans::Span;
use crate::export::limited::{LimitedLog, LogExporter};
use crate::recording::{OpenSpan, SpanSink};

/// Shared by the capture and its providers.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    items: Arc<Items>,
    points: Collected,
}

#[derive(Debug, Default)]
struct Items {
    state: Mutex<State>,
    /// Woken when a span ends.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    resource: Vec<KeyValue>,
    /// As they were at their start, in the order of that.
    open: Vec<Span>,
    ended: Vec<Span>,
    logs: Vec<Log>,
}

impl Kept {
    pub(super) fn spans(&self) -> impl SpanSink + use<> {
        KeptSpans(Arc::clone(&self.items))
    }

    /// Notes what stands for the program.
    pub(super) fn note(&self, resource: &Resource) {
        let attributes = resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone()));
        self.items.lock().resource = attributes.collect();
    }

    pub(super) fn logs(&self) -> impl LogExporter + use<> {
        KeptLogs(Arc::clone(&self.items))
    }

    /// Gives a provider the reader that collects when it is asked, and not before.
    pub(super) fn read(&self, builder: MeterProviderBuilder) -> MeterProviderBuilder {
        let never = Duration::from_secs(24 * 60 * 60);
        builder.with_reader(PeriodicReader::builder(self.points.clone()).with_interval(never).build())
    }

    pub(super) fn captured(&self) -> Captured {
        let state = self.items.lock();
        let spans = state.ended.iter().chain(&state.open).cloned().collect();
        Captured { spans, points: self.points.last(), logs: state.logs.clone(), resource: state.resource.clone() }
    }

    pub(super) fn settle(&self, at_most: Duration) -> bool {
        let state = self.items.lock();
        let waited = self.items.ended.wait_timeout_while(state, at_most, |state| !state.open.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.open.is_empty()
    }
}

impl Items {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct KeptSpans(Arc<Items>);

impl SpanSink for KeptSpans {
    fn start(&self, _: &mut OpenSpan, span: &SpanData, context: &Context) -> bool {
        let entries = context.baggage().iter().map(|(name, (value, _))| (name.to_string(), value.to_string()));
        let mut baggage: Vec<_> = entries.collect();
        baggage.sort();
        self.0.lock().open.push(Span { baggage, open: true, ..Span::from(span) });
        false
    }

    fn end(&self, data: SpanData) {
        let mut state = self.0.lock();
        let id = data.span_context.span_id();
        let at = state.open.iter().position(|open| open.span_id == id);
        let baggage = at.map(|at| state.open.remove(at).baggage).unwrap_or_default();
        state.ended.push(Span { baggage, ..Span::from(&data) });
        drop(state);
        self.0.ended.notify_all();
    }

    fn flush(&self, _: Instant) -> bool {
        true
    }

    fn shut_down(&self, _: Duration) {}
}

#[derive(Debug)]
struct KeptLogs(Arc<Items>);

impl LogExporter for KeptLogs {
    fn take(&self, log: LimitedLog<'_>) {
        let log = Log::from(log);
        self.0.lock().logs.push(log);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
