//! `#[derive(Attributes)]`, `#[derive(ErrorType)]` and `#[derive(MetricValue)]`.

use std::fmt::{self, Debug, Display};
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use otel_runtime::opentelemetry::Value;
use otel_runtime::testing::capture;
use otel_runtime::{AttributeKey, AttributeValue, AttributeWriter, Attributes, ErrorType, MetricValue, traced};
use tests::telemetry::{Printed, isolated};

#[traced(fields(..value))]
fn records(value: impl Attributes) {
    drop(value);
}

/// What a value records, as the tree shows it.
fn recorded(value: impl Attributes) -> String {
    let ((), spans) = capture(|| records(value));
    spans.tree().trim_end().trim_start_matches("records").trim_start().to_owned()
}

struct Silent;

struct Id(u32);

impl Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

#[derive(Attributes)]
struct Address {
    #[attribute("geo.city")]
    city: String,
    zip: Option<u32>,
}

fn address(zip: Option<u32>) -> Address {
    Address { city: "Yen Bai".to_owned(), zip }
}

#[derive(Attributes)]
#[attributes(prefix = "order")]
struct Order {
    id: u64,
    express: bool,
    weight: f32,
    items: Vec<&'static str>,
    note: Option<String>,
    r#type: char,
    #[attribute("user.id")]
    customer: &'static str,
    #[attribute(display)]
    number: Id,
    #[attribute("order.debugged", debug)]
    sizes: (u8, u8),
    #[attribute(flatten)]
    address: Address,
    #[attribute(nested)]
    billing: Option<Address>,
    #[attribute("shop", nested)]
    seller: Box<Address>,
    #[attribute(skip)]
    card: Silent,
}

fn order() -> Order {
    Order {
        id: 3,
        express: true,
        weight: 0.5,
        items: vec!["tea", "cup"],
        note: None,
        r#type: 'x',
        customer: "jo",
        number: Id(9),
        sizes: (1, 2),
        address: address(Some(10)),
        billing: Some(address(None)),
        seller: Box::new(address(Some(20))),
        card: Silent,
    }
}

#[test]
fn the_fields_of_a_struct_are_attributes_by_their_types() {
    let order = order();
    let Silent = order.card;
    let line = "order.id=3 order.express=true order.weight=0.5 order.items=[\"tea\",\"cup\"] order.type=x user.id=jo order.number=#9 \
                order.debugged=(1, 2) geo.city=Yen Bai zip=10 order.billing.geo.city=Yen Bai shop.geo.city=Yen Bai shop.zip=20";
    assert_eq!(recorded(&order), line);
    let ((), spans) = capture(|| records(&order));
    let span = spans.one("records");
    assert_eq!(span.attribute("order.id"), Some(&Value::I64(3)));
    assert_eq!(span.attribute("order.weight"), Some(&Value::F64(0.5)));
}

#[derive(Attributes)]
#[attributes(prefix = "deep")]
struct Deep {
    #[attribute(nested)]
    order: Inner,
    #[attribute(flatten)]
    beside: Option<Inner>,
}

#[derive(Attributes)]
#[attributes(prefix = "inner")]
struct Inner {
    #[attribute(nested)]
    address: Address,
}

#[test]
fn prefixes_add_up_where_values_are_nested() {
    let inner = || Inner { address: address(None) };
    let deep = Deep { order: inner(), beside: Some(inner()) };
    assert_eq!(recorded(deep), "deep.order.inner.address.geo.city=Yen Bai inner.address.geo.city=Yen Bai");
    assert_eq!(recorded(Deep { order: inner(), beside: None }), "deep.order.inner.address.geo.city=Yen Bai");
}

