//! `sites()`: every annotated place of the program, of all its crates, whether or not it is called.

#![forbid(unsafe_code)]

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use otel_runtime::inventory::{self, Instrument, Kind, Site};
use otel_runtime::opentelemetry::trace::SpanKind;
use otel_runtime::testing::assert_unique_span_names;
use otel_runtime::{AttributeKey, Attributes, sites, timed, traced};
use saphyr::{LoadableYamlNode, Yaml};
use tests::process::Child;

const KEY: AttributeKey = AttributeKey::new("inventory.constant");

#[derive(Attributes)]
struct Order {
    id: u64,
}

#[traced("inventory.never_called", fields(
    http.request.header.accept = vec!["text/html"],
    http.response.status_code = status,
    self::KEY = ?order.id,
    inventory.text = "text",
    inventory.number = 7,
    inventory.ratio = 0.5,
    inventory.flag = true,
    inventory.whatever = status,
    "inventory.quoted" = %status,
    ..order,
), ok(inventory.length = |length| *length))]
#[timed("inventory.duration", fields(inventory.flag = order.id == 1, inventory.kind = unbounded(order.id)))]
fn never_called(order: &Order, status: u16) -> usize {
    usize::from(status)
}

mod generic {
    use otel_runtime::traced;

    #[traced("inventory.generic")]
    pub(crate) fn never_called<T: ToString>(value: &T) -> String {
        value.to_string()
    }
}

fn site(function: &str) -> Site {
    let all = sites();
    let mut found = all.iter().filter(|site| site.function().ends_with(function));
    let site = *found.next().unwrap_or_else(|| panic!("{function} is not among {:?}", all.iter().map(Site::function).collect::<Vec<_>>()));
    assert!(found.next().is_none(), "{function} is there once");
    site
}

#[test]
fn a_place_is_listed_that_is_never_called() {
    // Named, so that the compiler keeps it; not called.
    let _ = never_called as fn(&Order, u16) -> usize;
    let site = site("inventory::never_called");
    assert!(site.file().ends_with("inventory.rs") && site.line() > 1);
    assert_eq!(site.scope(), "tests");
    let span = site.span().expect("it is traced");
    assert_eq!((span.name, span.kind), ("inventory.never_called", SpanKind::Internal));
    let attributes: Vec<_> = span.attributes.iter().map(|attribute| (attribute.key, attribute.kind, attribute.convention)).collect();
    let expected = [
        ("http.request.header.accept", Some(Kind::StringArray), Some("http.request.header")),
        ("http.response.status_code", Some(Kind::Int), Some("http.response.status_code")),
        ("inventory.constant", Some(Kind::String), None),
        ("inventory.text", Some(Kind::String), None),
        ("inventory.number", Some(Kind::Int), None),
        ("inventory.ratio", Some(Kind::Double), None),
        ("inventory.flag", Some(Kind::Bool), None),
        ("inventory.whatever", None, None),
        ("inventory.quoted", Some(Kind::String), None),
        ("inventory.length", None, None),
    ];
    assert_eq!(attributes, expected);
    let metrics = site.metrics();
    assert_eq!(metrics.len(), 1);
    assert_eq!((metrics[0].name, metrics[0].instrument, metrics[0].unit), ("inventory.duration", Instrument::Histogram, "s"));
    assert_eq!(metrics[0].attributes.iter().map(|attribute| attribute.key).collect::<Vec<_>>(), ["inventory.flag", "inventory.kind"]);
}

#[test]
fn places_of_generic_functions_and_of_other_crates_are_listed() {
    assert_eq!(generic::never_called(&1), "1");
    assert_eq!(site("generic::never_called").span().expect("it is traced").name, "inventory.generic");
    tests::annotated::library();
    let library = site("annotated::library");
    assert_eq!(library.span().expect("it is traced").kind, SpanKind::Consumer);
    let metrics: Vec<_> = library.metrics().iter().map(|metric| (metric.name, metric.instrument, metric.unit)).collect();
    assert_eq!(
        metrics,
        [("tests.library.calls", Instrument::Counter, "{call}"), ("function.active_calls", Instrument::UpDownCounter, "{call}")]
    );
}

#[test]
fn names_are_unique() {
    assert_unique_span_names();
}

#[test]
fn places_are_written_as_a_table() {
    let table = inventory::markdown(&[site("inventory::never_called")]);
    let row = table.lines().nth(2).expect("a row follows the heading");
    assert!(
        row.starts_with(
            "| `inventory.never_called` | internal | `http.request.header.accept` (string[]), `http.response.status_code` (int), "
        ),
        "{row}"
    );
    assert!(
        table.contains("| `inventory.duration` | histogram | `s` | `inventory.flag`, `inventory.kind` | `inventory::never_called`, `"),
        "{table}"
    );
}

