//! `cargo run -p basics --example quickstart`, as a user runs it.

use std::process::Command;
use std::time::Duration;

use tests::example::example;
use tests::process::{Child, Output};
use tests::receiver::{Receiver, captured};
use tests::rotel::Rotel;

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(300);

fn quickstart(environment: &[(&str, &str)]) -> Output {
    let mut command = example("quickstart");
    command.envs(environment.iter().copied());
    let output = Child::spawn(command).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);
    output
}

/// The lines of a program's stderr but the panic that it means to have.
fn telemetry_lines(output: &Output) -> Vec<&str> {
    output.stderr.lines().filter(|line| !line.contains("panicked at") && *line != "the printer is on fire").collect()
}

/// The depth and the name of each span in a printed tree, sorted: what starts at the same moment on two threads may stand in either order.
fn spans<'a>(lines: &'a [&str]) -> Vec<(usize, &'a str)> {
    let rows = lines.iter().skip(1).filter(|line| line.contains(" ms") && !line.contains('·'));
    let mut spans: Vec<_> = rows
        .map(|row| {
            let name = row.trim_start_matches([' ', '│', '├', '└', '─']);
            let depth = row.chars().count() - name.chars().count();
            (depth, name.split_once("  ").map_or(name, |(name, _)| name))
        })
        .collect();
    spans.sort_unstable();
    spans
}

#[test]
fn it_prints_its_tree() {
    let output = quickstart(&[]);
    let lines = telemetry_lines(&output);
    assert!(lines[0].starts_with("shop · trace ") && lines[0].ends_with("12 spans, 3 errors"), "{}", output.stderr);
    let orders = [(5, "shop.place_order"), (5, "shop.place_order")];
    let steps = ["charge (client)", "charge (client)", "price", "price", "reserve", "reserve", "ship (producer)"].map(|step| (8, step));
    let expected = [&[(2, "morning"), (5, "newsletter"), (5, "report")], &orders[..], &steps[..]].concat();
    assert_eq!(spans(&lines), expected, "{}", output.stderr);
    let has = |name: &str, text: &str| lines.iter().any(|line| line.contains(name) && line.contains(text));
    assert!(has("shop.place_order", "order.id=2 order.items=[\"samovar\"]  ✗ card_declined: the bank declined the card"));
    assert!(has("newsletter", "⊘ cancelled"));
    assert!(has("report", "✗ panic: the printer is on fire"));
    assert!(has("parcel packed", "shop.parcel.number=1"));
    assert!(!output.stderr.contains('\x1b'), "no colour where stderr is no terminal");
}

#[test]
fn disabled_it_prints_nothing_of_its_telemetry() {
    let output = quickstart(&[("OTEL_SDK_DISABLED", "true")]);
    assert_eq!(telemetry_lines(&output), Vec::<&str>::new());
    assert_eq!(output.stdout, "");
}

#[test]
fn a_backend_that_is_not_there_gives_one_line() {
    // A port that was free a moment ago.
    let port = Receiver::start().http_port();
    for protocol in ["http/protobuf", "grpc"] {
        let endpoint = format!("http://127.0.0.1:{port}");
        let output = quickstart(&[
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ]);
        let lines = telemetry_lines(&output);
        let [line] = lines.as_slice() else { panic!("one line, not\n{}", output.stderr) };
        assert!(line.starts_with(&format!("otel: 12 spans not delivered to {endpoint}")), "{line}");
        assert!(line.ends_with("Connection refused (os error 111)"), "{line}");
    }
}

#[test]
fn it_sends_its_tree_to_a_backend() {
    let receiver = Receiver::start();
    for (protocol, endpoint) in [("http/protobuf", receiver.http_endpoint()), ("grpc", receiver.grpc_endpoint())] {
        let output = quickstart(&[
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ]);
        assert_eq!(telemetry_lines(&output), Vec::<&str>::new());
    }
    let spans = receiver.spans();
    assert_eq!(spans.len(), 24);
    let tree = captured(&spans).tree();
    assert_eq!(tree.lines().filter(|line| *line == "morning").count(), 2, "{tree}");
    assert!(tree.contains("\n  newsletter cancelled\n"), "{tree}");
}

/// A collector that nobody here wrote. Run by `.ci/run`; skipped with a reason where the collector cannot be had.
#[test]
#[ignore = "installs a collector from PyPI"]
fn a_real_collector_takes_it_over_http_and_grpc() {
    for protocol in ["http/protobuf", "grpc"] {
        let Some(rotel) = Rotel::start() else { return };
        let endpoint = if protocol == "grpc" { rotel.grpc_endpoint() } else { rotel.http_endpoint() };
        quickstart(&[
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ]);
        for needle in
            ["Name           : morning", "Name           : charge", "server.address: Str(bank.example)", "service.name: Str(shop)"]
        {
            rotel.wait_for_line(needle, Duration::from_secs(30));
        }
    }
}

/// The words of every `cargo run` that a page tells its reader to try.
fn commands() -> Vec<Vec<&'static str>> {
    let pages =
        [include_str!("../../README.md"), include_str!("../../CONTRIBUTING.md"), include_str!("../../examples/collector/README.md")];
    let commands = pages.into_iter().flat_map(|page| page.split("cargo run ").skip(1));
    commands.map(|rest| rest.split(['\n', '`', '&']).next().unwrap_or_default().split_whitespace().collect()).collect()
}

fn after<'a>(words: &[&'a str], option: &str) -> Option<&'a str> {
    words.iter().skip_while(|word| **word != option).nth(1).copied()
}

fn manifest(package: &str) -> &'static str {
    match package {
        "basics" => include_str!("../../examples/basics/Cargo.toml"),
        "examples" => include_str!("../../examples/Cargo.toml"),
        other => panic!("there is no package {other} of examples"),
    }
}

/// Without its package cargo would build an example with the features of all packages together, those of the tests among them.
#[test]
fn every_example_that_a_page_names_is_there_and_has_its_package() {
    let commands: Vec<_> = commands().into_iter().filter(|words| after(words, "--manifest-path").is_none()).collect();
    assert!(commands.len() > 8, "{commands:?}");
    for words in &commands {
        let (package, example) = (after(words, "-p"), after(words, "--example"));
        let (Some(package), Some(example)) = (package, example) else { panic!("{words:?}") };
        assert!(manifest(package).contains(&format!("[[example]]\nname = \"{example}\"")), "{words:?}");
    }
    assert_eq!(commands[0], ["-p", "basics", "--example", "quickstart"], "what is tried first");
}

#[test]
fn what_is_tried_first_builds_nothing_of_other_libraries() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["tree", "--package", "basics", "--edges", "normal,build", "--prefix", "none", "--format", "{lib}"]);
    let output = Child::spawn(cargo).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}", output.stderr);
    let has = |name: &str| output.stdout.lines().any(|line| line == name);
    assert!(has("hyper") && has("opentelemetry"), "{}", output.stdout);
    for library in
        ["async_nats", "axum", "lapin", "rdkafka", "redis", "reqwest", "rustls", "sqlx", "sqlx_core", "tonic", "tracing_subscriber"]
    {
        assert!(!has(library), "{library} is built");
    }
}
