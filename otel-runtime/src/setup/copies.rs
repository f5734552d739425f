//! A second version of the `opentelemetry` crate in the program.
//!
//! Two versions have two sets of globals and two contexts: what a library records with the other one is lost, and nothing says so. A program does
//! not know what it was linked from, but where cargo runs it, as in development and in tests, there is a lock file that does.

use std::fs;
use std::path::Path;

use super::env::Lookup;
use super::warning::Warning;

/// The version that is ours.
const OURS: &str = "0.33";

/// What is to be said of the lock file of the package that cargo runs, if it does.
pub(super) fn warning(lookup: &Lookup<'_>) -> Option<Warning> {
    let package = lookup("CARGO_MANIFEST_DIR")?;
    let lock = Path::new(&package).ancestors().find_map(|folder| fs::read_to_string(folder.join("Cargo.lock")).ok())?;
    let others = others(&lock);
    let problem = || {
        format!(
            "opentelemetry {} is there beside {OURS}, and what is recorded with it may be lost: use `otel_runtime::opentelemetry`, and libraries that \
             go with it (`cargo tree --invert opentelemetry` shows who wants which)",
            others.join(", ")
        )
    };
    (!others.is_empty()).then(|| Warning::new("Cargo.lock", problem()))
}

/// The versions in a lock file that do not go together with ours.
fn others(lock: &str) -> Vec<&str> {
    let packages = lock.split("[[package]]").filter(|package| package.lines().any(|line| line == "name = \"opentelemetry\""));
    let versions = packages.filter_map(|package| package.lines().find_map(|line| line.strip_prefix("version = ")));
    let versions = versions.map(|version| version.trim_matches('"'));
    versions.filter(|version| !version.strip_prefix(OURS).is_some_and(|rest| rest.starts_with('.'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
[[package]]
name = "opentelemetry"
version = "0.31.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "opentelemetry"
version = "0.33.7"

[[package]]
name = "opentelemetry-http"
version = "0.30.0"
"#;

    #[test]
    fn other_versions_are_found() {
        assert_eq!(others(LOCK), ["0.31.0"]);
        assert_eq!(others(""), [""; 0]);
    }

    /// The version in the workspace's manifest.
    #[test]
    fn ours_is_the_one_that_is_depended_on() {
        let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap_or_default();
        assert!(lock.contains(&format!("name = \"opentelemetry\"\nversion = \"{OURS}.")));
        assert_eq!(others(&lock), [""; 0]);
    }

    #[test]
    fn a_lock_file_is_looked_for_where_cargo_runs_a_package() {
        let package = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let lookup = |variable: &str| (variable == "CARGO_MANIFEST_DIR").then(|| package.into());
        assert_eq!(warning(&lookup), None);
        assert_eq!(warning(&|_| None), None);
    }
}
