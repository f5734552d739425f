//! Every option of `#[traced]`: what it records, and when what it is given is looked at.

use std::cell::Cell;

use otel_runtime::opentelemetry::trace::{SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState};
use otel_runtime::opentelemetry::{Context, Value};
use otel_runtime::testing::{capture, capture_async};
use otel_runtime::{Attributes, SpanName, traced};
use tests::telemetry::isolated;

#[derive(Clone, Debug)]
struct Receipt {
    total: u64,
    code: Option<&'static str>,
}

fn total_of(receipt: &Receipt) -> u64 {
    receipt.total
}

#[traced(ok(
    receipt.total = total_of,
    receipt.double = |receipt| receipt.total * 2,
    receipt.text = %|receipt: &Receipt| format!("{} tea", receipt.total),
    receipt.debug = ?|receipt: &Receipt| Some(receipt.total),
    receipt.code = |receipt| receipt.code,
))]
fn pay(total: Result<u64, String>) -> Result<Receipt, String> {
    Ok(Receipt { total: total?, code: None })
}

#[test]
fn ok_looks_at_the_value_in_a_result() {
    let (_, spans) = capture(|| pay(Ok(3)));
    let span = spans.one("pay");
    assert_eq!(span.attribute("receipt.total"), Some(&Value::I64(3)));
    assert_eq!(span.attribute("receipt.double"), Some(&Value::I64(6)));
    assert_eq!(span.attribute("receipt.text"), Some(&Value::from("3 tea")));
    assert_eq!(span.attribute("receipt.debug"), Some(&Value::from("Some(3)")));
    assert_eq!(span.attribute("receipt.code"), None, "`None` is not recorded");
}

#[test]
fn ok_does_not_look_at_an_error() {
    let (_, spans) = capture(|| pay(Err("no money".to_owned())));
    assert_eq!(spans.tree(), "pay error=alloc::string::String \"no money\"\n");
}

#[traced(ok(len = Vec::len, first = |found| found.first().copied()))]
fn finds(items: &[u8]) -> Vec<u8> {
    items.to_vec()
}

#[traced(ok(name = |name| *name))]
fn borrows(name: &str) -> &str {
    &name[1..]
}

#[traced(ok(found = |found| *found))]
async fn looks_up(found: Option<u8>) -> Option<u8> {
    tokio::task::yield_now().await;
    found
}

#[tokio::test]
async fn ok_looks_at_a_whole_value_that_is_no_result() {
    let ((), spans) = capture_async(async {
        finds(&[7, 8]);
        borrows("xtea");
        looks_up(None).await;
        looks_up(Some(2)).await;
    })
    .await;
    assert_eq!(spans.tree(), "finds len=2 first=7\nborrows name=tea\nlooks_up\nlooks_up found=2\n");
}

#[derive(Debug)]
struct TryLater {
    after: Option<u32>,
}

#[traced(ok(value = |value| *value), err(retry.after = |error| error.after, error.debug = ?|error: &TryLater| error.after))]
async fn fetches(answer: Result<u8, TryLater>) -> Result<u8, TryLater> {
    tokio::task::yield_now().await;
    answer
}

#[tokio::test]
async fn err_looks_at_the_error() {
    let ((), spans) = capture_async(async {
        let _ = fetches(Err(TryLater { after: Some(5) })).await;
        let _ = fetches(Err(TryLater { after: None })).await;
        let _ = fetches(Ok(1)).await;
    })
    .await;
    let class = "error=options::TryLater";
    let tree = format!("fetches retry.after=5 error.debug=Some(5) {class}\nfetches error.debug=None {class}\nfetches value=1\n");
    assert_eq!(spans.tree(), tree);
}

