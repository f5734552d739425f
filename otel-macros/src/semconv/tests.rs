//! The tables against the crate that has the constants.
//!
//! `GOLDEN=overwrite cargo test -p otel-macros` writes `attributes.rs`, `metrics.rs` and `tests/tests/every_key.rs` of the workspace anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use syn::{Expr, ExprLit, Item, ItemConst, Lit, Meta};

use super::*;

const CRATE: &str = "opentelemetry-semantic-conventions";

/// One constant of the crate.
struct Constant {
    ident: String,
    name: String,
    is_deprecated: bool,
    documentation: String,
}

/// The sources of the crate, wherever Cargo keeps them.
fn sources() -> &'static Path {
    static SOURCES: OnceLock<PathBuf> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let versions = printed(Command::new("rustc").arg("-vV"));
        let host = versions.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc says its host");
        // Of one platform, because the crates for others need not be there.
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["metadata", "--format-version", "1", "--filter-platform", host]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let metadata = printed(&mut cargo);
        let manifests = metadata.split("\"manifest_path\":\"").skip(1).filter_map(|rest| rest.split('"').next());
        let manifest = manifests.map(|path| path.replace("\\\\", "\\")).find(|path| path.contains(CRATE));
        Path::new(&manifest.expect("the crate is a dependency")).with_file_name("src")
    })
}

fn printed(command: &mut Command) -> String {
    let output = command.output().expect("the command runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("its output is UTF-8")
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn constants(file: &str) -> Vec<Constant> {
    let source = fs::read_to_string(sources().join(file)).expect("the crate's source can be read");
    let items = syn::parse_file(&source).expect("the crate is valid Rust").items;
    let mut constants: Vec<_> =
        items.iter().filter_map(|item| if let Item::Const(item) = item { constant_of(item) } else { None }).collect();
    constants.sort_by(|one, other| one.name.cmp(&other.name));
    constants
}

fn constant_of(item: &ItemConst) -> Option<Constant> {
    let lines = item.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) => text(&doc.value),
        _ => None,
    });
    Some(Constant {
        ident: item.ident.to_string(),
        name: text(&item.expr)?,
        is_deprecated: item.attrs.iter().any(|attribute| attribute.path().is_ident("deprecated")),
        documentation: lines.collect::<Vec<_>>().join("\n"),
    })
}

impl Constant {
    fn status(&self) -> &'static str {
        if self.is_deprecated { "Deprecated" } else { "Current" }
    }

    /// What the table in a metric's documentation says of `what`.
    fn said(&self, what: &str) -> &str {
        let row = self.documentation.lines().find(|line| line.contains(&format!("| {what}: |"))).expect("a metric has this row");
        row.split('`').nth(1).expect("a row has a value")
    }
}

fn assert_recorded(path: &Path, contents: &str) {
    if env::var_os("GOLDEN").is_some_and(|value| value == "overwrite") {
        fs::write(path, contents).expect("the file can be written");
    }
    let recorded = fs::read_to_string(path).unwrap_or_default();
    assert!(recorded == contents, "{} is not what the crate has; GOLDEN=overwrite records it anew", path.display());
}

fn in_this_folder(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/semconv").join(file)
}

#[test]
fn the_attributes_are_those_of_the_crate() {
    let library = fs::read_to_string(sources().join("lib.rs")).expect("the crate's source can be read");
    let version = library.split("schemas/").nth(1).and_then(|rest| rest.split('"').next()).expect("the crate has a schema URL");
    let mut table = String::from("//! The attributes of the semantic conventions. Made by the tests beside this file.\n\n");
    let _ = writeln!(table, "use super::Status::{{self, Current, Deprecated}};\n");
    let _ = writeln!(table, "pub(super) const VERSION: &str = \"{version}\";\n");
    let _ = writeln!(table, "/// Sorted by key.\npub(super) static ATTRIBUTES: &[(&str, Status)] = &[");
    for constant in constants("attribute.rs") {
        let _ = writeln!(table, "    (\"{}\", {}),", constant.name, constant.status());
    }
    table.push_str("];\n");
    assert_recorded(&in_this_folder("attributes.rs"), &table);
}

#[test]
fn the_metrics_are_those_of_the_crate() {
    let mut table = String::from("//! The metrics of the semantic conventions. Made by the tests beside this file.\n\n");
    let _ = writeln!(table, "use super::Instrument::{{self, Counter, Gauge, Histogram, UpDownCounter}};");
    let _ = writeln!(table, "use super::Status::{{self, Current, Deprecated}};\n");
    let _ = writeln!(table, "/// Sorted by name: what each is recorded with, and in which unit.");
    let _ = writeln!(table, "#[rustfmt::skip]\npub(super) static METRICS: &[(&str, Instrument, &str, Status)] = &[");
    for constant in constants("metric.rs") {
        let instrument = match constant.said("Instrument") {
            "counter" => "Counter",
            "updowncounter" => "UpDownCounter",
            "gauge" => "Gauge",
            "histogram" => "Histogram",
            other => panic!("there is no instrument {other}"),
        };
        let _ = writeln!(table, "    (\"{}\", {instrument}, \"{}\", {}),", constant.name, constant.said("Unit"), constant.status());
    }
    table.push_str("];\n");
    assert_recorded(&in_this_folder("metrics.rs"), &table);
}

