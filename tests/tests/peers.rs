//! A test for each behaviour, and each fault, of other instrumentation libraries that applies here and that no other file tests. Who had the
//! fault is in the notes of the project; here stands what must be so.

use std::future::pending;
use std::panic::catch_unwind;
use std::pin::{Pin, pin};
use std::task::{Context as TaskContext, Waker};

use otel_runtime::opentelemetry::trace::SpanContext;
use otel_runtime::opentelemetry::{Context, Value};
use otel_runtime::testing::{PointValue, capture, capture_async};
use otel_runtime::{Attributes, counted, current, traced};
use tests::receiver::{Protocol, Receiver};
use tests::telemetry::to;

fn poll_once(future: Pin<&mut impl Future>) -> bool {
    future.poll(&mut TaskContext::from_waker(Waker::noop())).is_ready()
}

#[counted(in_flight)]
async fn waits_or_panics(panics: bool) {
    assert!(!panics, "asked to");
    pending::<()>().await;
}

/// A gauge falls back when the future is dropped, when it panics, and when it is dropped by a panic that is not its own.
#[test]
fn a_gauge_of_calls_under_way_falls_back_however_they_end() {
    let ((), captured) = capture(|| {
        let mut dropped = Box::pin(waits_or_panics(false));
        assert!(!poll_once(dropped.as_mut()));
        drop(dropped);
        assert!(catch_unwind(|| poll_once(pin!(waits_or_panics(true)))).is_err());
        let unwound = catch_unwind(|| {
            let mut future = Box::pin(waits_or_panics(false));
            assert!(!poll_once(future.as_mut()));
            panic!("not the future's fault")
        });
        assert!(unwound.is_err());
    });
    assert!(captured.points("function.active_calls").all(|point| point.value == PointValue::Sum(0.0)));
    let outcomes: Vec<_> = captured.metrics().lines().filter(|line| line.starts_with("function.calls")).map(str::to_owned).collect();
    assert_eq!(outcomes.len(), 2, "{outcomes:?}");
    assert!(outcomes[0].ends_with("panicked} 1") && outcomes[1].ends_with("cancelled} 2"), "{outcomes:?}");
}

#[traced(scope = "shop.own", parent = parent, kind = client)]
fn scope_before_parent(parent: &Context) {
    let _ = parent;
}

#[traced(parent = parent, scope = "shop.own", kind = client)]
fn parent_before_scope(parent: &Context) {
    let _ = parent;
}

#[traced]
fn gives_context() -> Context {
    Context::current()
}

/// An option after another one is not taken for its repetition. (That a repeated one is refused is among the ui tests.)
#[test]
fn a_scope_and_a_parent_stand_together_in_either_order() {
    let ((), spans) = capture(|| {
        let parent = gives_context();
        scope_before_parent(&parent);
        parent_before_scope(&parent);
    });
    assert_eq!(spans.tree(), "gives_context\n  scope_before_parent (client)\n  parent_before_scope (client)\n");
}

#[traced(ok(returned.text = %|text| text))]
fn returns(answer: Result<&'static str, String>) -> Result<&'static str, String> {
    answer
}

/// What is said of an `Ok` is not recorded of an `Err`.
#[test]
fn ok_records_nothing_of_an_error() {
    let ((), spans) = capture(|| {
        let _ = returns(Ok("tea"));
        let _ = returns(Err("secret".to_owned()));
    });
    let recorded: Vec<_> = spans.named("returns").map(|span| span.attribute("returned.text").cloned()).collect();
    assert_eq!(recorded, [Some(Value::from("tea")), None]);
}

#[derive(Attributes)]
struct Sizes {
    small: u8,
    large: usize,
    beyond: u64,
}

#[traced(fields(a = 1u8, b = 2u16, c = 3u32, d = 4u64, e = 5usize, f = 6u128, g = true, h = 0.5, ..sizes), ok(i = |size| *size))]
fn unsigned(sizes: &Sizes) -> u64 {
    sizes.beyond
}

/// Unsigned integers are integers, at the start, at the end and from a derive; and nothing but a text is a text.
#[test]
fn a_number_arrives_as_a_number() {
    let (_, spans) = capture(|| unsigned(&Sizes { small: 7, large: 8, beyond: 9 }));
    let span = spans.one("unsigned");
    for (key, value) in ["a", "b", "c", "d", "e", "f", "small", "large", "beyond"].iter().zip([1, 2, 3, 4, 5, 6, 7, 8, 9]) {
        assert_eq!(span.attribute(key), Some(&Value::I64(value)), "{key}");
    }
    assert_eq!(span.attribute("i"), Some(&Value::I64(9)));
    assert_eq!((span.attribute("g"), span.attribute("h")), (Some(&Value::Bool(true)), Some(&Value::F64(0.5))));
}

trait Speaks {
    fn says(&self) -> u8;
    fn is_silent(&self);
}

#[derive(Debug)]
struct Cat;

#[traced]
impl Speaks for Cat {
    fn says(&self) -> u8 {
        1
    }
    fn is_silent(&self) {}
}

/// Functions that return no `Result`, or nothing at all, in the implementation of a trait.
#[test]
fn a_function_need_not_return_a_result() {
    let ((), spans) = capture(|| {
        assert_eq!(Cat.says(), 1);
        Cat.is_silent();
    });
    assert_eq!(spans.tree(), "Cat::says\nCat::is_silent\n");
}

#[traced]
fn outer() {
    inner();
}

#[traced]
fn inner() {}

/// The flag stands in the spans that are sent as well as in the context.
#[test]
fn exported_spans_say_that_they_were_sampled() {
    let receiver = Receiver::start();
    let telemetry = to(&receiver, Protocol::Http).build().expect("telemetry can be set up");
    let attached = telemetry.context().attach();
    outer();
    drop(attached);
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 2);
    for span in receiver.spans() {
        assert_eq!(span.data.flags & 1, 1, "{}", span.name());
    }
}