thread_local! {
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

fn look<T>(value: T) -> T {
    LOOKS.set(LOOKS.get() + 1);
    value
}

#[traced(fields(a = look(1)), ok(b = |()| look(2)), err(c = |_: &String| look(3)), links = look(Vec::<Context>::new()))]
fn is_looked_at(fails: bool) -> Result<(), String> {
    if fails { Err("asked to".to_owned()) } else { Ok(()) }
}

#[test]
fn nothing_is_looked_at_unless_it_is_recorded() {
    let calls = || [is_looked_at(false), is_looked_at(true)];
    let _ = calls();
    assert_eq!(LOOKS.replace(0), 0, "nothing is installed");

    let off = isolated().set("OTEL_TRACES_EXPORTER", "console").set("OTEL_TRACES_SAMPLER", "always_off");
    let telemetry = off.console(std::io::sink()).build().expect("it can be built");
    let attached = telemetry.context().attach();
    let _ = calls();
    drop(attached);
    assert_eq!(LOOKS.replace(0), 0, "nothing is sampled");

    let _ = capture(calls);
    assert_eq!(LOOKS.replace(0), 6, "the fields and the links of both calls, and what each returned");
}

#[traced(error_if = |count| *count == 0)]
fn counts(count: usize) -> usize {
    count
}

fn is_odd(answer: &Result<u8, String>) -> bool {
    matches!(answer, Ok(value) if value % 2 == 1)
}

#[traced(error_if = is_odd)]
async fn refuses_odd(answer: Result<u8, String>) -> Result<u8, String> {
    answer
}

#[tokio::test]
async fn error_if_makes_an_error_of_what_looks_well() {
    let ((), spans) = capture_async(async {
        counts(0);
        counts(1);
        let _ = refuses_odd(Ok(1)).await;
        let _ = refuses_odd(Ok(2)).await;
        let _ = refuses_odd(Err("own".to_owned())).await;
    })
    .await;
    let tree = "counts error=_OTHER\ncounts\nrefuses_odd error=_OTHER\nrefuses_odd\n\
                refuses_odd error=alloc::string::String \"own\"\n";
    assert_eq!(spans.tree(), tree);
}

#[traced(ok_if = |answer| answer.as_ref().is_err_and(|error| error == "not found"), err(error.text = %|error| error))]
fn may_miss(answer: Result<u8, String>) -> Result<u8, String> {
    answer
}

#[test]
fn ok_if_makes_no_error_of_what_looks_like_one() {
    let ((), spans) = capture(|| {
        let _ = may_miss(Err("not found".to_owned()));
        let _ = may_miss(Err("broken".to_owned()));
    });
    let statuses: Vec<&Status> = spans.all().iter().map(|span| &span.status).collect();
    assert_eq!(statuses, [&Status::Unset, &Status::error("broken")]);
    assert_eq!(spans.all()[0].attribute("error.type"), None);
    assert_eq!(spans.all()[0].attribute("error.text"), Some(&Value::from("not found")), "`err` still sees it");
}

fn remote() -> SpanContext {
    SpanContext::new(TraceId::from(7), SpanId::from(8), TraceFlags::SAMPLED, true, TraceState::NONE)
}

#[derive(Attributes)]
#[attributes(prefix = "order")]
struct Order {
    id: u64,
    express: bool,
}

#[traced(fields(before = 1, ..order, after = 2, ..None::<Order>))]
fn spreads(order: &Order) {
    let _ = order.id;
}

#[test]
fn a_whole_value_is_spread_between_other_fields() {
    let ((), spans) = capture(|| spreads(&Order { id: 3, express: true }));
    assert_eq!(spans.tree(), "spreads before=1 order.id=3 order.express=true after=2\n");
}

#[traced(fields(order.id = "before", ..order, order.express = "after", ..None::<Order>))]
fn overrides(order: &Order) {
    let _ = order.id;
}

#[test]
fn the_last_written_of_a_key_and_a_whole_value_stays() {
    let ((), spans) = capture(|| overrides(&Order { id: 3, express: true }));
    assert_eq!(spans.tree(), "overrides order.id=3 order.express=after\n");
}

const NAMED: SpanName = SpanName::new("shop.everything");

#[traced(err(e = |_| 4), fields(f = f), links = [remote()], ok(o = |o| *o), kind = consumer, scope = "s", root, error_if = |_| false, name = NAMED)]
fn one_order(f: u8) -> Result<u8, String> {
    Ok(f)
}
#[traced(scope = "s", error_if = |_| false, root, kind = consumer, name = NAMED, ok(o = |o| *o), links = [remote()], fields(f = f), err(e = |_| 4),)]
fn other_order(f: u8) -> Result<u8, String> {
    Ok(f)
}
#[traced(kind = client, "shop.name_last")]
fn name_last() {}

#[test]
fn options_stand_in_any_order() {
    let ((), spans) = capture(|| {
        let _ = one_order(1);
        let _ = other_order(1);
        name_last();
    });
    let line = "shop.everything (consumer) f=1 o=1\n";
    assert_eq!(spans.tree(), format!("{line}{line}shop.name_last (client)\n"));
    assert!(spans.named("shop.everything").all(|span| span.links.len() == 1));
}

/// The runtime under another name, as a framework on top of it would re-export it.
mod framework {
    pub mod parts {
        pub use otel_runtime as telemetry;
    }
}

mod renamed {
    use crate::framework::parts::telemetry::{Attributes, ErrorType, MetricValue, counted, timed, traced};

    /// Hides the crate, which an expansion must not go to behind the user's back.
    #[allow(dead_code)]
    mod otel_runtime {}

    #[derive(Attributes)]
    #[attributes(crate = crate::framework::parts::telemetry)]
    pub(super) struct Cup {
        #[attribute(redact = erase)]
        pub(super) owner: &'static str,
    }

    #[derive(Debug, ErrorType)]
    #[error_type(crate = crate::framework::parts::telemetry, "spilled")]
    pub(super) struct Spilled;

    impl std::fmt::Display for Spilled {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("on the floor")
        }
    }

    #[derive(Clone, Copy, MetricValue)]
    #[metric_value(crate = crate::framework::parts::telemetry)]
    pub(super) enum Size {
        Small,
    }

    #[traced(crate = crate::framework::parts::telemetry, fields(..cup), ok(left = |left| *left), parent = None::<crate::Context>)]
    pub(super) async fn drinks(cup: &Cup, left: Result<u8, Spilled>) -> Result<u8, Spilled> {
        left
    }

    #[counted("shop.cups", crate = crate::framework::parts::telemetry, fields(cup.size = size))]
    pub(super) fn fills(size: Size) {
        let _ = size;
    }

    #[timed(crate = crate::framework::parts::telemetry)]
    pub(super) fn drains() {}
}

