//! `emit`, with its own exporter.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use emit_otlp::OtlpTransportBuilder;

use super::{Calls, Parent};
use crate::work::{three_yields as yields, work};
use crate::{awaits, calls, ten_deep};

pub const PEER: &str = "emit";

pub const CALLS: Calls =
    Calls { peer: PEER, sync: calls!(sync), ten_deep: Some(calls!(deep_0)), root: Some(calls!(sync)), three_yields: awaits!(three_yields) };

pub const THREE_ATTRIBUTES: fn(u64) = calls!(three_attributes);

/// It has no parents that are not sampled: what is not recorded, its filter refuses.
static SAMPLES: AtomicBool = AtomicBool::new(true);

#[emit::span("sync", bench_number: number)]
#[inline(never)]
fn sync(number: u64) -> u64 {
    work(number)
}

#[emit::span("three_yields", bench_number: number)]
async fn three_yields(number: u64) -> u64 {
    yields(number).await
}

ten_deep! {
    number: #[emit::span("deep", bench_number: number)]
    deep_0 deep_1, deep_1 deep_2, deep_2 deep_3, deep_3 deep_4, deep_4 deep_5, deep_5 deep_6, deep_6 deep_7, deep_7 deep_8, deep_8 deep_9,
    deep_9 work
}

#[emit::span("three_attributes", bench_number: number, bench_name: "a name", bench_share: 0.5)]
#[inline(never)]
fn three_attributes(number: u64) -> u64 {
    work(number)
}

pub fn http(endpoint: &str) -> OtlpTransportBuilder {
    emit_otlp::http(format!("{endpoint}/v1/traces"))
}

/// Returns what delivers all that was recorded.
pub fn install(transport: OtlpTransportBuilder) -> impl Fn() + use<> {
    let transport = transport.allow_compression(false);
    let emitter = emit_otlp::new().traces(emit_otlp::traces_proto(transport)).spawn();
    let filter = emit::filter::from_fn(|_| SAMPLES.load(Ordering::Relaxed));
    let runtime = emit::setup().emit_to(emitter).emit_when(filter).init();
    move || {
        runtime.blocking_flush(Duration::from_secs(60));
    }
}

#[emit::span("parent")]
fn parent(batch: &mut dyn FnMut()) {
    batch();
}

pub fn below(state: Parent, batch: &mut dyn FnMut()) {
    if state == Parent::Sampled {
        parent(batch);
    } else {
        SAMPLES.store(false, Ordering::Relaxed);
        batch();
        SAMPLES.store(true, Ordering::Relaxed);
    }
}
