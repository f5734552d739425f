//! A tracer that asks for the telemetry whenever a span is made.

use std::sync::OnceLock;

use opentelemetry::global::{ObjectSafeSpan, ObjectSafeTracer};
use opentelemetry::trace::noop::NoopTracer;
use opentelemetry::trace::{SpanBuilder, Tracer};
use opentelemetry::{Context, InstrumentationScope};

use crate::pipeline::{self, Pipeline};
use crate::recording::ScopedTracer;

/// See [`tracer`](crate::tracer).
pub(super) struct AnyTimeTracer {
    scope: InstrumentationScope,
    /// That of the first telemetry of the process, once it is known.
    first: OnceLock<Option<ScopedTracer>>,
}

impl AnyTimeTracer {
    pub(super) fn new(scope: InstrumentationScope) -> Self {
        Self { scope, first: OnceLock::new() }
    }
}

impl ObjectSafeTracer for AnyTimeTracer {
    fn build_with_context_boxed(&self, builder: SpanBuilder, parent: &Context) -> Box<dyn ObjectSafeSpan + Send + Sync> {
        let pipeline = pipeline::serving(parent);
        let make = |pipeline: &Pipeline| pipeline.plain_tracer(&self.scope);
        let local;
        let tracer = match &pipeline {
            None => None,
            Some(pipeline) if pipeline.is_kept_by_sites() => self.first.get_or_init(|| make(pipeline)).as_ref(),
            Some(pipeline) => {
                local = make(pipeline);
                local.as_ref()
            }
        };
        match tracer {
            Some(tracer) => Box::new(tracer.build_with_context(builder, parent)),
            // One that stands for its parent.
            None => Box::new(NoopTracer::new().build_with_context(builder, parent)),
        }
    }
}
