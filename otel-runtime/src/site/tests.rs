use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::trace::{Link, TraceId};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::*;
use crate::diagnostics::Diagnostics;
use crate::outcome::Outcome;
use crate::pipeline::{Settings, Tracing};
use crate::recording::testing::{Ended, recorder};
use crate::sampling::{Sampler, Sampling};

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
    let recorder = recorder(Sampler::custom(looks.clone()), Ended::default());
    let tracing = Tracing { recorder, sampling: Sampling::default(), started: None };
    let pipeline = Pipeline::local(Some(tracing), None, Settings::default(), Diagnostics::stderr());
    let _attached = pipeline.context(&Context::current()).attach();
    SITE.start(|fields| fields.set(0, &7)).in_scope(|| (), |(), _| Outcome::OK);
    let seen = looks.0.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*seen, ["code.function.name", "code.file.path", "code.line.number", "order.id"]);
}

/// Records every span, and samples none.
#[derive(Clone, Debug)]
struct RecordsOnly;

impl ShouldSample for RecordsOnly {
    fn should_sample(&self, _: Option<&Context>, _: TraceId, _: &str, _: &SpanKind, _: &[KeyValue], _: &[Link]) -> SamplingResult {
        SamplingResult {
            decision: SamplingDecision::RecordOnly,
            attributes: Vec::new(),
            trace_state: opentelemetry::trace::TraceState::NONE,
        }
    }
}

#[test]
fn what_is_only_recorded_reaches_processors_and_gets_nothing_of_its_children() {
    const KEY: AttributeKey = AttributeKey::new("child.key");
    static ROOT: Site = Site::new(Code::new("root", "f.rs", 1, "tests", None, None)).span(SpanName::new("root"), SpanKind::Internal, &[]);
    static CHILD: Site =
        Site::new(Code::new("child", "f.rs", 2, "tests", None, None)).span(SpanName::new("child"), SpanKind::Internal, &[]);
    let (ended, sampler) = (Ended::default(), Sampler::from(Sampler::custom(RecordsOnly).parent_based()));
    let recorder = recorder(sampler.clone(), ended.clone());
    let tracing = Tracing { recorder, sampling: Sampling::from(&sampler), started: None };
    let pipeline = Pipeline::local(Some(tracing), None, Settings::default(), Diagnostics::stderr());
    let _attached = pipeline.context(&Context::current()).attach();
    let child = || crate::current().set(KEY, true);
    let root = || CHILD.start(|_| ()).in_scope(child, |(), _| Outcome::OK);
    ROOT.start(|_| ()).in_scope(root, |(), _| Outcome::OK);
    let ended = ended.spans();
    let names: Vec<&str> = ended.iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(names, ["root"], "the child is not recorded, because its parent is not sampled");
    assert!(ended[0].attributes.iter().all(|attribute| attribute.key.as_str() != KEY.as_str()), "{ended:?}");
}
