//! What of `otel-runtime` fits a program: `cargo run -p examples --example doctor -- path/to/program`, the folder of the program, its `Cargo.toml` or its
//! `Cargo.lock`.
//!
//! It reads the lock file, says which that is, and prints the features and the lines of code for the libraries that the workspace depends on itself, and which versions of
//! `opentelemetry` do not hear of each other.

#![allow(clippy::print_stdout, reason = "an example may print")]

mod clashes;
mod library;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{self, Path, PathBuf};

use cargo_lock::Lockfile;

use self::library::Found;

fn main() -> Result<(), Box<dyn Error>> {
    let given = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let path = lock_file(&given)?;
    let lock = Lockfile::load(&path).map_err(|error| format!("{} cannot be read as a lock file of Cargo's: {error}", path.display()))?;
    println!("{}", of_whom(&path, &lock));
    print!("{}", report(&lock));
    Ok(())
}

/// The lock file that is meant: of a folder, and of a manifest, the one that Cargo would take, which stands there or above.
fn lock_file(given: &Path) -> Result<PathBuf, String> {
    let unusable = |problem: &dyn std::fmt::Display| format!("{}: {problem}", given.display());
    let path = path::absolute(given).map_err(|error| unusable(&error))?;
    let is_folder = path.metadata().map_err(|error| unusable(&error))?.is_dir();
    let folder = match path.parent() {
        _ if is_folder => path.as_path(),
        Some(folder) if path.file_name().is_some_and(|name| name == "Cargo.toml") => folder,
        _ => return Ok(path),
    };
    let found = folder.ancestors().map(|folder| folder.join("Cargo.lock")).find(|lock| lock.is_file());
    found.ok_or_else(|| unusable(&"there is no Cargo.lock here or above; `cargo generate-lockfile` makes one"))
}

/// Which file was read, and whose dependencies are looked at.
fn of_whom(path: &Path, lock: &Lockfile) -> String {
    let members = lock.packages.iter().filter(|package| library::is_member(package)).map(|package| package.name.as_str());
    format!("# {}: the dependencies of {}\n", path.display(), members.collect::<Vec<_>>().join(", "))
}

fn report(lock: &Lockfile) -> String {
    let found: Vec<Found<'_>> = library::find(lock);
    let features: BTreeSet<&str> = found.iter().filter_map(Found::feature).collect();
    let features: Vec<String> = features.iter().map(|feature| format!("\"{feature}\"")).collect();
    let version = env!("CARGO_PKG_VERSION");
    let dependency = if features.is_empty() {
        format!("otel-runtime = \"{version}\"")
    } else {
        format!("otel-runtime = {{ version = \"{version}\", features = [{}] }}", features.join(", "))
    };
    let found: Vec<String> = if found.is_empty() {
        vec!["None of the libraries here has a layer of its own; `#[traced]` is for functions of yours.".to_owned()]
    } else {
        found.iter().map(ToString::to_string).collect()
    };
    let clashes: Vec<String> = clashes::find(lock).iter().map(ToString::to_string).collect();
    let parts = [vec![dependency], found, clashes].map(|lines| lines.join("\n"));
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
}
