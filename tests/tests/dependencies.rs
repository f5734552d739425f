//! How much a user builds with us: counted from the lock file, by Cargo itself.

use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn the_default_features_build_at_most_eighty_crates() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--locked", "--package", "otel-runtime", "--no-default-features", "--features", "default"]);
    cargo.args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let output = cargo.output().expect("cargo is here");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8_lossy(&output.stdout);
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
    assert!(crates.iter().any(|name| name.starts_with("opentelemetry_sdk ")), "{tree}");
    assert!(crates.len() <= 80, "{} crates:\n{crates:#?}", crates.len());
}
