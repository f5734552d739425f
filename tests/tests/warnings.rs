//! Warnings about the user's own code, in annotated functions, are still given: the crate in `tests/lints` is checked, and what the compiler
//! says is held against what the comments in its source say.

use std::env;
use std::path::Path;
use std::process::Command;

#[test]
fn warnings_about_the_user_s_own_code_survive() {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("lints");
    // The versions that are already there for the workspace: none has to be found, or downloaded.
    std::fs::copy(fixture.join("../../Cargo.lock"), fixture.join("Cargo.lock")).expect("the fixture's folder can be written to");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lints");
    let source = std::fs::read_to_string(fixture.join("src/lib.rs")).expect("the fixture has a source");
    // What was checked before is not checked again, but it has to be said again.
    let mut check = Command::new(env!("CARGO"));
    check.args(["check", "--color", "never", "--message-format", "short", "--manifest-path"]).arg(fixture.join("Cargo.toml"));
    check.env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let output = check.output().expect("cargo can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let mut expected = Vec::new();
    for (number, line) in (1..).zip(source.lines()) {
        if let Some((_, what)) = line.split_once("// warning: ") {
            expected.push((number, what));
        }
    }
    let warnings: Vec<&str> = said.lines().filter(|line| line.contains("lib.rs:")).collect();
    let missing: Vec<_> = expected
        .iter()
        .filter(|(number, what)| !warnings.iter().any(|line| line.contains(&format!("lib.rs:{number}:")) && line.contains(what)))
        .collect();
    assert!(missing.is_empty(), "not said: {missing:#?}\nsaid: {warnings:#?}");
    assert_eq!(warnings.len(), expected.len(), "more is said than expected: {warnings:#?}");
    assert!(expected.len() > 20);
}