#[test]
fn a_constant_is_named_after_its_key() {
    for file in ["attribute.rs", "metric.rs"] {
        for Constant { ident, name, .. } in constants(file) {
            assert_eq!(constant(&name), ident, "{name}");
        }
    }
}

/// A literal among the examples of a key shows its type.
#[test]
fn the_kinds_are_those_of_the_examples() {
    let mut compared = 0;
    for Constant { name, documentation, .. } in constants("attribute.rs") {
        let examples = documentation.split("# Examples").nth(1).unwrap_or_default();
        let Some(example) = examples.lines().find_map(|line| line.trim().strip_prefix("- `")?.strip_suffix('`')) else { continue };
        let kind = kind(&name);
        let shown = match example.as_bytes() {
            [b'"', ..] => Kind::String,
            [b'[', b'"', ..] => Kind::StringArray,
            [b'[', ..] => Kind::IntArray,
            b"true" | b"false" => Kind::Bool,
            text if text.contains(&b'.') => Kind::Double,
            _ => Kind::Int,
        };
        // Doubles that are whole; what may be anything; lists of examples, each a value; and documentation that shows one member of an array.
        let may_differ = kind == Kind::Any || (kind == Kind::Double && shown == Kind::Int);
        let is_shown_by_members = matches!((kind, shown), (Kind::StringArray, Kind::String) | (Kind::IntArray, Kind::Int));
        assert!(kind == shown || may_differ || is_shown_by_members, "{name} is {kind:?} and its example {example}");
        compared += 1;
    }
    assert!(compared > 500, "{compared}");
    // Enumerations whose members are numbers have no examples.
    assert_eq!((kind("cpython.gc.generation"), kind("rpc.grpc.status_code")), (Kind::Int, Kind::Int));
}

#[test]
fn the_tables_are_sorted_and_agree() {
    let keys: BTreeSet<_> = ATTRIBUTES.iter().map(|(name, _)| *name).collect();
    let kinds: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
    assert!(ATTRIBUTES.is_sorted() && kinds.is_sorted() && TEMPLATES.is_sorted() && METRICS.is_sorted_by_key(|(name, ..)| *name));
    assert!(kinds.iter().chain(TEMPLATES).all(|name| keys.contains(name)));
    let roots: BTreeSet<_> = keys.iter().filter_map(|name| name.split_once('.')).map(|(namespace, _)| namespace).collect();
    let guarded: Vec<_> = namespaces::NAMESPACES.iter().map(|(name, ..)| *name).collect();
    assert!(guarded.is_sorted());
    assert_eq!(guarded, roots.into_iter().collect::<Vec<_>>(), "every namespace has a guard");
}

/// `otel_runtime::checks`.
#[test]
fn the_page_of_checks_has_the_guards() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../otel-runtime/docs/checks.md");
    let page = fs::read_to_string(page).expect("the page can be read");
    for guard in [Guard::Strict, Guard::Everyday] {
        let names = namespaces::NAMESPACES.iter().filter(|(_, other, _)| *other == guard);
        let names: Vec<_> = names.map(|(name, ..)| format!("`{name}`")).collect();
        assert!(page.contains(&format!("> {}\n", names.join(", "))), "{guard:?}: {}", names.join(", "));
    }
    assert!(page.contains(&format!("semantic conventions ({VERSION})")));
}

#[test]
fn every_key_is_known_and_every_slip_is_not() {
    let mut slips = 0;
    for (key, _) in ATTRIBUTES {
        let written = if is_template(key) { format!("{key}.member") } else { (*key).to_owned() };
        assert_eq!(misspelt_attribute(&written), None);
        assert_eq!(attribute(&written).map(|attribute| attribute.name), Some(*key));
        // Two letters exchanged in the middle of the longest word.
        let Some(word) = key.split('.').skip(1).max_by_key(|word| word.len()) else { continue };
        let middle = word.len() / 2;
        if word.len() < 5 || word.as_bytes()[middle] == word.as_bytes()[middle - 1] {
            continue;
        }
        let mut exchanged = word.to_owned().into_bytes();
        exchanged.swap(middle - 1, middle);
        let wrong = written.replacen(word, &String::from_utf8_lossy(&exchanged), 1);
        if attribute(&wrong).is_some() || key.starts_with(&exchanged[..].escape_ascii().to_string()) {
            continue;
        }
        let message = misspelt_attribute(&wrong).unwrap_or_else(|| panic!("{wrong} is refused"));
        assert!(message.contains("did you mean `"), "{message}");
        slips += 1;
    }
    assert!(slips > 700, "{slips}");
}

