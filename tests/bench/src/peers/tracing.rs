//! `tracing` with `tracing-opentelemetry`.

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{info_span, instrument, subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::Registry;

use super::{Calls, Parent, plain, sdk};
use crate::work::{three_yields as yields, work};
use crate::{awaits, calls, ten_deep};

pub const PEER: &str = "tracing-opentelemetry";

pub const CALLS: Calls =
    Calls { peer: PEER, sync: calls!(sync), ten_deep: Some(calls!(deep_0)), root: Some(calls!(sync)), three_yields: awaits!(three_yields) };

pub const THREE_ATTRIBUTES: fn(u64) = calls!(three_attributes);

#[instrument(skip_all, fields(bench.number = number))]
#[inline(never)]
fn sync(number: u64) -> u64 {
    work(number)
}

#[instrument(skip_all, fields(bench.number = number))]
async fn three_yields(number: u64) -> u64 {
    yields(number).await
}

ten_deep! {
    number: #[instrument(skip_all, fields(bench.number = number))]
    deep_0 deep_1, deep_1 deep_2, deep_2 deep_3, deep_3 deep_4, deep_4 deep_5, deep_5 deep_6, deep_6 deep_7, deep_7 deep_8, deep_8 deep_9,
    deep_9 work
}

#[instrument(skip_all, fields(bench.number = number, bench.name = "a name", bench.share = 0.5))]
#[inline(never)]
fn three_attributes(number: u64) -> u64 {
    work(number)
}

/// What libraries below say with `tracing` is nobody's here.
pub fn install(exporter: SpanExporter) -> SdkTracerProvider {
    let provider = sdk::provider_with(exporter);
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let own = Targets::new().with_target("bench", tracing::Level::TRACE);
    subscriber::set_global_default(Registry::default().with(layer.with_filter(own))).expect("once");
    provider
}

pub fn below(parent: Parent, batch: &mut dyn FnMut()) {
    let span = info_span!("parent");
    span.set_parent(plain::parent(parent)).expect("it has not begun");
    span.in_scope(batch);
}
