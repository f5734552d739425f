//! `cargo run -p examples --example doctor -- path/to/program`, as a user runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tests::example::example;
use tests::process::{Child, Output};

fn doctor(lock: &Path) -> Output {
    let mut command = example("doctor");
    command.arg(lock);
    Child::spawn(command).wait_with_timeout(Duration::from_secs(300))
}

#[test]
fn it_names_what_fits_and_what_clashes() {
    let output = doctor(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/shop.lock"));
    assert!(output.status.success(), "{}", output.stderr);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert!(lines[0].starts_with("# ") && lines[0].ends_with("shop.lock: the dependencies of shop"), "{}", lines[0]);
    assert_eq!(
        lines[2],
        "otel-runtime = { version = \"0.1.0\", features = [\"axum\", \"redis\", \"sqlx-postgres\", \"tonic-transport\"] }"
    );
    let has =
        |parts: &[&str]| assert!(lines.iter().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?} in\n{}", output.stdout);
    has(&["axum 0.8.4 ", "feature axum ", ".layer(otel_runtime::http::server())"]);
    has(&["sqlx-postgres 0.9.0 ", "otel_runtime::sqlx::Pool::new(pool)"]);
    has(&["tonic 0.14.2 ", "feature tonic-transport ", "otel_runtime::grpc::server()"]);
    has(&["lambda_runtime 0.14.4 ", "does not fit: the feature lambda is for lambda_runtime 1"]);
    has(&["reqwest 0.11.27 ", "does not fit: the feature reqwest is for reqwest 0.13"]);
    has(&["opentelemetry 0.27.1 beside 0.33", "opentelemetry_sdk 0.27.1, shop 1.2.3"]);
    has(&["deadpool-redis 0.23.1 ", "feature redis ", "otel_runtime::redis::traced(pool.get().await?)"]);
    has(&["diesel 2.2.0 ", "has no layer: ", "db.query.summary"]);
    assert!(!output.stdout.contains("opentelemetry 0.33.1"), "ours is no clash");
    assert!(!output.stdout.contains("sqlx-mysql"), "what is not there is not named");
    assert!(!output.stdout.contains("hyper"), "what axum has inside is not the shop's");
}

/// Of axum and of sqlx for `PostgreSQL`, as Cargo locks them, without what they need besides.
#[test]
fn what_others_use_inside_is_not_named_and_drivers_are_a_choice() {
    let output = doctor(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/sqlx.lock"));
    assert!(output.status.success(), "{}", output.stderr);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(lines[2], "otel-runtime = { version = \"0.1.0\", features = [\"axum\"] }");
    let found: Vec<&str> = lines[4..].iter().filter_map(|line| line.split_once(' ')).map(|(name, _)| name).collect();
    assert_eq!(found, ["axum", "sqlx-sqlite", "sqlx-postgres", "sqlx-mysql"]);
    for driver in &lines[5..] {
        assert!(driver.ends_with("otel_runtime::sqlx::Pool::new(pool)`; one of sqlx-…, that of your database"), "{driver}");
    }
}

/// Of a program that depends on `otel-runtime` by its path, on tokio and log, and on axum.
#[test]
fn what_otel_runtime_depends_on_is_not_the_programs_and_what_is_optional_is_not_to_be_copied() {
    let output = doctor(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/by_path.lock"));
    assert!(output.status.success(), "{}", output.stderr);
    let lines: Vec<&str> = output.stdout.lines().collect();
    assert!(lines[0].ends_with(": the dependencies of kiosk"), "{}", lines[0]);
    assert_eq!(lines[2], "otel-runtime = { version = \"0.1.0\", features = [\"axum\"] }");
    let found: Vec<(&str, bool)> =
        lines[4..].iter().map(|line| (line.split(' ').next().unwrap_or_default(), line.contains(" optional: "))).collect();
    assert_eq!(found, [("axum", false), ("log", true), ("tokio", true)]);
}

#[test]
fn a_file_that_is_none_is_named() {
    let output = doctor(Path::new("/nowhere/Cargo.lock"));
    assert!(!output.status.success() && output.stderr.contains("/nowhere/Cargo.lock"), "{}", output.stderr);
    let output = doctor(&root().join("README.md"));
    let problem = "README.md cannot be read as a lock file of Cargo's: ";
    assert!(!output.status.success() && output.stderr.contains(problem), "{}", output.stderr);
}

#[test]
fn a_folder_and_a_manifest_have_the_lock_file_that_cargo_takes() {
    let folder = std::env::temp_dir().join(format!("otel-doctor-{}", std::process::id()));
    let member = folder.join("member");
    fs::create_dir_all(&member).expect("a folder can be made");
    let manifest = member.join("Cargo.toml");
    fs::write(&manifest, "[package]\nname = \"member\"\n").expect("a file can be written");
    for path in [&folder, &member, &manifest] {
        let output = doctor(path);
        let problem = format!("{}: there is no Cargo.lock here or above", path.display());
        assert!(!output.status.success() && output.stderr.contains(&problem), "{}", output.stderr);
    }
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/shop.lock"), folder.join("Cargo.lock"))
        .expect("a file can be copied");
    for path in [&folder, &member, &manifest] {
        let output = doctor(path);
        assert!(output.stdout.starts_with(&format!("# {}: the dependencies of shop", folder.join("Cargo.lock").display())), "{output:?}");
    }
    fs::remove_dir_all(&folder).expect("a folder can be removed");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What the workspace itself is built with is what the page of libraries names.
#[test]
fn the_versions_of_the_page_are_those_that_are_tested() {
    // What the runtime depends on is looked at like what a program does.
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("there is a lock file").replace("\"otel-runtime\"", "\"program\"");
    let copy = std::env::temp_dir().join(format!("otel-doctor-{}.lock", std::process::id()));
    fs::write(&copy, lock).expect("a file can be written");
    let output = doctor(&copy);
    fs::remove_file(&copy).expect("a file can be removed");
    assert!(output.status.success(), "{}", output.stderr);
    assert!(!output.stdout.contains("does not fit"), "{}", output.stdout);
    for library in
        ["axum", "reqwest", "sqlx-mysql", "redis", "deadpool-redis", "async-nats", "lapin", "rdkafka", "tracing-subscriber", "log"]
    {
        let found = |line: &str| line.starts_with(&format!("{library} ")) && line.contains("feature ");
        assert!(output.stdout.lines().any(found), "{library} is missing in\n{}", output.stdout);
    }
}

/// What is advised in the table without layers, the tests of the documentation compile below it.
#[test]
fn what_is_advised_stands_in_an_example() {
    let page = fs::read_to_string(root().join("otel-runtime/docs/libraries.md")).expect("there is the page");
    let (_, advice) = page.split_once("# Libraries without a layer\n").expect("there is the table");
    let (table, examples) = advice.split_once("\n# ").expect("there are the examples");
    let code: String = examples.split("```").skip(1).step_by(2).collect();
    let code: String = code.split_whitespace().collect();
    let rows = table.lines().filter_map(|row| row.strip_prefix("| `")?.split_once(" | "));
    let advised = rows.flat_map(|(_, advice)| advice.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>());
    let advised: Vec<String> = advised.filter(|advised| advised.starts_with("#[traced") || advised.starts_with("otel_runtime::")).collect();
    for advised in &advised {
        // `send(…)` stands for whatever is sent.
        let start: String = advised.split('…').next().unwrap_or_default().split_whitespace().collect();
        assert!(code.contains(&start), "{advised} is in no example");
    }
    assert!(advised.len() >= 8, "{advised:?}");
}

/// Features that are for no library of the user's.
const OF_THE_RUNTIME: [&str; 14] = [
    "config-file",
    "default",
    "grpc",
    "gzip",
    "inventory",
    "json",
    "prometheus",
    "resource",
    "signals",
    "testing",
    "tls",
    "xray",
    "zipkin",
    "zstd",
];

#[test]
fn every_layer_stands_on_the_page() {
    let page = fs::read_to_string(root().join("otel-runtime/docs/libraries.md")).expect("there is the page");
    let manifest = fs::read_to_string(root().join("otel-runtime/Cargo.toml")).expect("there is the manifest");
    let features = manifest.split("[features]").nth(1).and_then(|rest| rest.split("\n[").next()).expect("there are features");
    let features: Vec<&str> = features.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name).collect();
    assert!(features.contains(&"redis") && features.len() > 20, "{features:?}");
    for feature in features.iter().filter(|feature| !OF_THE_RUNTIME.contains(feature)) {
        assert!(page.contains(&format!("`{feature}`")), "{feature} is not on the page of libraries");
    }
    // And of the features that the page names, each is there.
    for row in page.lines().filter(|row| row.matches(" | ").count() == 3 && row.starts_with("| ") && !row.contains("| feature |")) {
        let feature = row.split(" | ").nth(2).expect("it has four columns").trim_matches('`');
        assert!(features.contains(&feature), "{feature} is no feature");
    }
}
