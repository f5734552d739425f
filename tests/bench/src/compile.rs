//! What annotations cost before the program runs: a thousand functions in a crate, each with what a peer puts on it; and what a program builds that sets
//! a peer up. Both are processor time of Cargo and all that it starts, so that other work on the machine counts as little as can be.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::functions::{Clock, FUNCTIONS, source, text_size};
use crate::said;

const OURS: &str = concat!("otel-runtime = { path = \"", env!("CARGO_MANIFEST_DIR"), "/../../otel-runtime\" }");
const FASTRACE: &str = "fastrace = { version = \"0.7\", features = [\"enable\"] }";

/// How often each crate of functions is compiled; one that takes minutes, once.
const ROUNDS: usize = 3;

/// A peer's annotation: the name of the crate, the attribute, the dependency, how often it is measured.
const ANNOTATIONS: [(&str, &str, &str, usize); 7] = [
    ("plain", "", "", ROUNDS),
    ("ours", "#[otel_runtime::traced]", OURS, ROUNDS),
    ("tracing", "#[tracing::instrument(skip_all)]", "tracing = \"0.1\"", ROUNDS),
    ("fastrace", "#[fastrace::trace]", FASTRACE, ROUNDS),
    ("fastrace-with-a-property", "#[fastrace::trace(properties = { \"value\": \"{value}\" })]", FASTRACE, ROUNDS),
    ("autometrics", "#[autometrics::autometrics]", "autometrics = { version = \"3.0\", features = [\"prometheus\"] }", ROUNDS),
    ("emit", "#[emit::span(\"call\", value)]", "emit = \"2.23\"", 1),
];

/// What a program depends on to set a peer up, with OTLP over HTTP where it has that.
const STACKS: [(&str, &str); 7] = [
    ("ours", OURS),
    (
        "opentelemetry",
        "opentelemetry = \"0.33\"\nopentelemetry_sdk = \"0.33\"\nopentelemetry-otlp = { version = \"0.33\", default-features = false, \
         features = [\"http-proto\", \"metrics\", \"reqwest-blocking-client\", \"trace\"] }",
    ),
    (
        "opentelemetry-grpc",
        "opentelemetry = \"0.33\"\nopentelemetry_sdk = \"0.33\"\nopentelemetry-otlp = { version = \"0.33\", default-features = false, \
         features = [\"grpc-tonic\", \"metrics\", \"trace\"] }",
    ),
    (
        "tracing-stack",
        "tracing = \"0.1\"\ntracing-opentelemetry = \"0.34\"\ntracing-subscriber = \"0.3\"\nopentelemetry = \"0.33\"\nopentelemetry_sdk = \"0.33\"\n\
         opentelemetry-otlp = { version = \"0.33\", default-features = false, features = [\"http-proto\", \"reqwest-blocking-client\", \"trace\"] }",
    ),
    (
        "fastrace-stack",
        "fastrace = { version = \"0.7\", features = [\"enable\"] }\nfastrace-opentelemetry = \"0.19\"\nopentelemetry = \"0.33\"\n\
         opentelemetry_sdk = \"0.33\"\nopentelemetry-otlp = { version = \"0.33\", default-features = false, \
         features = [\"http-proto\", \"reqwest-blocking-client\", \"trace\"] }",
    ),
    ("emit-stack", "emit = \"2.23\"\nemit_otlp = \"2.23\""),
    ("prometheus-alone", "prometheus = { version = \"0.14\", default-features = false }"),
];

const WAYS: [(&str, &[&str]); 3] = [("check", &["check"]), ("debug", &["build"]), ("release", &["build", "--release"])];

