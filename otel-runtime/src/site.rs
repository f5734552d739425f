//! [`Site`]: the static data of one instrumented place, and the one way to start something there. Sync and async code meet in
//! [`Site::start`].

use std::sync::OnceLock;

use opentelemetry::trace::{SpanBuilder, SpanKind, Tracer};
use opentelemetry::{Key, KeyValue};
use opentelemetry_sdk::trace::SdkTracer;

use crate::attributes::Fields;
use crate::name::{AttributeKey, SpanName};
use crate::pipeline::{self, Placement};
use crate::span::Span;
use crate::switch::Switch;

/// One instrumented place of the program. The macros put one in a `static` for each annotated function.
#[derive(Debug)]
pub struct Site {
    name: SpanName,
    kind: SpanKind,
    keys: &'static [AttributeKey],
    code: Code,
    switch: Switch,
    /// The tracer of the global pipeline, once it is known.
    tracer: OnceLock<SdkTracer>,
}

/// Where a place stands in the source (semantic conventions, "Source code attributes":
/// <https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/>), and the instrumentation scope that follows from it.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    function: &'static str,
    file: &'static str,
    line: u32,
    scope: Scope,
}

/// The instrumentation scope of a place: the user's crate, with its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    /// Empty: not known.
    pub(crate) version: &'static str,
}

impl Code {
    /// Called by `code!`, with what only the user's crate can say. Without Cargo there is no package name; then the crate's own is used.
    #[must_use]
    pub const fn new(
        function: &'static str,
        file: &'static str,
        line: u32,
        module: &'static str,
        package: Option<&'static str>,
        version: Option<&'static str>,
    ) -> Self {
        let name = match package {
            Some(package) => package,
            None => crate_of(module),
        };
        let version = match version {
            Some(version) => version,
            None => "",
        };
        Self { function, file, line, scope: Scope { name, version } }
    }
}

/// The part of a module's path before the first `::`.
const fn crate_of(module: &'static str) -> &'static str {
    let bytes = module.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b':' {
        end += 1;
    }
    module.split_at(end).0
}

impl Site {
    /// The data of a place that records a span.
    #[must_use]
    pub const fn new(name: SpanName, kind: SpanKind, keys: &'static [AttributeKey], code: Code) -> Self {
        Self { name, kind, keys, code, switch: Switch::new(), tracer: OnceLock::new() }
    }

    /// Starts a span whose parent is the current one. `fields` gives the values of the site's keys; it runs only if the span may be
    /// recorded, and before the sampler is asked.
    #[inline]
    pub fn start(&'static self, mut fields: impl FnMut(&mut Fields<'_>)) -> Span {
        if self.switch.is_on(pipeline::any_open) { self.begin(&mut fields) } else { Span::off() }
    }

    #[inline(never)]
    fn begin(&'static self, fields: &mut dyn FnMut(&mut Fields<'_>)) -> Span {
        let Some(place) = pipeline::place() else { return Span::off() };
        let attributes = if place.may_record { self.attributes(fields) } else { Vec::new() };
        let builder = SpanBuilder::from_name(self.name.as_str()).with_kind(self.kind.clone()).with_attributes(attributes);
        let span = if place.pipeline.is_local() {
            place.pipeline.tracer(self.code.scope).build_with_context(builder, &place.parent)
        } else {
            self.global_tracer(&place).build_with_context(builder, &place.parent)
        };
        Span::started(&place.parent, span)
    }

    fn global_tracer(&self, place: &Placement) -> &SdkTracer {
        self.tracer.get_or_init(|| place.pipeline.tracer(self.code.scope))
    }

    fn attributes(&self, fields: &mut dyn FnMut(&mut Fields<'_>)) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(3 + self.keys.len());
        attributes.push(KeyValue::new(Key::from_static_str("code.function.name"), self.code.function));
        attributes.push(KeyValue::new(Key::from_static_str("code.file.path"), self.code.file));
        attributes.push(KeyValue::new(Key::from_static_str("code.line.number"), i64::from(self.code.line)));
        fields(&mut Fields::new(self.keys, &mut attributes));
        attributes
    }
}
