use std::sync::{Mutex, PoisonError};

use opentelemetry::trace::{Link, TraceId};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample};

use super::*;
use crate::diagnostics::Diagnostics;
use crate::outcome::Outcome;
use crate::pipeline::{Sampling, Tracing};

/// Samples nothing, and keeps the keys that it was shown.
#[derive(Clone, Debug, Default)]
struct Looks(Arc<Mutex<Vec<String>>>);

impl ShouldSample for Looks {
    fn should_sample(&self, _: Option<&Context>, _: TraceId, _: &str, _: &SpanKind, attributes: &[KeyValue], _: &[Link]) -> SamplingResult {
        let keys = attributes.iter().map(|attribute| attribute.key.to_string());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
        SamplingResult { decision: SamplingDecision::Drop, attributes: Vec::new(), trace_state: opentelemetry::trace::TraceState::NONE }
    }
}

#[test]
fn a_sampler_sees_the_attributes() {
    static SITE: Site = Site::new(Code::new("f", "f.rs", 1, "tests", None, None)).span(
        SpanName::new("f"),
        SpanKind::Internal,
        &[AttributeKey::new("order.id")],
    );
    let looks = Looks::default();
    let provider = SdkTracerProvider::builder().with_sampler(looks.clone()).build();
    let tracing = Tracing { provider, sampling: Sampling { parent_based: false, roots_off: false } };
    let pipeline = Pipeline::local(Some(tracing), None, Diagnostics::stderr());
    let _attached = pipeline.context(&Context::current()).attach();
    SITE.start(|fields| fields.set(0, &7)).in_scope(|| (), |(), _| Outcome::OK);
    let seen = looks.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*seen, ["code.function.name", "code.file.path", "code.line.number", "order.id"]);
}