/// The value of a key, if the node is a mapping with that key.
fn get<'a>(node: &'a Yaml<'a>, key: &str) -> Option<&'a Yaml<'a>> {
    node.as_mapping_get(key)
}

fn text<'a>(node: &'a Yaml<'a>, key: &str) -> &'a str {
    get(node, key).and_then(Yaml::as_str).unwrap_or_else(|| panic!("{key} is a text in {node:?}"))
}

fn list<'a>(node: &'a Yaml<'a>, key: &str) -> &'a [Yaml<'a>] {
    get(node, key).and_then(Yaml::as_vec).unwrap_or_else(|| panic!("{key} is a list in {node:?}"))
}

/// What the schema of a definition registry asks for; Weaver itself is not among what a test can install.
#[test]
fn places_are_written_as_a_registry() {
    let registry = inventory::weaver(&sites(), "tests", "https://tests.example/schemas/0.1.0");
    let manifest = Yaml::load_from_str(&registry.manifest).expect("the manifest is YAML").remove(0);
    assert_eq!(text(&manifest, "schema_url"), "https://tests.example/schemas/0.1.0");
    assert!(text(&list(&manifest, "dependencies")[0], "schema_url").starts_with("https://opentelemetry.io/schemas/1."));
    let definitions = Yaml::load_from_str(&registry.definitions).expect("the definitions are YAML").remove(0);
    let groups = list(&definitions, "groups");
    let ids: HashSet<_> = groups.iter().map(|group| text(group, "id")).collect();
    assert_eq!(ids.len(), groups.len(), "every group has an id of its own");
    let own = groups.iter().find(|group| text(group, "type") == "attribute_group").expect("there are attributes of our own");
    let types = ["string", "int", "double", "boolean", "string[]", "int[]", "any"];
    let defined: HashSet<_> = list(own, "attributes").iter().map(|attribute| text(attribute, "id")).collect();
    for attribute in list(own, "attributes") {
        assert!(types.contains(&text(attribute, "type")), "{attribute:?}");
        assert_eq!(text(attribute, "stability"), "development");
        assert!(!text(attribute, "type").starts_with("string") || get(attribute, "examples").is_some(), "{attribute:?}");
    }
    assert!(defined.contains("inventory.constant") && !defined.contains("http.response.status_code"));
    for group in groups.iter().filter(|group| text(group, "type") != "attribute_group") {
        assert!(!text(group, "brief").is_empty() && text(group, "stability") == "development");
        match text(group, "type") {
            "span" => assert!(["internal", "server", "client", "producer", "consumer"].contains(&text(group, "span_kind"))),
            "metric" => {
                assert!(["counter", "histogram", "updowncounter"].contains(&text(group, "instrument")));
                assert!(!text(group, "unit").is_empty() && !text(group, "metric_name").is_empty());
            }
            other => panic!("there are no groups of the type {other}"),
        }
        for attribute in list(group, "attributes") {
            let key = text(attribute, "ref");
            assert!(
                defined.contains(key) || ["http.", "messaging."].iter().any(|namespace| key.starts_with(namespace)),
                "{key} is defined"
            );
        }
    }
    let span = groups.iter().find(|group| text(group, "id") == "span.tests.inventory.never_called.internal").expect("the span is there");
    assert!(list(span, "attributes").iter().any(|attribute| text(attribute, "ref") == "http.request.header"), "a member is its template");
}

#[test]
fn the_example_writes_both() {
    let cargo = || {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["run", "--quiet", "--package", "basics", "--example", "inventory"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo
    };
    let printed = Child::spawn(cargo()).wait_with_timeout(Duration::from_secs(300));
    assert!(printed.status.success(), "{}", printed.stderr);
    assert!(
        printed
            .stdout
            .contains("| `shop.place_order` | internal | `shop.order.id` (string), `user.id` (string) | `inventory::place_order`, `")
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("registry");
    let mut command = cargo();
    command.arg("--").arg(&folder);
    let written = Child::spawn(command).wait_with_timeout(Duration::from_secs(300));
    assert!(written.status.success(), "{}", written.stderr);
    let definitions = fs::read_to_string(folder.join("telemetry.yaml")).expect("it was written");
    assert!(definitions.contains("metric_name: \"shop.charge.duration\"") && folder.join("manifest.yaml").is_file());
}