#[test]
fn the_nearest_key_is_proposed() {
    let cases = [
        ("http.request.methd", "http.request.method"),
        ("db.system_name", "db.system.name"),
        ("rpc.sytem.name", "rpc.system.name"),
        ("messaging.client_id", "messaging.client.id"),
        ("user.emial", "user.email"),
        ("http.requst.header.accept", "http.request.header.accept"),
        ("container.lable.team", "container.label.team"),
        ("http.request.heder", "http.request.header.<name>"),
        ("user.nmae", "user.name"),
    ];
    for (written, meant) in cases {
        let message = misspelt_attribute(written).unwrap_or_default();
        assert!(message.ends_with(&format!("did you mean `{meant}`?")), "{written}: {message}");
    }
    let free = [
        "user.tier user.ip user.role shop.order.id order.id session.cart key.fingerprint message.author http",
        "geo.location.alt container.image.os host.image.os app.screen.x process.user.gid process.group_leader.uid service.instance.ip",
        "app.widget.ip test.case.time test.suite.time test.case.date file.code client.sort event.game",
    ];
    for free in free.iter().flat_map(|keys| keys.split(' ')) {
        assert_eq!(misspelt_attribute(free), None);
    }
}

#[test]
fn what_is_like_nothing_is_not_compared() {
    let said = |key: &str| misspelt_attribute(key).unwrap_or_default();
    assert!(
        said("db.query").contains("there is `db.query.parameter`, `db.query.summary` and `db.query.text` below it"),
        "{}",
        said("db.query")
    );
    assert!(said("code.line").ends_with("there is `code.line.number` below it."), "{}", said("code.line"));
    for far in ["aws.name", "messaging.queue", "network.bytes"] {
        assert!(said(far).contains("is like it"), "{}", said(far));
    }
}

#[test]
fn a_slip_in_the_name_of_a_metric_is_seen() {
    let message = misspelt_metric("http.server.request.duraton").unwrap_or_default();
    assert!(message.ends_with("did you mean `http.server.request.duration`?"), "{message}");
    assert_eq!(misspelt_metric("shop.orders"), None);
    for free in ["process.orders", "system.disk.ip", "process.network.in", "jvm.memory.user", "faas.timeout"] {
        assert_eq!(misspelt_metric(free), None);
    }
    assert!(METRICS.iter().all(|(name, ..)| misspelt_metric(name).is_none() && metric(name).is_some()));
}

/// The compiler's half: each key in a macro's own grammar, with a value of its type, beside the constant of the crate.
#[test]
fn the_test_of_every_key_is_recorded() {
    let mut source =
        String::from("//! Every key of the semantic conventions, written in `fields(…)`. Made by the tests of `otel-macros`.\n\n");
    source.push_str("#![allow(deprecated, reason = \"deprecated keys are keys as well\")]\n\n");
    source.push_str("use otel_runtime::testing::capture;\nuse otel_runtime::traced;\n\n");
    source.push_str("const STRINGS: [&str; 1] = [\"a\"];\nconst INTEGERS: [i64; 1] = [1];\n");
    let refused = |key: &str| key.starts_with("otel.") || crate::plan::SPAN_KEYS.contains(&key);
    let keys: Vec<_> = ATTRIBUTES.iter().map(|(key, _)| *key).filter(|key| !refused(key)).collect();
    let written = |key: &str| if is_template(key) { format!("{key}.member") } else { key.to_owned() };
    for (index, chunk) in keys.chunks(100).enumerate() {
        source.push_str("\n#[traced(fields(\n");
        for key in chunk {
            let value = match kind(key) {
                Kind::String | Kind::Any => "\"a\"",
                Kind::Int => "1",
                Kind::Double => "0.5",
                Kind::Bool => "true",
                Kind::StringArray => "STRINGS",
                Kind::IntArray => "INTEGERS",
            };
            let _ = writeln!(source, "    {} = {value},", written(key));
        }
        let _ = writeln!(source, "))]\nfn part_{index}() {{}}");
    }
    source.push_str("\nconst KEYS: &[&str] = &[\n");
    source.extend(keys.iter().map(|key| format!("    \"{}\",\n", written(key))));
    source.push_str("];\n\n#[test]\nfn every_key_is_recorded() {\n    let ((), captured) = capture(|| {\n");
    source.extend((0..keys.len().div_ceil(100)).map(|index| format!("        part_{index}();\n")));
    source.push_str("    });\n    let spans = captured.all();\n    let recorded = spans.iter().flat_map(|span| &span.attributes).map(|attribute| attribute.key.as_str());\n");
    source
        .push_str("    let recorded: Vec<_> = recorded.filter(|key| KEYS.contains(key)).collect();\n    assert_eq!(recorded, KEYS);\n}\n");
    assert_recorded(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tests/every_key.rs"), &source);
}