#[derive(Attributes)]
#[attributes(prefix = "event")]
enum Event {
    Bought {
        #[attribute("event.count")]
        count: u8,
        to: &'static str,
    },
    Moved(#[attribute("event.from")] u8, #[attribute(skip)] Silent, #[attribute(flatten)] Address),
    Closed,
}

#[derive(Attributes)]
enum Nothing {}

#[test]
fn the_variants_of_an_enum_record_their_own_fields() {
    assert_eq!(recorded(Event::Bought { count: 2, to: "jo" }), "event.count=2 event.to=jo");
    assert_eq!(recorded(Event::Moved(7, Silent, address(None))), "event.from=7 geo.city=Yen Bai");
    assert_eq!(recorded(Event::Closed), "");
    assert_eq!(recorded(None::<Nothing>), "");
}

#[derive(Attributes)]
struct Generic<'a, T: AttributeValue + ?Sized, D, const N: usize>
where
    D: Debug,
{
    borrowed: &'a T,
    #[attribute(debug)]
    shown: D,
    array: [u8; N],
}

#[derive(Attributes)]
struct Tuple(#[attribute("tuple.first")] u8, #[attribute("tuple.second", debug)] Option<u8>);

#[derive(Attributes)]
struct Unit;

#[test]
fn generic_tuple_and_empty_structs() {
    assert_eq!(recorded(Generic { borrowed: "text", shown: Some(1), array: [1, 2] }), "borrowed=text shown=Some(1) array=[1,2]");
    assert_eq!(recorded(Tuple(1, Some(2))), "tuple.first=1 tuple.second=Some(2)");
    assert_eq!(recorded(Unit), "");
}

#[test]
fn pointers_to_a_value_record_what_it_records() {
    assert_eq!(recorded(Rc::new(Tuple(1, None))), "tuple.first=1 tuple.second=None");
    assert_eq!(recorded(Arc::new(&mut Tuple(1, None))), "tuple.first=1 tuple.second=None");
    assert_eq!(recorded(Box::new(address(None)) as Box<dyn Attributes>), "geo.city=Yen Bai");
}

struct ByHand;

impl Attributes for ByHand {
    fn record(&self, attributes: &mut AttributeWriter<'_>) {
        attributes.set(const { AttributeKey::new("by.hand") }, &1);
        attributes.nested(const { AttributeKey::new("more") }, &Tuple(2, None));
    }
}

#[test]
fn attributes_may_be_written_by_hand() {
    assert_eq!(recorded(ByHand), "by.hand=1 more.tuple.first=2 more.tuple.second=None");
}

const SECRET: &str = "hunter2@example.com";

#[derive(Debug)]
struct Card;

impl Display for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET)
    }
}

#[derive(Attributes)]
#[attributes(prefix = "user")]
struct User {
    #[attribute(redact = erase)]
    email: String,
    #[attribute("user.mail.hash", redact = hash)]
    mail: Option<&'static str>,
    #[attribute(redact = truncate(3))]
    name: Arc<str>,
    #[attribute(display, redact = erase)]
    shown: Card,
    #[attribute("user.debugged", redact = hash, debug)]
    debugged: &'static str,
    #[attribute(redact = truncate(0))]
    list: Vec<String>,
    #[attribute(redact = hash)]
    absent: Option<String>,
    #[attribute(skip)]
    skipped: &'static str,
}

fn user() -> User {
    User {
        email: SECRET.to_owned(),
        mail: Some(SECRET),
        name: SECRET.into(),
        shown: Card,
        debugged: SECRET,
        list: vec![SECRET.to_owned()],
        absent: None,
        skipped: SECRET,
    }
}

#[traced(fields(..user), ok(ok.user = |()| 1))]
fn logs_in(user: &User) {
    let _ = user.skipped;
    assert!(!format!("{:?}", otel_runtime::current()).contains("hunter"));
}

#[test]
fn what_is_redacted_is_shown_by_nothing() {
    let ((), spans) = capture(|| logs_in(&user()));
    let tree = spans.tree();
    assert!(tree.starts_with("logs_in user.email=[erased] user.mail.hash="), "{tree}");
    assert!(tree.contains(" user.name=hun user.shown=[erased] ") && tree.contains(" user.list= ok.user=1"), "{tree}");
    assert!(!tree.contains("absent"));
    assert_eq!(spans.one("logs_in").attribute("user.mail.hash").map(|hash| hash.as_str().len()), Some(32));

    let written = Printed::default();
    let telemetry = isolated().set("OTEL_TRACES_EXPORTER", "console").console(written.clone()).build().expect("it can be built");
    let attached = telemetry.context().attach();
    logs_in(&user());
    drop(attached);
    let debugged = format!("{telemetry:?}");
    telemetry.shutdown().expect("the console takes everything");
    let console = written.text();
    assert!(console.contains("user.email=[erased]"), "{console}");

    for shown in [tree, format!("{spans:?}"), debugged, console] {
        assert!(!shown.contains("hunter") && !shown.contains("example.com"), "{shown}");
    }
}

