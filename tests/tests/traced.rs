//! `#[traced]` on every kind of function: names, kinds, attributes, parents.

use std::borrow::Cow;
use std::pin::Pin;
use std::sync::Arc;

use otel_runtime::opentelemetry::trace::{SpanKind, TraceContextExt};
use otel_runtime::opentelemetry::{Array, Context, Value};
use otel_runtime::testing::{capture, capture_async};
use otel_runtime::{AttributeKey, SpanName, traced};

#[traced]
fn plain() -> u8 {
    nested();
    7
}

#[traced]
fn nested() {}

#[traced]
async fn waits() -> u8 {
    tokio::task::yield_now().await;
    nested();
    8
}

#[test]
fn a_sync_function_records_a_span_under_the_function_s_name() {
    let (value, spans) = capture(plain);
    assert_eq!(value, 7);
    assert_eq!(spans.tree(), "plain\n  nested\n");
}

#[tokio::test]
async fn an_async_function_records_a_span_from_its_first_poll() {
    let (value, spans) = capture_async(async {
        drop(waits());
        waits().await
    })
    .await;
    assert_eq!(value, 8);
    assert_eq!(spans.tree(), "waits\n  nested\n");
}

const NAMED: SpanName = SpanName::new("shop.named");

#[traced("shop.place_order")]
fn named_by_literal() {}

#[traced(name = "shop.also")]
fn named_by_option() {}

#[traced(name = NAMED)]
fn named_by_constant() {}

#[traced]
fn r#move() {}

#[test]
fn the_name_is_the_function_s_or_the_given_one() {
    let ((), spans) = capture(|| {
        named_by_literal();
        named_by_option();
        named_by_constant();
        r#move();
    });
    assert_eq!(spans.tree(), "shop.place_order\nshop.also\nshop.named\nmove\n");
}

#[traced(kind = internal)]
fn internal() {}
#[traced(kind = server)]
fn server() {}
#[traced(kind = client)]
fn client() {}
#[traced(kind = producer)]
fn producer() {}
#[traced(kind = consumer)]
fn consumer() {}

#[test]
fn kinds() {
    let ((), spans) = capture(|| {
        internal();
        server();
        client();
        producer();
        consumer();
    });
    let kinds: Vec<SpanKind> = spans.all().iter().map(|span| span.kind.clone()).collect();
    assert_eq!(kinds, [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer]);
}

#[derive(Debug)]
struct Order {
    id: u64,
    items: Vec<&'static str>,
    note: Option<String>,
}

#[traced(fields(
    order.id = order.id,
    order.items = &order.items,
    order.note = order.note.as_deref(),
    order.text = %format_args!("{}/{}", order.id, 1),
    order.debug = ?order.items,
    order.first = order.items.first().map(|item| item.len()),
    "a-literal.key" = true,
    type = 1.5f32,
    user_id,
    %city,
    ?zip,
    big = u64::MAX,
    cow = Cow::Borrowed("moo"),
    shared = Arc::new(vec![1u8, 2]),
    letter = 'x',
    nothing = None::<bool>,
    flags = [true, false],
    ratios = [0.5, 1.0],
))]
#[allow(clippy::used_underscore_binding)]
fn place(order: &Order, user_id: i32, city: &str, zip: Option<u16>) {
    let _ = (order, user_id, city, zip);
}

#[test]
fn fields_are_typed() {
    let order = Order { id: 3, items: vec!["tea", "cup"], note: None };
    let ((), spans) = capture(|| place(&order, -5, "Yen Bai", Some(7)));
    let span = spans.one("place");
    let text = |text: &'static str| Some(Value::String(text.into()));
    let expected = [
        ("order.id", Some(Value::I64(3))),
        ("order.items", Some(Value::Array(Array::String(vec!["tea".into(), "cup".into()])))),
        ("order.note", None),
        ("order.text", text("3/1")),
        ("order.debug", text("[\"tea\", \"cup\"]")),
        ("order.first", Some(Value::I64(3))),
        ("a-literal.key", Some(Value::Bool(true))),
        ("type", Some(Value::F64(1.5))),
        ("user_id", Some(Value::I64(-5))),
        ("city", text("Yen Bai")),
        ("zip", text("Some(7)")),
        ("big", text("18446744073709551615")),
        ("cow", text("moo")),
        ("shared", Some(Value::Array(Array::I64(vec![1, 2])))),
        ("letter", text("x")),
        ("nothing", None),
        ("flags", Some(Value::Array(Array::Bool(vec![true, false])))),
        ("ratios", Some(Value::Array(Array::F64(vec![0.5, 1.0])))),
    ];
    for (key, value) in expected {
        assert_eq!(span.attribute(key), value.as_ref(), "{key}");
    }
}

