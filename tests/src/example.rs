//! The programs in `examples`, as users run them.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::process::Child;

/// A net under a build that hangs.
const LONG: Duration = Duration::from_secs(600);

static BUILT: Mutex<Option<HashMap<String, PathBuf>>> = Mutex::new(None);

/// An example to be run, with none of the variables that the tests themselves are run with. It is built by what `cargo run --example` builds it with,
/// from the workspace's root as `cargo test` is: a package alone would have its dependencies with other features, and all of them built once more.
///
/// # Panics
///
/// If it cannot be built.
#[must_use]
pub fn example(name: &str) -> Command {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    let program = built.get_or_insert_default().entry(name.to_owned()).or_insert_with(|| build(name));
    let mut command = Command::new(program);
    remove_variables(&mut command, &["OTEL_"]);
    command.env("RUST_BACKTRACE", "0");
    command
}

fn build(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--example", name]).current_dir(root);
    // What Cargo says to a test of its package; there are build scripts that run again when it changes, and much is built on what they build.
    remove_variables(&mut cargo, &["CARGO_MANIFEST_", "CARGO_PKG_"]);
    let output = Child::spawn(cargo).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}", output.stderr);
    let test = env::current_exe().expect("a test knows where it is");
    // Beside the folder of the tests.
    test.ancestors().nth(2).expect("a test is in a folder of its profile").join("examples").join(name)
}

/// Removes the variables that begin with one of these.
fn remove_variables(command: &mut Command, prefixes: &[&str]) {
    for (name, _) in env::vars_os().filter(|(name, _)| prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix))) {
        command.env_remove(name);
    }
}
