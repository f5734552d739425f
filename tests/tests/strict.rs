//! Annotated code gets no warning that it would not get without the annotation: in the modules below every lint is denied, by the compiler
//! and by `cargo clippy`.

use otel_runtime::testing::capture_async;

/// Annotated code of all kinds, under every group of lints.
mod strict {
    #![forbid(unsafe_code)]
    #![deny(warnings, keyword_idents, let_underscore, nonstandard_style, refining_impl_trait, rust_2018_idioms, unused)]
    #![deny(
        elided_lifetimes_in_paths,
        explicit_outlives_requirements,
        macro_use_extern_crate,
        meta_variable_misuse,
        missing_copy_implementations,
        missing_debug_implementations,
        missing_docs,
        redundant_imports,
        redundant_lifetimes,
        single_use_lifetimes,
        trivial_casts,
        trivial_numeric_casts,
        unit_bindings,
        unnameable_types,
        unreachable_pub,
        unused_extern_crates,
        unused_import_braces,
        unused_lifetimes,
        unused_macro_rules,
        unused_qualifications,
        unused_results
    )]
    #![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
    #![deny(
        clippy::allow_attributes,
        clippy::as_conversions,
        clippy::clone_on_ref_ptr,
        clippy::else_if_without_else,
        clippy::exhaustive_structs,
        clippy::expect_used,
        clippy::if_then_some_else_none,
        clippy::indexing_slicing,
        clippy::let_underscore_must_use,
        clippy::let_underscore_untyped,
        clippy::mem_forget,
        clippy::panic,
        clippy::pattern_type_mismatch,
        clippy::print_stdout,
        clippy::redundant_type_annotations,
        clippy::semicolon_outside_block,
        clippy::shadow_unrelated,
        clippy::str_to_string,
        clippy::unimplemented,
        clippy::unreachable,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )]
    #![allow(clippy::allow_attributes, clippy::multiple_crate_versions, clippy::cargo_common_metadata, clippy::redundant_pub_crate)]

    use core::fmt;
    use core::pin::Pin;
    use core::task::{Context, Poll};

    use futures_core::Stream;
    use otel_runtime::{Attributes, ErrorType, MetricName, MetricValue, SpanName};

    const EVERYTHING: SpanName = SpanName::new("shop.everything");
    const ORDERS: MetricName = MetricName::new("shop.orders");

    #[derive(Attributes)]
    #[attributes(prefix = "order")]
    pub(super) struct Order<'a, T: fmt::Debug> {
        id: u64,
        #[attribute("user.id")]
        customer: &'a str,
        #[attribute(redact = hash)]
        email: Option<&'a str>,
        #[attribute(redact = truncate(2), display)]
        name: fmt::Error,
        #[attribute(debug)]
        any: T,
        #[attribute(flatten)]
        event: Event,
        #[attribute(nested)]
        more: Option<Event>,
        #[attribute(skip)]
        card: u8,
    }

    #[derive(Attributes, Clone, Copy)]
    pub(super) enum Event {
        #[expect(dead_code, reason = "it is not made here")]
        Sold {
            count: u8,
        },
        Closed,
    }

    #[derive(Clone, Copy, MetricValue)]
    pub(super) enum Payment {
        Card,
        #[metric_value("bar")]
        Cash,
    }

    #[derive(Debug, ErrorType)]
    pub(super) enum OrderError {
        Refused(u8),
        #[error_type(transparent)]
        Io(std::io::Error),
        #[error_type("late")]
        TooLate {
            hours: u8,
        },
    }

    impl fmt::Display for OrderError {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            match *self {
                Self::Refused(code) => write!(f, "refused: {code}"),
                Self::Io(ref error) => error.fmt(f),
                Self::TooLate { hours } => write!(f, "{hours} hours late"),
            }
        }
    }

    #[otel_runtime::traced(
        name = EVERYTHING,
        kind = client,
        scope = "shop",
        fields(..order, order.card = order.card, user, text = %user, debug = ?user),
        ok(total = |total| *total),
        err(code = |error| if let OrderError::Refused(code) = *error { Some(code) } else { None }),
        error_if = |answer| matches!(*answer, Ok(0)),
        parent = Some(otel_runtime::current()),
        links = [otel_runtime::current()],
    )]
    #[otel_runtime::counted(name = ORDERS, unit = "{order}", fields(payment, express = true, user = unbounded(user)))]
    #[otel_runtime::timed("shop.order.duration", buckets = [0.1, 1.0])]
    async fn place<T>(order: &Order<'_, T>, payment: Payment, user: &str) -> Result<u64, OrderError>
    where
        T: fmt::Debug + Sync,
    {
        tokio::task::yield_now().await;
        match payment {
            Payment::Card => Ok(order.id),
            Payment::Cash if user.is_empty() => Err(OrderError::Refused(order.card)),
            Payment::Cash => {
                let found: Result<u64, std::io::Error> = Err(std::io::Error::other("no till"));
                found.map_err(OrderError::Io).or(Err(OrderError::TooLate { hours: 3 }))
            }
        }
    }

    #[otel_runtime::traced]
    fn sync(mut count: u8, (left, _): (u8, u8)) -> u8 {
        count += left;
        count
    }

    #[otel_runtime::traced(root)]
    fn unit() {}

    #[otel_runtime::counted(in_flight)]
    async fn unit_later() {}

    #[otel_runtime::timed]
    pub(super) fn fails(fails: bool) -> Result<(), OrderError> {
        if fails {
            return Err(OrderError::Refused(1));
        }
        Ok(())
    }

    #[otel_runtime::traced]
    pub(super) fn boxed<'a>(text: &'a str) -> Pin<Box<dyn Future<Output = usize> + Send + 'a>> {
        Box::pin(async move { text.len() })
    }

    #[otel_runtime::traced]
    fn never(text: &str) -> ! {
        std::panic::resume_unwind(Box::new(text.to_owned()))
    }

    #[otel_runtime::traced]
    async fn never_later() -> ! {
        loop {
            tokio::task::yield_now().await;
        }
    }

    #[otel_runtime::traced]
    fn opaque(text: &str) -> impl Future<Output = usize> + Send {
        core::future::ready(text.len())
    }

    struct Empty;

    impl Stream for Empty {
        type Item = u8;

        fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<u8>> {
            Poll::Ready(None)
        }
    }

    #[otel_runtime::traced(item_events)]
    fn stream() -> impl Stream<Item = u8> + Send {
        Empty
    }

    #[otel_runtime::traced]
    fn boxed_stream() -> Pin<Box<dyn Stream<Item = u8> + Send>> {
        Box::pin(Empty)
    }

    #[otel_runtime::traced]
    fn items_first() -> u8 {
        const ONE: u8 = 1;
        const fn two() -> u8 {
            2
        }
        ONE + two()
    }

    struct Shop {
        stock: u8,
    }

    #[otel_runtime::traced(except(stock))]
    #[otel_runtime::counted]
    impl Shop {
        const fn stock(&self) -> u8 {
            self.stock
        }

        #[otel_runtime::traced(skip)]
        fn sell(&mut self) -> Option<u8> {
            self.stock = self.stock.checked_sub(1)?;
            Some(self.stock())
        }

        async fn close(self) -> u8 {
            tokio::task::yield_now().await;
            self.stock
        }
    }

    #[otel_runtime::traced]
    trait Greets {
        fn name(&self) -> String;

        fn greet(&self) -> String {
            format!("hello {}", self.name())
        }
    }

    #[otel_runtime::traced]
    impl Greets for Shop {
        fn name(&self) -> String {
            format!("shop of {}", self.stock)
        }
    }

    #[async_trait::async_trait]
    trait Bank {
        async fn charge(&self, amount: u8) -> Option<u8>;
    }

    #[otel_runtime::traced]
    #[async_trait::async_trait]
    impl Bank for Shop {
        async fn charge(&self, amount: u8) -> Option<u8> {
            tokio::task::yield_now().await;
            self.stock.checked_sub(amount)
        }
    }

    #[otel_runtime::traced]
    mod room {
        pub(super) fn enter() -> u8 {
            deeper::sit()
        }

        mod deeper {
            pub(super) fn sit() -> u8 {
                1
            }
        }
    }

    pub(super) async fn run() {
        let order = Order {
            id: 1,
            customer: "jo",
            email: Some("jo@example.com"),
            name: fmt::Error,
            any: (),
            event: Event::Closed,
            more: Some(Event::Closed),
            card: 4,
        };
        let user = order.customer;
        for (payment, name) in [(Payment::Card, user), (Payment::Cash, user), (Payment::Cash, "")] {
            drop(place(&order, payment, name).await);
        }
        unit();
        unit_later().await;
        drop(fails(true));
        drop((stream(), boxed_stream(), never_later()));
        assert!(std::panic::catch_unwind(|| never("for ever")).is_err(), "it never returns");
        let mut shop = Shop { stock: sync(1, (2, 3)) };
        drop((shop.greet(), shop.sell(), shop.charge(1).await));
        let lengths = boxed(user).await.saturating_add(opaque(user).await);
        let sum = items_first() + room::enter() + shop.close().await;
        assert_eq!((lengths, sum), (4, 6), "everything ran");
    }
}