#[derive(Debug, ErrorType)]
#[allow(dead_code, reason = "a class does not look at the fields")]
enum OrderError {
    OutOfStock(u32),
    #[error_type("card_refused")]
    CardDeclined {
        reason: &'static str,
    },
    #[error_type(transparent)]
    Io(io::Error),
    #[error_type(transparent)]
    Other {
        inner: Box<Closed>,
    },
    HTTPTimeout,
    r#Type,
}

#[derive(Debug, ErrorType)]
#[error_type("closed_for_good")]
struct Closed;

#[derive(Debug, ErrorType)]
#[allow(dead_code, reason = "a class does not look at the fields")]
struct TooLate {
    hours: u8,
}

#[derive(Debug, ErrorType)]
#[error_type(transparent)]
struct Wrapped<E: ErrorType>(E);

#[derive(Debug, ErrorType)]
#[allow(dead_code, reason = "a class does not look at the fields")]
enum Either<'a, A, B>
where
    A: ErrorType,
{
    #[error_type(transparent)]
    Left(A),
    Right(&'a B),
}

macro_rules! texts {
    ($($ty:ty $(where $generics:ident: $bound:path)?),*) => {$(
        impl$(<$generics: $bound>)? Display for $ty {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a message with a number: 4711")
            }
        }
    )*};
}

texts!(OrderError, Closed, TooLate, Wrapped<E> where E: ErrorType);

impl<A: ErrorType, B> Display for Either<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("either")
    }
}

#[test]
fn the_class_of_an_error_is_its_variant_s_name_or_what_is_said_instead() {
    let cases: [(&dyn ErrorType, &str); 10] = [
        (&OrderError::OutOfStock(4711), "out_of_stock"),
        (&OrderError::CardDeclined { reason: "x" }, "card_refused"),
        (&OrderError::Io(io::ErrorKind::TimedOut.into()), "timed_out"),
        (&OrderError::Other { inner: Box::new(Closed) }, "closed_for_good"),
        (&OrderError::HTTPTimeout, "http_timeout"),
        (&OrderError::r#Type, "type"),
        (&TooLate { hours: 2 }, "too_late"),
        (&Wrapped(Wrapped(Closed)), "closed_for_good"),
        (&Either::<_, ()>::Left(TooLate { hours: 1 }), "too_late"),
        (&Either::<Closed, _>::Right(&()), "right"),
    ];
    for (error, class) in cases {
        assert_eq!(error.error_type(), class);
    }
}

#[derive(Clone, Copy, MetricValue)]
enum Payment {
    GiftCard,
    #[metric_value("cash")]
    InHand,
    r#Move,
}

#[traced(fields(payment, all = ?payment.map(|_| ())))]
#[otel_runtime::counted(fields(payment.method = payment))]
fn pays(payment: Option<Payment>) {
    let _ = payment;
}

#[test]
fn the_variants_of_an_enum_are_values_of_metrics_and_of_spans() {
    let ((), captured) =
        capture(|| [Some(Payment::GiftCard), Some(Payment::InHand), Some(Payment::r#Move), None].into_iter().for_each(pays));
    let tree = "pays payment=gift_card all=Some(())\npays payment=cash all=Some(())\npays payment=move all=Some(())\npays all=None\n";
    assert_eq!(captured.tree(), tree);
    let mut methods: Vec<_> =
        captured.points("function.calls").filter_map(|point| point.attribute("payment.method")).map(ToString::to_string).collect();
    methods.sort_unstable();
    assert_eq!(methods, ["cash", "gift_card", "move"]);
}
