//! Where a span comes from and belongs: `parent`, `root`, `links` and `scope` of `#[traced]`.

use std::collections::HashMap;
use std::num::ParseIntError;
use std::sync::Arc;

use otel_runtime::opentelemetry::baggage::BaggageExt;
use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer, TracerProvider};
use otel_runtime::opentelemetry::{Context, KeyValue};
use otel_runtime::opentelemetry_sdk::trace::SdkTracerProvider;
use otel_runtime::testing::{Captured, capture, capture_async};
use otel_runtime::{CurrentSpan, current, traced};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::{isolated, to};

fn remote() -> SpanContext {
    SpanContext::new(TraceId::from(7), SpanId::from(8), TraceFlags::SAMPLED, true, TraceState::NONE)
}

#[traced(parent = parent)]
#[allow(clippy::needless_pass_by_value)]
fn under_context(parent: Context) {
    let _ = parent;
}
#[traced(parent = parent)]
fn under_borrowed(parent: &Context) {
    let _ = parent;
}
#[traced(parent = parent)]
fn under_span_context(parent: &SpanContext) {
    let _ = parent;
}
#[traced(parent = parent)]
#[allow(clippy::needless_pass_by_value)]
fn under_running(parent: CurrentSpan) {
    let _ = parent;
}
#[traced(parent = parent)]
async fn under_optional(parent: Option<SpanContext>) {
    let _ = parent;
    child();
}
#[traced]
fn child() {}
#[traced]
fn gives_context() -> (Context, CurrentSpan) {
    (Context::current(), current())
}

#[tokio::test]
async fn a_parent_is_anything_that_stands_for_a_span() {
    let ((), spans) = capture_async(async {
        let (context, running) = gives_context();
        under_borrowed(&context);
        under_context(context);
        under_running(running);
        under_span_context(&remote());
        under_optional(Some(remote())).await;
        under_optional(None).await;
    })
    .await;
    let tree = "gives_context\n  under_borrowed\n  under_context\n  under_running\nunder_span_context\n\
                under_optional\n  child\nunder_optional\n  child\n";
    assert_eq!(spans.tree(), tree);
    let remote_children = spans.all().iter().filter(|span| span.parent_span_id == SpanId::from(8));
    assert!(remote_children.clone().all(|span| span.trace_id == TraceId::from(7)));
    assert_eq!(remote_children.count(), 2);
}

#[traced(parent = Context::new())]
fn under_an_empty_context() {
    child();
}

#[traced]
fn outer() {
    under_an_empty_context();
    begins();
    assert_eq!(Context::current().baggage().get("shop").map(ToString::to_string).as_deref(), Some("north"));
}

#[traced(root)]
fn begins() {
    assert_eq!(Context::current().baggage().get("shop").map(ToString::to_string).as_deref(), Some("north"));
    child();
}

#[test]
fn a_root_starts_a_trace_and_keeps_the_baggage() {
    let ((), spans) = capture(|| {
        let _attached = Context::current_with_baggage([KeyValue::new("shop", "north")]).attach();
        outer();
    });
    assert_eq!(spans.tree(), "outer\nunder_an_empty_context\n  child\nbegins\n  child\n");
    assert_eq!(spans.one("begins").parent_span_id, SpanId::INVALID);
    assert_ne!(spans.one("begins").trace_id, spans.one("outer").trace_id);
}

#[traced(links = contexts)]
fn links_to(contexts: &[SpanContext]) {
    let _ = contexts;
}
#[traced(links = [current()])]
fn links_to_running() {}
#[traced(links = context)]
fn links_to_optional(context: Option<&Context>) {
    let _ = context;
}

fn links(spans: &Captured, name: &str) -> Vec<(TraceId, SpanId)> {
    spans.one(name).links.clone()
}

#[test]
fn a_span_links_to_others_and_never_to_what_is_no_span() {
    let ((), spans) = capture(|| {
        let (context, running) = gives_context();
        links_to(&[remote(), SpanContext::NONE, context.span().span_context().clone()]);
        links_to_optional(Some(&context));
        let attached = context.attach();
        links_to_running();
        drop((attached, running));
    });
    let linked = spans.one("gives_context");
    let linked = (linked.trace_id, linked.span_id);
    assert_eq!(links(&spans, "links_to"), [(TraceId::from(7), SpanId::from(8)), linked]);
    assert_eq!(links(&spans, "links_to_optional"), [linked]);
    assert_eq!(links(&spans, "links_to_running"), [linked]);
}

#[traced(scope = "shop.kitchen")]
fn in_own_scope() {}

#[test]
fn the_scope_is_the_given_one_or_the_crate() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    in_own_scope();
    child();
    drop(attached);
    telemetry.shutdown().expect("everything is delivered");
    let spans = receiver.spans();
    let scopes: HashMap<_, _> = spans.iter().map(|span| (span.name(), (span.scope.name.as_str(), span.scope.version.as_str()))).collect();
    assert_eq!(scopes["in_own_scope"], ("shop.kitchen", ""));
    assert_eq!(scopes["child"], ("tests", env!("CARGO_PKG_VERSION")));
}

#[traced(parent = "not a number".parse::<u8>().err().map(|_: ParseIntError| Context::current()))]
fn under_what_is_current() {}

#[test]
fn a_parent_may_be_a_span_of_the_plain_api() {
    let provider = SdkTracerProvider::builder().build();
    let ((trace, parent), spans) = capture(|| {
        provider.tracer("plain").in_span("plain", |context| {
            under_what_is_current();
            under_borrowed(&context);
            (context.span().span_context().trace_id(), context.span().span_context().span_id())
        })
    });
    assert_eq!(spans.all().len(), 2);
    assert!(spans.all().iter().all(|span| (span.trace_id, span.parent_span_id) == (trace, parent)));
}

#[traced(parent = parent, baggage(tenant.id = "acme"))]
fn with_baggage(parent: &Context) {
    let _ = parent;
}

#[traced(parent = parent)]
async fn awaited(parent: &Context) {
    tokio::task::yield_now().await;
    let _ = parent;
}

struct Held(#[allow(dead_code, reason = "it is counted")] Arc<()>);

#[tokio::test]
async fn what_is_not_recorded_lets_go_of_its_context() {
    let held = Arc::new(());
    let context = |flags| {
        let parent = SpanContext::new(TraceId::from(7), SpanId::from(8), flags, false, TraceState::NONE);
        Context::current().with_value(Held(Arc::clone(&held))).with_remote_span_context(parent)
    };
    let calls = async |context: &Context| {
        under_borrowed(context);
        with_baggage(context);
        awaited(context).await;
    };
    // Nothing is installed; and then the parent is not sampled, and is.
    calls(&context(TraceFlags::SAMPLED)).await;
    assert_eq!(Arc::strong_count(&held), 1);
    let telemetry = isolated().set("OTEL_TRACES_EXPORTER", "console").console(std::io::sink()).build().expect("telemetry can be set up");
    let _attached = telemetry.context().attach();
    for flags in [TraceFlags::NOT_SAMPLED, TraceFlags::SAMPLED] {
        calls(&context(flags)).await;
        assert_eq!(Arc::strong_count(&held), 1, "{flags:?}");
    }
}