#[tokio::test]
async fn the_runtime_may_have_another_name() {
    let cup = renamed::Cup { owner: "jo" };
    let (result, captured) = capture_async(async {
        renamed::fills(renamed::Size::Small);
        renamed::drains();
        renamed::drinks(&cup, Err(renamed::Spilled)).await
    })
    .await;
    assert!(result.is_err());
    assert_eq!(captured.tree(), "drinks owner=[erased] error=spilled \"on the floor\"\n");
    let metrics = captured.metrics();
    assert!(metrics.contains("function.duration{code.function.name=options::renamed::drains,function.outcome=ok} 1\n"), "{metrics}");
    assert!(metrics.contains("shop.cups{code.function.name=options::renamed::fills,cup.size=small,function.outcome=ok} 1\n"), "{metrics}");
}

struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        panic!("on purpose: nothing can be shown")
    }
}

#[traced(fields(before = 1, broken = %Broken, after = 2), ok(length = |length| *length))]
fn goes_on() -> usize {
    7
}

#[test]
fn a_value_that_panics_is_not_recorded_and_the_call_goes_on() {
    let (returned, captured) = capture(goes_on);
    assert_eq!((returned, captured.tree().as_str()), (7, "goes_on before=1 length=7\n"));
}

#[traced(ok(before = |count| *count, broken = |count| [0; 3][*count], after = |_| 2))]
fn returns() -> usize {
    7
}

#[traced(err(broken = |error| error[100..].len()))]
fn fails() -> Result<(), String> {
    Err("no stock".to_owned())
}

#[traced(error_if = |count| [true; 3][*count])]
fn divides() -> usize {
    7
}

#[traced(ok_if = |_| panic!("on purpose: who knows"))]
async fn fails_async() -> Result<(), String> {
    Err("no stock".to_owned())
}

/// The function has returned, and what is only recorded takes nothing of that away.
#[tokio::test]
async fn a_closure_that_panics_gives_nothing_and_the_call_returns() {
    let (returned, captured) = capture(|| (returns(), divides(), fails()));
    assert_eq!(returned, (7, 7, Err("no stock".to_owned())));
    assert_eq!(captured.tree(), "returns before=7\ndivides\nfails error=alloc::string::String \"no stock\"\n");
    let (returned, captured) = capture_async(fails_async()).await;
    assert_eq!(
        (returned, captured.tree().as_str()),
        (Err("no stock".to_owned()), "fails_async error=alloc::string::String \"no stock\"\n")
    );
}
