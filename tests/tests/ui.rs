//! What a user is told about a mistake: a file for each, named after it, with the compiler's answer beside it.

use std::process::Command;

/// The compiler whose messages are recorded in `ui/*.stderr`. Another one words its own parts of them differently.
const RECORDED_WITH: &str = "rustc 1.95.";

#[test]
fn mistakes_get_the_recorded_answers() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("a compiler is here");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(RECORDED_WITH) {
        tests::skipped(format_args!("the messages were recorded with {RECORDED_WITH}x, and this is {version}"));
        return;
    }
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}
