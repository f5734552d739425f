//! What of `otel-runtime` fits a program: `cargo run -p examples --example doctor -- path/to/Cargo.lock`.
//!
//! It reads the lock file, and prints the features and the lines of code for the libraries that the workspace depends on itself, and which versions of
//! `opentelemetry` do not hear of each other.

#![allow(clippy::print_stdout, reason = "an example may print")]

mod clashes;
mod library;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;

use cargo_lock::Lockfile;

use self::library::Found;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("Cargo.lock"), PathBuf::from);
    let lock = Lockfile::load(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    print!("{}", report(&lock));
    Ok(())
}

fn report(lock: &Lockfile) -> String {
    let found: Vec<Found<'_>> = library::find(lock);
    let features: BTreeSet<&str> = found.iter().filter_map(Found::feature).collect();
    let features: Vec<String> = features.iter().map(|feature| format!("\"{feature}\"")).collect();
    let dependency = format!("otel-runtime = {{ version = \"{}\", features = [{}] }}", env!("CARGO_PKG_VERSION"), features.join(", "));
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
