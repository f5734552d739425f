//! What an annotation costs before the program runs: a crate of a thousand small functions is compiled without attributes, with ours, and
//! with that of `tracing`, which is what people would otherwise write; and with two keys of the semantic conventions each, checked and, in
//! quotes, unchecked.
//!
//! Only the crate itself is compiled while the clock runs; its dependencies are there. The variants take turns, so that what disturbs the
//! machine disturbs all of them. Where the system says so (Linux), the clock is that of the processor and not that on the wall.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use std::{env, fs, io};

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, SectionKind};

const FUNCTIONS: usize = 1000;
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

/// Plain values and `Result`s in turn, none of which the compiler can leave out.
fn source(attribute: &str) -> String {
    let mut source = String::from(
        "use std::fmt;\n\
         #[derive(Debug)] pub struct Odd(pub u64);\n\
         impl fmt::Display for Odd { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, \"{} is odd\", self.0) } }\n\
         impl std::error::Error for Odd {}\n",
    );
    let (mut plain, mut results) = (String::new(), String::new());
    for number in 0..FUNCTIONS / 2 {
        let _ = writeln!(source, "{attribute}\npub fn plain_{number}(value: u64) -> u64 {{ value.wrapping_mul({number}) ^ 7 }}");
        let _ = writeln!(
            source,
            "{attribute}\npub fn result_{number}(value: u64) -> Result<u64, Odd> {{\n    \
             if value % 2 == 0 {{ Ok(value.wrapping_add({number})) }} else {{ Err(Odd(value)) }}\n}}"
        );
        let _ = write!(plain, "plain_{number}, ");
        let _ = write!(results, "result_{number}, ");
    }
    let half = FUNCTIONS / 2;
    let _ = writeln!(source, "pub static PLAIN: [fn(u64) -> u64; {half}] = [{plain}];");
    let _ = writeln!(source, "pub static RESULTS: [fn(u64) -> Result<u64, Odd>; {half}] = [{results}];");
    source
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

/// The time that the processor spends on processes which this one waits for, or the time on the wall.
struct Clock(Instant, Option<f64>);

impl Clock {
    fn start() -> Self {
        Self(Instant::now(), Self::of_children())
    }

    fn seconds(&self) -> f64 {
        match (self.1, Self::of_children()) {
            (Some(start), Some(end)) => end - start,
            _ => self.0.elapsed().as_secs_f64(),
        }
    }

    /// `cutime` and `cstime` of Linux, in hundredths of a second.
    fn of_children() -> Option<f64> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let (_, after_name) = stat.rsplit_once(')')?;
        let ticks = after_name.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
        ticks.sum::<Result<f64, _>>().ok().map(|ticks| ticks / 100.0)
    }
}

fn library(workspace: &Path, way: &str, name: &str) -> PathBuf {
    workspace.join("target").join(way).join(format!("lib{}.rlib", name.replace('-', "_")))
}

/// The bytes of code in a library.
fn text_size(library: &Path) -> u64 {
    let bytes = fs::read(library).unwrap_or_else(|error| panic!("{}: {error}", library.display()));
    let archive = ArchiveFile::parse(&*bytes).expect("a library is an archive");
    let members = archive.members().map(|member| member.and_then(|member| member.data(&*bytes)).expect("the archive is whole"));
    // What is no object file is the compiler's own.
    let objects = members.filter_map(|data| object::File::parse(data).ok());
    let sections =
        |object: &object::File| object.sections().filter(|section| section.kind() == SectionKind::Text).map(|s| s.size()).sum::<u64>();
    objects.map(|object| sections(&object)).sum()
}