#[traced]
fn located() {}

const LOCATED: i64 = line!() as i64 - 2;

#[test]
fn the_place_in_the_source_is_recorded() {
    let ((), spans) = capture(located);
    let span = spans.one("located");
    assert_eq!(span.attribute("code.function.name"), Some(&Value::String("traced::located".into())));
    assert_eq!(span.attribute("code.file.path"), Some(&Value::String(file!().into())));
    assert_eq!(span.attribute("code.line.number"), Some(&Value::I64(LOCATED)));
}

struct Shop {
    stock: Vec<u32>,
}

impl Shop {
    #[traced]
    fn open(stock: Vec<u32>) -> Self {
        Self { stock }
    }

    #[traced(fields(stock = self.stock.len()))]
    fn count(&self) -> usize {
        self.stock.len()
    }

    #[traced]
    fn first_mut(&mut self) -> Option<&mut u32> {
        let first = self.stock.first_mut()?;
        Some(first)
    }

    #[traced]
    fn any_mut(&mut self) -> &mut u32 {
        self.stock[0] += 1;
        &mut self.stock[0]
    }

    #[traced(fields(stock = self.stock.len()))]
    async fn last(&mut self, default: &u32) -> u32 {
        tokio::task::yield_now().await;
        *self.stock.last().unwrap_or(default)
    }

    #[traced]
    fn shared(self: &Arc<Self>) -> usize {
        Arc::strong_count(self)
    }

    #[traced]
    async fn pinned(self: Pin<&mut Self>) -> usize {
        self.stock.len()
    }

    #[traced]
    fn close(self) -> Vec<u32> {
        self.stock
    }
}

#[tokio::test]
async fn methods_with_every_self() {
    let ((), spans) = capture_async(async {
        let mut shop = Shop::open(vec![1, 2]);
        assert_eq!(shop.count(), 2);
        *shop.first_mut().expect("there is one") = 5;
        assert_eq!(*shop.any_mut(), 6);
        assert_eq!(shop.last(&9).await, 2);
        assert_eq!(Pin::new(&mut shop).pinned().await, 2);
        let shop = Arc::new(shop);
        assert_eq!(shop.shared(), 1);
        assert_eq!(Arc::into_inner(shop).expect("nobody else has it").close(), [6, 2]);
    })
    .await;
    assert_eq!(spans.tree(), "open\ncount stock=2\nfirst_mut\nany_mut\nlast stock=2\npinned\nshared\nclose\n");
}

#[async_trait::async_trait]
trait Bank {
    async fn charge(&self, amount: u64) -> Result<u64, String>;

    #[traced(fields(amount))]
    async fn refund(&self, amount: u64) -> Result<u64, String> {
        tokio::task::yield_now().await;
        self.charge(amount).await
    }
}

struct Sparkasse;

#[async_trait::async_trait]
impl Bank for Sparkasse {
    #[traced(kind = client, fields(amount))]
    async fn charge(&self, amount: u64) -> Result<u64, String> {
        tokio::task::yield_now().await;
        nested();
        if amount > 10 { Err("too much".to_owned()) } else { Ok(amount) }
    }
}

#[tokio::test]
async fn async_trait_methods_cover_the_work_and_not_only_the_making_of_the_future() {
    let bank: Box<dyn Bank + Send + Sync> = Box::new(Sparkasse);
    let (result, spans) = capture_async(async { bank.refund(11).await }).await;
    assert!(result.is_err());
    assert_eq!(
        spans.tree(),
        "refund amount=11 error=alloc::string::String \"too much\"\n  \
           charge (client) amount=11 error=alloc::string::String \"too much\"\n    nested\n"
    );
}

#[traced(fields(n = N, len = items.len()))]
fn generic<T: Clone + Send, const N: usize>(items: &[T], (first, mut second): (T, usize), _: u8) -> impl Iterator<Item = &T>
where
    Option<T>: PartialEq,
{
    second += N;
    items.iter().filter(move |item| Some((*item).clone()) != Some(first.clone())).take(second)
}

