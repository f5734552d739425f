//! What an annotation costs before the program runs: a crate of a thousand small functions is compiled without attributes, with ours, and
//! with that of `tracing`, which is what people would otherwise write; and with two keys of the semantic conventions each, checked and, in
//! quotes, unchecked.
//!
//! Only the crate itself is compiled while the clock runs; its dependencies are there. The variants take turns, so that what disturbs the
//! machine disturbs all of them. Where the system says so (Linux), the clock is that of the processor and not that on the wall.

mod functions;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use functions::{Clock, FUNCTIONS, source, text_size};

const ROUNDS: usize = 3;

/// How much more than the other a time may be: the same build twice differs by this much on a busy machine. Sizes do not vary.
const NOISE: f64 = 1.10;

const OURS: &str = concat!("otel-runtime = { path = \"", env!("CARGO_MANIFEST_DIR"), "/../otel-runtime\" }");

/// The variants: the name of the crate, its attribute, its dependency.
const VARIANTS: [(&str, &str, &str); 5] = [
    ("plain", "", ""),
    ("ours", "#[otel_runtime::traced]", OURS),
    ("tracing-instrument", "#[tracing::instrument(skip_all)]", "tracing = \"0.1\""),
    ("checked", "#[otel_runtime::traced(fields(http.response.status_code = value, http.route = \"/orders\"))]", OURS),
    ("unchecked", "#[otel_runtime::traced(fields(\"http.response.status_code\" = value, \"http.route\" = \"/orders\"))]", OURS),
];

/// The ways to compile: the name, and Cargo's arguments.
const WAYS: [(&str, &[&str]); 3] = [("check", &["check"]), ("debug", &["build"]), ("release", &["build", "--release"])];

#[test]
#[ignore = "compiles a crate many times, and `tracing` from crates.io"]
fn it_costs_no_more_than_that_of_tracing_and_checks_cost_little() {
    let workspace = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-cost");
    generate(&workspace);
    let mut wrong = Vec::new();
    let mut table = String::new();
    let mut columns = |first: &str, cells: [String; VARIANTS.len()]| {
        let cells = cells.map(|cell| format!("{cell:>18}"));
        let _ = writeln!(table, "{first:<8} {}", cells.join(" "));
    };
    columns("", VARIANTS.map(|(name, ..)| name.to_owned()));
    for (way, arguments) in WAYS {
        let seconds = times(&workspace, arguments);
        columns(way, seconds.map(|seconds| format!("{seconds:.2}s")));
        let [_, ours, tracing, checked, unchecked] = seconds;
        if ours > tracing * NOISE {
            wrong.push(format!("{way}: {ours:.2} s, with tracing {tracing:.2} s"));
        }
        if checked > unchecked * NOISE {
            wrong.push(format!("{way}: {checked:.2} s, without the check {unchecked:.2} s"));
        }
        if way == "check" {
            continue;
        }
        let sizes = VARIANTS.map(|(name, ..)| text_size(&library(&workspace, way, name)));
        columns("  .text", sizes.map(|size| size.to_string()));
        let [plain, ours, tracing, checked, unchecked] = sizes;
        if ours > tracing {
            wrong.push(format!("{way}: {} bytes of code added, with tracing {}", ours - plain, tracing - plain));
        }
        if way == "release" && checked > unchecked {
            wrong.push(format!("{way}: {checked} bytes of code, without the check {unchecked}"));
        }
    }
    // Past the test harness, which shows nothing of a test that passes.
    let _ = write!(io::stderr(), "\n{FUNCTIONS} functions, median of {ROUNDS}, seconds and bytes\n{table}");
    assert!(wrong.is_empty(), "{}\n{table}", wrong.join("\n"));
}

/// A workspace of one crate for each variant.
fn generate(workspace: &Path) {
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the target folder can be written to");
        fs::write(path, text).expect("the target folder can be written to");
    };
    let members = VARIANTS.map(|(name, ..)| name);
    write(&workspace.join("Cargo.toml"), &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"));
    for (name, attribute, dependency) in VARIANTS {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependency}\n");
        write(&workspace.join(name).join("Cargo.toml"), &manifest);
        write(&workspace.join(name).join("src/lib.rs"), &source(attribute));
    }
}

/// The median time of every variant.
fn times(workspace: &Path, arguments: &[&str]) -> [f64; VARIANTS.len()] {
    let compile = |name: &str| {
        // A new time of change: the crate is compiled again, and its dependencies are not.
        let source = workspace.join(name).join("src/lib.rs");
        fs::write(&source, fs::read(&source).expect("it was written")).expect("it was written before");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(arguments).args(["--quiet", "--package", name]).current_dir(workspace);
        cargo.env("CARGO_TARGET_DIR", workspace.join("target")).env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS");
        let clock = Clock::start();
        let status = cargo.status().expect("cargo can be run");
        assert!(status.success(), "cargo {arguments:?} of {name}: {status}");
        clock.seconds()
    };
    let mut times = VARIANTS.map(|(name, ..)| {
        compile(name);
        Vec::new()
    });
    for _ in 0..ROUNDS {
        for ((name, ..), times) in VARIANTS.iter().zip(&mut times) {
            times.push(compile(name));
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    })
}

fn library(workspace: &Path, way: &str, name: &str) -> PathBuf {
    workspace.join("target").join(way).join(format!("lib{}.rlib", name.replace('-', "_")))
}
