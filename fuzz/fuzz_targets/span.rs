#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/src/recorded.rs"]
mod recorded;

fuzz_target!(|input: &[u8]| recorded::as_by_the_sdk(input));