#[traced]
fn boxed(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    nested();
    Box::pin(async move {
        nested();
        n
    })
}

#[traced]
fn opaque(n: u8) -> impl Future<Output = u8> + Send + 'static {
    nested();
    async move {
        tokio::task::yield_now().await;
        nested();
        n
    }
}

#[tokio::test]
async fn generics_and_functions_that_return_futures() {
    let ((), spans) = capture_async(async {
        assert_eq!(generic::<_, 1>(&[1, 2, 3, 4], (2, 1), 0).copied().collect::<Vec<i32>>(), [1, 3]);
        assert_eq!(boxed(1).await, 1);
        assert_eq!(tokio::spawn(opaque(2)).await.expect("it does not panic"), 2);
    })
    .await;
    assert_eq!(spans.tree(), "generic n=1 len=4\nboxed\n  nested\n  nested\nopaque\n  nested\n  nested\n");
}

#[traced(fields(n))]
fn fibonacci(n: u64) -> u64 {
    if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
}

#[test]
fn recursion() {
    let (value, spans) = capture(|| fibonacci(3));
    assert_eq!(value, 2);
    assert_eq!(spans.tree(), "fibonacci n=3\n  fibonacci n=2\n    fibonacci n=1\n    fibonacci n=0\n  fibonacci n=1\n");
}

/// Names of the prelude and of the crates, taken by something else.
mod hygiene {
    #![allow(dead_code, non_camel_case_types, unused_macros)]

    use otel_runtime::traced;

    struct Result;
    struct Option;
    struct Some;
    struct None;
    struct Ok;
    struct Err;
    struct Box;
    struct String;
    struct Vec;
    trait Send {}
    trait Sync {}
    trait FnOnce {}
    trait Future {}
    mod core {}
    mod std {}
    mod alloc {}
    macro_rules! concat {
        () => {};
    }
    macro_rules! line {
        () => {};
    }
    const SITE: u8 = 4;

    #[traced(fields(span = span, fields = fields, site = SITE))]
    pub(super) fn sync(span: u8, fields: u8) -> u8 {
        span + fields + SITE
    }

    #[allow(non_upper_case_globals)]
    static call: u8 = 5;

    trait Outcome {
        fn outcome(&self) -> u8 {
            call
        }

        fn failure(&self) {}

        fn success(&self) {}
    }

    impl<T: ?::core::marker::Sized> Outcome for T {}

    const __NAME: otel_runtime::SpanName = otel_runtime::SpanName::new("named");

    #[traced(name = __NAME)]
    pub(super) fn under_a_blanket_trait() -> u8 {
        ().outcome()
    }

    #[traced(fields(returned))]
    pub(super) async fn asynchronous(returned: u8) -> u8 {
        let future = 1;
        returned + future
    }
}

#[tokio::test]
async fn expansions_do_not_depend_on_names_around_them() {
    let ((), spans) = capture_async(async {
        assert_eq!(hygiene::sync(1, 2), 7);
        assert_eq!(hygiene::asynchronous(3).await, 4);
        assert_eq!(hygiene::under_a_blanket_trait(), 5);
    })
    .await;
    assert_eq!(spans.tree(), "sync span=1 fields=2 site=4\nasynchronous returned=3\nnamed\n");
}

const MOOD: AttributeKey = AttributeKey::new("shop.mood");

#[traced]
fn speaks() {
    let span = otel_runtime::current();
    span.set(MOOD, "good");
    span.event("a thought", &[(MOOD, &vec![1, 2])]);
    span.record_error(&std::fmt::Error);
    assert!(span.is_recording());
    Context::current().span().set_attribute(otel_runtime::opentelemetry::KeyValue::new("plain.api", 1));
}

#[test]
fn the_running_span_can_be_reached_from_inside() {
    let ((), spans) = capture(speaks);
    let span = spans.one("speaks");
    assert_eq!(span.attribute("shop.mood"), Some(&Value::String("good".into())));
    assert_eq!(span.attribute("plain.api"), Some(&Value::I64(1)));
    let events: Vec<&str> = span.events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(events, ["a thought", "exception"]);
    assert!(!otel_runtime::current().is_recording());
}
