//! Annotated code gets no warning that it would not get without its annotations.

#![deny(warnings)]

/// What is folded into another attribute is not expanded by the compiler, which must not take its import for unused.
mod folded {
    use otel_runtime::{counted, timed, traced};

    #[traced]
    #[counted]
    #[timed]
    pub(crate) fn place_order() {}
}

mod folded_on_blocks {
    use otel_runtime::{counted, timed, traced};

    pub(crate) struct Shop;

    #[counted]
    #[traced]
    impl Shop {
        pub(crate) fn place_order() {}
    }

    #[counted]
    #[timed]
    pub(crate) mod bank {
        pub(crate) mod card {
            pub(crate) fn charge() {}
        }
    }
}

mod folded_inside_of_blocks {
    use otel_runtime::traced;

    #[traced]
    pub(crate) mod shop {
        use otel_runtime::{counted, traced};

        pub(crate) struct Shop;

        impl Shop {
            #[traced(skip)]
            pub(crate) fn place_order() {}

            #[counted]
            pub(crate) fn charge() {}
        }
    }
}

/// What is written around the user's expressions stands at their places, where clippy might take it for the user's.
#[deny(clippy::pedantic, clippy::nursery)]
mod expressions {
    use otel_runtime::opentelemetry::Context;
    use otel_runtime::{Attributes, ErrorType, MetricValue, counted, timed, traced};

    #[derive(Attributes)]
    #[attributes(prefix = "order")]
    pub struct Order {
        pub id: u64,
        #[attribute(display, redact = hash)]
        pub customer: String,
        #[attribute(debug)]
        pub items: Vec<u8>,
    }

    #[derive(Clone, Copy, MetricValue)]
    pub enum Payment {
        Card,
    }

    #[derive(Debug, ErrorType)]
    pub enum OrderError {
        #[error_type(transparent)]
        Io(std::io::Error),
    }

    impl std::fmt::Display for OrderError {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let Self::Io(error) = self;
            error.fmt(f)
        }
    }

    #[traced(
        fields(..order, customer = %order.customer, items = ?order.items, first = order.items[0], %id),
        ok(total = |total| *total),
        err(text = ToString::to_string),
        error_if = Result::is_ok,
        parent = parent,
        links = [parent]
    )]
    #[counted("lints.orders", fields(payment, id = unbounded(%id)))]
    #[timed("lints.order.duration", buckets = [0.5, 1.0])]
    pub fn place_order(order: &Order, id: u64, payment: Payment, parent: &Context) -> Result<u64, OrderError> {
        let Payment::Card = payment;
        if order.items.is_empty() { Err(OrderError::Io(std::io::ErrorKind::NotFound.into())) } else { Ok(order.id + id) }
    }
}

#[test]
fn it_compiles_and_runs() {
    folded::place_order();
    folded_on_blocks::Shop::place_order();
    folded_on_blocks::bank::card::charge();
    folded_inside_of_blocks::shop::Shop::place_order();
    folded_inside_of_blocks::shop::Shop::charge();
    let order = expressions::Order { id: 1, customer: "Jo".to_owned(), items: vec![1] };
    let placed = expressions::place_order(&order, 1, expressions::Payment::Card, &otel_runtime::opentelemetry::Context::new());
    assert_eq!(placed.ok(), Some(2));
}
