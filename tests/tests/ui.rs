//! What a user is told about a mistake: a file for each, named after it, with the compiler's answer beside it.

use std::fs;
use std::path::Path;
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

/// The page has them in blocks of text, without the parts that are the compiler's.
#[test]
fn the_page_of_checks_has_recorded_answers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(folder.join("../otel-runtime/docs/checks.md")).expect("the page can be read");
    let answers = fs::read_dir(folder.join("ui")).expect("the folder can be read").map(|entry| entry.expect("an entry can be read").path());
    let answers = answers.filter(|path| path.extension().is_some_and(|extension| extension == "stderr"));
    let answers: String = answers.map(|path| fs::read_to_string(path).expect("an answer can be read")).collect();
    let blocks = page.split("```text\n").skip(1).filter_map(|rest| rest.split("```").next());
    let messages: Vec<_> = blocks.flat_map(str::lines).collect();
    assert!(messages.len() > 30);
    let missing: Vec<_> = messages.into_iter().filter(|message| !answers.contains(*message)).collect();
    assert!(missing.is_empty(), "not among the recorded answers:\n{}", missing.join("\n"));
}
