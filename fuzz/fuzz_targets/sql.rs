#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/src/sql.rs"]
mod statements;

fuzz_target!(|input: &[u8]| {
    statements::query(input);
    statements::secret(input);
});
