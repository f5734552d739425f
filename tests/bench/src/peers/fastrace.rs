//! `fastrace` with `fastrace-opentelemetry`.

use std::borrow::Cow;

use fastrace::collector::Config;
use fastrace::prelude::{Span, SpanContext};
use fastrace::trace;
use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::InstrumentationScope;
use opentelemetry_otlp::SpanExporter;

use super::{Calls, Parent, sdk};
use crate::work::{three_yields as yields, work};
use crate::{awaits, calls, ten_deep};

pub const PEER: &str = "fastrace";

pub const CALLS: Calls =
    Calls { peer: PEER, sync: calls!(sync), ten_deep: Some(calls!(deep_0)), root: Some(calls!(root)), three_yields: awaits!(three_yields) };

pub const THREE_ATTRIBUTES: fn(u64) = calls!(three_attributes);

#[trace(properties = { "bench.number": "{number}" })]
#[inline(never)]
fn sync(number: u64) -> u64 {
    work(number)
}

#[trace(properties = { "bench.number": "{number}" })]
async fn three_yields(number: u64) -> u64 {
    yields(number).await
}

ten_deep! {
    number: #[trace(properties = { "bench.number": "{number}" })]
    deep_0 deep_1, deep_1 deep_2, deep_2 deep_3, deep_3 deep_4, deep_4 deep_5, deep_5 deep_6, deep_6 deep_7, deep_7 deep_8, deep_8 deep_9,
    deep_9 work
}

/// The macro does nothing without a parent.
#[inline(never)]
fn root(number: u64) -> u64 {
    let root = Span::root("sync", SpanContext::random()).with_property(|| ("bench.number", number.to_string()));
    let _entered = root.set_local_parent();
    work(number)
}

#[trace(properties = { "bench.number": "{number}", "bench.name": "a name", "bench.share": "0.5" })]
#[inline(never)]
fn three_attributes(number: u64) -> u64 {
    work(number)
}

pub fn install(exporter: SpanExporter) {
    let scope = InstrumentationScope::builder("bench").build();
    let reporter = OpenTelemetryReporter::new(exporter, Cow::Owned(sdk::resource()), scope);
    fastrace::set_reporter(reporter, Config::default());
}

pub fn below(parent: Parent, batch: &mut dyn FnMut()) {
    let root = Span::root("parent", SpanContext::random().sampled(parent == Parent::Sampled));
    let _entered = root.set_local_parent();
    batch();
}
