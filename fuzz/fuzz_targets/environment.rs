#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/src/propagation.rs"]
#[allow(dead_code, reason = "each target checks one of them")]
mod statements;

fuzz_target!(|input: &[u8]| statements::environment(input));
