//! `#[traced]` hides no line from source-based coverage: the crate in `tests/coverage` is built with `-C instrument-coverage` and run, and
//! what was counted is held against what the comments in its source say.
//!
//! Counts, and the map from counters to lines, are read in Rust: `llvm-cov` is not part of every toolchain.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use llvm_profparser::{CoverageMapping, CoverageResult};

/// The newest LLVM whose formats `llvm_profparser` knows; it would take a later format for the last that it knows.
const NEWEST_LLVM: u32 = 23;

/// How many lines of the fixture end in either comment, at least: where none was found, none would be checked.
const MARKED: usize = 12;

#[test]
fn lines_of_traced_functions_are_counted() {
    if let Some(reason) = unreadable() {
        tests::skipped(reason);
        return;
    }
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("coverage");
    let source = fs::read_to_string(fixture.join("src/main.rs")).expect("the fixture has a source");
    let counted = counted(&fixture);
    let (mut covered, mut not_covered, mut wrong) = (0, 0, Vec::new());
    for (number, text) in (1..).zip(source.lines()) {
        let count = count(&counted, number);
        let right = if text.ends_with("// covered") {
            covered += 1;
            count.is_some_and(|count| count > 0)
        } else if text.ends_with("// not covered") {
            not_covered += 1;
            count == Some(0)
        } else {
            continue;
        };
        if !right {
            wrong.push(format!("{number:>4} {count:?} {text}"));
        }
    }
    assert!(wrong.is_empty(), "lines whose count is not what they say:\n{}", wrong.join("\n"));
    assert!(
        covered >= MARKED && not_covered >= MARKED,
        "only {covered} lines say that they are covered, and {not_covered} that they are not"
    );
}

/// Why coverage cannot be read here, if so.
fn unreadable() -> Option<String> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg("-vV");
    let version = run(rustc);
    let llvm = version.lines().find_map(|line| line.strip_prefix("LLVM version: ")?.split('.').next()?.parse::<u32>().ok());
    match llvm {
        None => Some("the compiler does not say which LLVM it has".to_owned()),
        Some(llvm) => (llvm > NEWEST_LLVM).then(|| format!("the compiler has LLVM {llvm}, coverage is readable up to LLVM {NEWEST_LLVM}")),
    }
}

/// Builds the fixture, runs it, and gives the regions of its source with their counts.
fn counted(fixture: &Path) -> CoverageResult {
    // The versions that are already there for the workspace: none has to be found, or downloaded.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    fs::copy(lock, fixture.join("Cargo.lock")).expect("the fixture's folder can be written to");

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("coverage");
    let mut build = Command::new(env!("CARGO"));
    // Not through `RUSTFLAGS`, which would instrument the dependencies as well.
    build.arg("rustc").arg("--manifest-path").arg(fixture.join("Cargo.toml")).args(["--", "-C", "instrument-coverage"]);
    build.env("CARGO_TARGET_DIR", &target);
    run(build);

    let program = target.join("debug").join("coverage-fixture").with_extension(env::consts::EXE_EXTENSION);
    let counts = target.join("counts.profraw");
    // Not those of an earlier run, should this one leave none.
    let _ = fs::remove_file(&counts);
    let mut fixture = Command::new(&program);
    fixture.env("LLVM_PROFILE_FILE", &counts);
    run(fixture);

    let counts = llvm_profparser::parse(&counts).expect("the counts can be read");
    let programs = [program];
    let mapping = CoverageMapping::new(&programs, &counts, false).expect("the counts say which version they are");
    let report = mapping.generate_report().expect("the map from counters to lines can be read");
    let files: Vec<_> = report.files.keys().collect();
    assert!(files.iter().all(|file| file.ends_with("src/main.rs")), "a file of another crate is in the user's coverage: {files:?}");
    report.files.into_values().next().expect("the fixture's source is in the map")
}

/// How often the line ran, by the busiest region on it, as `llvm-cov` has it; nothing where the compiler counts nothing.
fn count(counted: &CoverageResult, line: usize) -> Option<usize> {
    let here = counted.hits.iter().filter(|(region, _)| (region.line_start..=region.line_end).contains(&line));
    here.map(|(_, count)| *count).max()
}

/// Runs the command to its end, and gives what it printed.
fn run(mut command: Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}"));
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
