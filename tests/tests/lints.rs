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

mod folded_on_a_block {
    use otel_runtime::{counted, timed};

    pub(crate) struct Shop;

    #[counted]
    #[timed]
    impl Shop {
        pub(crate) fn place_order(&self) {}
    }
}

#[test]
fn it_compiles_and_runs() {
    folded::place_order();
    folded_on_a_block::Shop.place_order();
}