/// The table of what a thousand annotations cost.
pub fn annotations() -> String {
    let workspace = folder("annotations");
    write_workspace(&workspace, ANNOTATIONS.map(|(name, attribute, dependency, _)| (name, dependency, source(attribute))));
    let mut table =
        format!("| {FUNCTIONS} functions | check, s | debug, s | release, s | KiB of .text, release |\n|---|--:|--:|--:|--:|\n");
    let mut seconds = ANNOTATIONS.map(|_| Vec::new());
    for (_, arguments) in WAYS {
        for ((name, ..), seconds) in ANNOTATIONS.iter().zip(&mut seconds) {
            compile(&workspace, name, arguments);
            seconds.push(Vec::new());
        }
        for round in 0..ROUNDS {
            for ((name, _, _, rounds), seconds) in ANNOTATIONS.iter().zip(&mut seconds) {
                if round < *rounds {
                    seconds.last_mut().expect("there is one for each way").push(compile(&workspace, name, arguments));
                }
            }
        }
    }
    let plain = text_size(&library(&workspace, "plain"));
    for ((name, ..), mut seconds) in ANNOTATIONS.into_iter().zip(seconds) {
        let added = (text_size(&library(&workspace, name)) - plain) / 1024;
        let seconds: Vec<_> = seconds.iter_mut().map(|seconds| format!("{:.2}", median(seconds))).collect();
        let _ = writeln!(table, "| {name} | {} | {added} |", seconds.join(" | "));
    }
    table
}

/// The table of what a program builds. Each is built once, from nothing.
pub fn builds() -> String {
    let workspace = folder("builds");
    write_workspace(&workspace, STACKS.map(|(name, dependencies)| (name, dependencies, String::new())));
    let mut table = String::from("| clean build | crates | debug, s | release, s |\n|---|--:|--:|--:|\n");
    for (name, _) in STACKS {
        let mut tree = cargo(&workspace, name, &["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
        let tree = said(&mut tree);
        let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).filter(|line| !line.is_empty()).collect();
        let seconds = [&["build"][..], &["build", "--release"]].map(|arguments| {
            let target = workspace.join("target");
            if target.exists() {
                fs::remove_dir_all(&target).expect("what was built can be removed");
            }
            timed(&mut cargo(&workspace, name, arguments))
        });
        // One of them is the program itself.
        let _ = writeln!(table, "| {name} | {} | {:.0} | {:.0} |", crates.len() - 1, seconds[0], seconds[1]);
    }
    table
}

/// One of the bench's own, beside its program.
fn folder(name: &str) -> PathBuf {
    let program = env::current_exe().expect("this program has a file");
    program.parent().expect("a file is in a folder").join(name)
}

fn write_workspace<const N: usize>(workspace: &Path, crates: [(&str, &str, String); N]) {
    let write = |path: &Path, text: &str| {
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("the target folder can be written to");
        fs::write(path, text).expect("the target folder can be written to");
    };
    let members = crates.each_ref().map(|(name, ..)| *name);
    write(&workspace.join("Cargo.toml"), &format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n"));
    for (name, dependencies, source) in crates {
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}\n");
        write(&workspace.join(name).join("Cargo.toml"), &manifest);
        // What some make of a function, the compiler has something to say about.
        write(&workspace.join(name).join("src/lib.rs"), &format!("#![allow(warnings)]\n{source}"));
    }
    // The versions that the bench has, as far as it has them.
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    fs::copy(lock, workspace.join("Cargo.lock")).expect("the target folder can be written to");
}

fn cargo(workspace: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    // By its folder: some have the name of what they depend on.
    cargo.args(arguments).arg("--quiet").current_dir(workspace.join(name));
    cargo.env("CARGO_TARGET_DIR", workspace.join("target")).env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS");
    cargo
}

fn timed(cargo: &mut Command) -> f64 {
    let clock = Clock::start();
    said(cargo);
    clock.seconds()
}

/// The crate alone; its dependencies are there.
fn compile(workspace: &Path, name: &str, arguments: &[&str]) -> f64 {
    // A new time of change.
    let source = workspace.join(name).join("src/lib.rs");
    fs::write(&source, fs::read(&source).expect("it was written")).expect("it was written before");
    timed(&mut cargo(workspace, name, arguments))
}

fn library(workspace: &Path, name: &str) -> PathBuf {
    workspace.join("target/release").join(format!("lib{}.rlib", name.replace('-', "_")))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