#[tokio::test]
async fn annotated_code_passes_every_lint() {
    let ((), captured) = capture_async(strict::run()).await;
    assert_eq!(captured.named("shop.everything").count(), 3);
    assert_eq!(captured.named("Shop::charge").count(), 1);
}

/// Nothing but what is named.
mod without_prelude {
    #![no_implicit_prelude]
    #![allow(clippy::unused_async)]

    use ::otel_runtime::{Attributes, ErrorType, MetricValue};
    use ::std::option::Option;
    use ::std::result::Result::{self, Err, Ok};
    use ::std::{fmt, string, write};

    #[derive(Attributes)]
    #[attributes(prefix = "p")]
    pub(super) struct Prefixed {
        #[attribute(redact = hash)]
        pub(super) a: Option<u8>,
        #[attribute(display)]
        pub(super) b: string::String,
    }

    #[::std::prelude::v1::derive(::std::clone::Clone, ::std::marker::Copy, MetricValue)]
    pub(super) enum Few {
        One,
    }

    #[::std::prelude::v1::derive(::std::fmt::Debug, ErrorType)]
    pub(super) enum Failure {
        Alone,
    }

    impl fmt::Display for Failure {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "alone")
        }
    }

    #[::otel_runtime::traced(fields(..prefixed, few, text = %"t"), ok(x = |x| *x), err(y = |_| 2u8), error_if = |_| false)]
    #[::otel_runtime::counted(in_flight, fields(few))]
    #[::otel_runtime::timed]
    pub(super) async fn asynchronous(prefixed: Prefixed, few: Few, fails: bool) -> Result<u8, Failure> {
        if fails { Err(Failure::Alone) } else { Ok(1) }
    }

    #[::otel_runtime::traced(root, links = [::otel_runtime::current()])]
    pub(super) fn sync() {}

    #[::otel_runtime::traced]
    pub(super) fn boxed() -> ::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = u8>>> {
        ::std::boxed::Box::pin(async { 1 })
    }

    #[::otel_runtime::traced]
    pub(super) fn opaque() -> impl ::std::future::Future<Output = u8> {
        ::std::future::ready(1)
    }
}

#[tokio::test]
async fn annotated_code_needs_no_prelude() {
    use without_prelude::{Few, Prefixed, asynchronous, boxed, opaque, sync};

    let ((), captured) = capture_async(async {
        let prefixed = || Prefixed { a: None, b: "b".to_owned() };
        let _ = asynchronous(prefixed(), Few::One, false).await;
        let _ = asynchronous(prefixed(), Few::One, true).await;
        sync();
        assert_eq!(boxed().await + opaque().await, 2);
    })
    .await;
    let tree = "asynchronous p.b=b few=one text=t x=1\nasynchronous p.b=b few=one text=t y=2 error=alone \"alone\"\nsync\nboxed\nopaque\n";
    assert_eq!(captured.tree(), tree);
}
