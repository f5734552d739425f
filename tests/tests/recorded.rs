//! Spans that are encoded while they are recorded, beside the SDK's.

use proptest::prelude::*;

proptest! {
    #[test]
    fn a_span_is_what_the_sdk_makes_of_the_same_calls(input in prop::collection::vec(any::<u8>(), 0..600)) {
        tests::recorded::as_by_the_sdk(&input);
    }
}
