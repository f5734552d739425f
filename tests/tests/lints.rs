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
        pub(crate) fn place_order(&self) {}
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
            pub(crate) fn place_order(&self) {}

            #[counted]
            pub(crate) fn charge(&self) {}
        }
    }
}

#[test]
fn it_compiles_and_runs() {
    folded::place_order();
    folded_on_blocks::Shop.place_order();
    folded_on_blocks::bank::card::charge();
    folded_inside_of_blocks::shop::Shop.place_order();
    folded_inside_of_blocks::shop::Shop.charge();
}
