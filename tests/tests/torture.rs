//! `#[traced]` on every function of a program that nobody wrote for it: the crate comes from crates.io, gets the attribute before each of its
//! functions, and must build and pass its own tests as it does without.
//!
//! Functions are found among the tokens of a file, because only they know what is a comment, a text or a lifetime; the attribute is then put
//! into the text, so that all else stays where it was.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use tests::process::Child;

const ATTRIBUTE: &str = "#[::otel_runtime::traced] ";

/// A net under a build that hangs.
const LONG: Duration = Duration::from_secs(900);

/// A server and its clients: async functions, streams, sockets. This is the one that `.ci/run` runs.
#[test]
#[ignore = "builds a crate from crates.io"]
fn mini_redis() {
    // The skipped one fails without the attribute too.
    torture("mini-redis", "0.4.1", 137, &["--", "--skip", "key_value_timeout"]);
}

/// Generics upon generics, and futures and services written by hand. The last version that was published with its tests.
#[test]
#[ignore = "builds a crate from crates.io"]
fn warp() {
    torture("warp", "0.3.7", 670, &["--lib", "--tests"]);
}

/// State machines; any warning in its tests is an error. The stories of its header tables were not published.
#[test]
#[ignore = "builds a crate from crates.io"]
fn h2() {
    torture("h2", "0.4.20", 1070, &["--", "--skip", "hpack::test::fixture"]);
}

/// Runs the tests of an annotated crate, which has so many functions at least.
fn torture(name: &str, version: &str, functions: usize, arguments: &[&str]) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("torture").join(name);
    let (published, copy) = (published(name, version, &folder.join("fetch")), folder.join("annotated"));
    if copy.exists() {
        fs::remove_dir_all(&copy).expect("the last run's copy can be removed");
    }
    let annotated = copy_annotated(&published, &copy);
    assert!(annotated >= functions, "{annotated} functions of {name} were annotated, and it has {functions}");

    let manifest = copy.join("Cargo.toml");
    let mut text = fs::read_to_string(&manifest).expect("a crate has a manifest");
    text.push_str("\n[workspace]\n\n[dependencies.otel-runtime]\n");
    text.push_str(concat!("path = \"", env!("CARGO_MANIFEST_DIR"), "/../otel-runtime\"\n"));
    fs::write(&manifest, text).expect("the copy can be written to");
    // The versions that this workspace has, as far as it has them.
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock"), copy.join("Cargo.lock")).expect("the copy can be written to");

    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("test").args(arguments).current_dir(&copy).env("RUST_BACKTRACE", "0");
    cargo.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("torture/target"));
    let output = Child::spawn(cargo).wait_with_timeout(LONG);
    assert!(output.status.success(), "{annotated} functions of {name} are annotated:\n{}\n{}", output.stdout, output.stderr);
}

/// The folder where Cargo unpacks what was published.
fn published(name: &str, version: &str, scratch: &Path) -> PathBuf {
    fs::create_dir_all(scratch.join("src")).expect("the target folder can be written to");
    let manifest = format!("[package]\nname = \"fetch\"\n\n[dependencies]\n{name} = \"={version}\"\n\n[workspace]\n");
    fs::write(scratch.join("Cargo.toml"), manifest).expect("the target folder can be written to");
    fs::write(scratch.join("src/lib.rs"), "").expect("the target folder can be written to");
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(scratch.join("Cargo.toml"));
    let output = Child::spawn(metadata).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}", output.stderr);
    // The only texts in it that end so are the paths of the crate's manifest.
    let end = Path::new(&format!("{name}-{version}")).join("Cargo.toml");
    let mut texts = output.stdout.split('"').map(|text| PathBuf::from(text.replace("\\\\", "\\")));
    let manifest = texts.find(|text| text.ends_with(&end)).expect("a dependency has a manifest");
    manifest.parent().expect("a file is in a folder").to_owned()
}

/// Copies a folder, and gives the number of functions that were annotated in its sources.
fn copy_annotated(from: &Path, to: &Path) -> usize {
    fs::create_dir_all(to).expect("the target folder can be written to");
    let mut annotated = 0;
    for entry in fs::read_dir(from).expect("Cargo's folder can be read") {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).expect("Cargo's folder can be read");
        if from.is_dir() {
            annotated += copy_annotated(&from, &to);
        } else if from.extension().is_some_and(|extension| extension == "rs") {
            let mut source = fs::read_to_string(&from).expect("sources are text");
            let tokens = source.parse().unwrap_or_else(|error| panic!("{}: {error}", from.display()));
            let mut places = Vec::new();
            functions(tokens, &mut places);
            places.sort_unstable();
            places.iter().rev().for_each(|place| source.insert_str(*place, ATTRIBUTE));
            annotated += places.len();
            fs::write(&to, source).expect("the target folder can be written to");
        } else {
            fs::copy(&from, &to).expect("the target folder can be written to");
        }
    }
    annotated
}

/// Where the functions with a body begin, before their qualifiers. Left out is what cannot be annotated: a `const fn`, and what a
/// `macro_rules!` is made of, which is no function yet.
fn functions(tokens: TokenStream, places: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    let is = |at: usize, delimiter: Delimiter| matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == delimiter);
    for at in 0..tokens.len() {
        if let TokenTree::Group(group) = &tokens[at]
            && !(at >= 3 && word(at - 3) == "macro_rules")
        {
            functions(group.stream(), places);
        }
        // Without a name it is the type of a function.
        if word(at) != "fn" || word(at + 1).is_empty() {
            continue;
        }
        let end = (at..tokens.len()).find(|end| is(*end, Delimiter::Brace) || tokens[*end].to_string() == ";");
        let mut start = at;
        while start > 0 {
            let before = start - 1;
            let is_qualifier = match word(before).as_str() {
                "async" | "const" | "default" | "extern" | "pub" | "unsafe" => true,
                // `pub(crate)`, `extern "C"`.
                _ => before > 0 && (is(before, Delimiter::Parenthesis) && word(before - 1) == "pub" || word(before - 1) == "extern"),
            };
            if !is_qualifier {
                break;
            }
            start = before;
        }
        let is_const = (start..at).any(|at| word(at) == "const");
        if !is_const && end.is_some_and(|end| is(end, Delimiter::Brace)) {
            places.push(tokens[start].span().byte_range().start);
        }
    }
}