#[traced]
async fn fails(message: &'static str) -> Result<(), String> {
    tokio::task::yield_now().await;
    Err(message.to_owned())
}

#[traced]
#[counted]
async fn fails_too(order: u32) -> Result<(), String> {
    fails("4711").await.map_err(|error| format!("{error} {order}"))
}

/// The class of an error has few values, on spans and on metrics, whatever its message is.
#[tokio::test]
async fn a_thousand_messages_are_one_class() {
    let ((), captured) = capture_async(async {
        for order in 0..1000 {
            let _ = fails_too(order).await;
        }
    })
    .await;
    let calls: Vec<_> = captured.points("function.calls").collect();
    assert_eq!(calls.len(), 1, "{}", captured.metrics());
    assert_eq!(
        (calls[0].value.clone(), calls[0].attribute("error.type")),
        (PointValue::Sum(1000.0), Some(&Value::from("alloc::string::String")))
    );
    assert!(captured.all().iter().all(|span| span.attribute("error.type") == calls[0].attribute("error.type")));
}

#[traced(fields(user))]
#[allow(clippy::needless_pass_by_value)]
fn logs_in(user: &str, password: &str, token: Vec<u8>, (card, _): (String, u8)) -> usize {
    user.len() + password.len() + token.len() + card.len()
}

struct Account {
    secret: String,
}

#[traced]
impl Account {
    fn opens(&self, pin: u32) -> bool {
        self.secret.len() == pin as usize
    }
}

/// Nothing is recorded that was not named: no argument, no field of `self`.
#[test]
fn arguments_are_not_recorded_unless_they_are_named() {
    let ((), spans) = capture(|| {
        logs_in("jo", "hunter2", vec![47, 11], ("hunter3".to_owned(), 1));
        Account { secret: "hunter4".to_owned() }.opens(4711);
    });
    assert_eq!(spans.tree(), "logs_in user=jo\nAccount::opens\n");
    let shown = format!("{spans:?}");
    assert!(!shown.contains("hunter") && !shown.contains("4711"), "{shown}");
}

#[traced]
fn used_early(n: u8) -> u8 {
    n
}

/// A place that ran before there was anything to record with records as soon as there is.
#[test]
fn what_ran_before_the_set_up_records_after_it() {
    assert_eq!(used_early(1), 1);
    let early = current();
    let (_, spans) = capture(|| used_early(2));
    assert_eq!(spans.tree(), "used_early\n");
    assert!(!early.is_recording());
}

#[traced]
async fn body(n: u8) -> u8 {
    inner();
    n
}

#[traced]
fn response() -> (u8, impl Future<Output = u8>) {
    (200, body(3))
}

#[traced]
async fn not_polled_until_it_is_awaited() {
    let (status, body) = response();
    inner();
    assert_eq!((status, body.await), (200, 3));
}

/// The span of an `async fn` belongs to where it is awaited, not to where it was called.
#[tokio::test]
async fn a_future_is_the_child_of_what_polls_it_first() {
    let ((), spans) = capture_async(not_polled_until_it_is_awaited()).await;
    assert_eq!(spans.tree(), "not_polled_until_it_is_awaited\n  response\n  inner\n  body\n    inner\n");
}

struct OnDrop;

impl Drop for OnDrop {
    fn drop(&mut self) {
        inner();
    }
}

#[traced]
async fn holds_a_guard() {
    let _guard = OnDrop;
    tokio::task::yield_now().await;
}

#[traced]
fn holds_a_guard_too(guard: OnDrop) {
    let _guard = guard;
}

#[tokio::test]
async fn what_a_function_holds_is_dropped_inside_its_span() {
    let ((), spans) = capture_async(async {
        holds_a_guard().await;
        holds_a_guard_too(OnDrop);
    })
    .await;
    assert_eq!(spans.tree(), "holds_a_guard\n  inner\nholds_a_guard_too\n  inner\n");
}

mod shadows {
    use super::traced;

    #[traced(fields(call, fields, key = results, returned))]
    pub(super) fn names(call: u8, fields: u8, results: u8, returned: u8) -> u8 {
        let call = call + 1;
        let made = fields;
        call + made + results + returned
    }

    #[traced(fields(n = n + 1, text = %{ let m = n * 2; m + 1 }, len = [n; 3].len(), max = Ord::max(n, 9)))]
    pub(super) fn expressions(n: u8) -> u8 {
        n
    }
}

/// The names that an expansion uses are none of the user's, and a field is any expression.
#[test]
fn fields_are_expressions_in_the_user_s_own_scope() {
    let ((), spans) = capture(|| {
        assert_eq!(shadows::names(1, 2, 3, 4), 11);
        assert_eq!(shadows::expressions(5), 5);
    });
    let tree = "names call=1 fields=2 key=3 returned=4\nexpressions n=6 text=11 len=3 max=9\n";
    assert_eq!(spans.tree(), tree);
}

#[traced(links = batch)]
async fn follows(batch: &[Context]) {
    tokio::task::yield_now().await;
    let _ = batch;
}

#[tokio::test]
async fn a_span_follows_from_all_that_it_is_given() {
    let ((), spans) = capture_async(async {
        let batch = [gives_context(), gives_context(), Context::new()];
        follows(&batch).await;
    })
    .await;
    let before: Vec<_> = spans.named("gives_context").map(|span| (span.trace_id, span.span_id)).collect();
    assert_eq!(spans.one("follows").links, before);
    assert!(!before.contains(&(SpanContext::NONE.trace_id(), SpanContext::NONE.span_id())));
}
