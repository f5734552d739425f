//! Files that nobody means: each is an error, soon.

use std::fmt::Write;
use std::path::PathBuf;

use super::*;
use crate::delivery::File;

/// Texts that grow out of a few letters, and that never end.
#[test]
fn what_is_too_deep_or_too_much_is_an_error() {
    let mut bomb = "file_format: \"1.0\"\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let alias = format!("*a{}, ", level - 1);
        let _ = writeln!(bomb, "a{level}: &a{level} [{}]", alias.repeat(10));
    }
    let entries = (0..5000).map(|number| format!("k{number}: 1")).collect::<Vec<_>>().join(",");
    let merges = (0..1000).map(|number| format!("b{number}: {{<<: *a}}")).collect::<Vec<_>>().join("\n");
    for (text, problem) in [
        ("- ".repeat(100_000), "this is more than 64 levels deep"),
        ("[".repeat(100_000), ""),
        (format!("{}{}", "[".repeat(100), "]".repeat(100)), "this is more than 64 levels deep"),
        ("{a: ".repeat(100_000), ""),
        ("? ".repeat(100_000), "a key is a text"),
        (bomb, "there are more than 100000 values, aliases counted as what they stand for"),
        (format!("a: &a {{{entries}}}\n{merges}"), "there are more than 100000 values"),
        (format!("[{}]", "a,".repeat(150_000)), "there are more than 100000 values"),
        ("a: &a [*a]".to_owned(), "an alias stands inside of what it stands for"),
        ("a: *b".to_owned(), "this is not YAML"),
        ("a: 'b".to_owned(), "this is not YAML"),
        ("a: 1\na: 2".to_owned(), "2:1: the key `a` stands here twice"),
        ("[a]: 1".to_owned(), "a key is a text"),
        ("a: !ruby b".to_owned(), "1:4: a tag means nothing here; a text that begins with `!` stands in quotes"),
        ("a: 1\n---\nb: 2".to_owned(), "the file has more than one YAML document"),
        ("{<<: 1}".to_owned(), "what is merged by `<<` is a map"),
        (String::new(), "the file has no content"),
        ("# nothing".to_owned(), "the file has no content"),
        ("[1, 2]".to_owned(), "this is a list; expected is a map"),
        ("tea".to_owned(), "this is a text; expected is a map"),
    ] {
        let found = errors(&text);
        assert!(found.len() == 1 && found[0].contains(problem), "{}…: {found:?}", &text[..text.len().min(40)]);
    }
}

#[test]
fn an_anchor_is_what_it_stands_for_and_a_map_can_be_merged_into_another() {
    let with_anchors = "\
tracer_provider:
  processors: [batch: {exporter: {otlp_http: &otlp {endpoint: 'http://collector:4318/v1', timeout: 7000}}}]
  sampler: &sampler {always_off: }
meter_provider:
  readers: [periodic: {exporter: {otlp_http: {<<: *otlp, timeout: 5000, temporality_preference: delta}}}]
";
    let without = "\
tracer_provider:
  processors: [batch: {exporter: {otlp_http: {endpoint: 'http://collector:4318/v1', timeout: 7000}}}]
  sampler: {always_off: }
meter_provider:
  readers: [periodic: {exporter: {otlp_http: {endpoint: 'http://collector:4318/v1', timeout: 5000, temporality_preference: delta}}}]
";
    assert_eq!(read(&file(with_anchors)), read(&file(without)));
}

/// A place for files of one test.
fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("otel-runtime-config-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
    folder
}

#[test]
fn what_is_no_file_of_text_is_an_error() {
    let folder = folder("no-text");
    let at = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap_or_else(|error| panic!("{error}"));
        path
    };
    let huge = vec![b'#'; 1024 * 1024 + 1];
    let cases = [
        (folder.join("gone"), "it cannot be read: No such file"),
        (folder.clone(), "it is not a file"),
        (PathBuf::from("/dev/zero"), "it is not a file"),
        (at("huge", &huge), "it is longer than 1048576 bytes"),
        (at("latin", b"disabled: \xe9"), "it is not UTF-8 after 10 bytes"),
        (at("empty", b""), "the file has no content"),
    ];
    for (path, problem) in cases {
        let file = File { path: path.clone(), variable: "OTEL_CONFIG_FILE".to_owned() };
        let error = super::super::read(&file, &|_| None).map(|read| read.config).err().map(|error| error.to_string()).unwrap_or_default();
        let start = format!("the configuration file {} of OTEL_CONFIG_FILE cannot be used: ", path.display());
        assert!(error.starts_with(&start) && error.contains(problem), "{error}");
    }
    let both = at("both", b"file_format: '1.0'\ndisabled: maybe\npropagator: {composit: }\n");
    let file = File { path: both, variable: "OTEL_CONFIG_FILE".to_owned() };
    let error = super::super::read(&file, &|_| None).map(|read| read.config).expect_err("it cannot be used").to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert!(lines[0].ends_with("cannot be used: 2:1: disabled: this is a text; expected is true or false"), "{error}");
    assert!(lines[1].starts_with("  warning: 3:14: propagator.composit: is not a key that this version knows"), "{error}");
    assert_eq!(lines.len(), 2, "{error}");
    let marked = at("marked", "\u{feff}file_format: '1.0'".as_bytes());
    let file = File { path: marked, variable: "OTEL_CONFIG_FILE".to_owned() };
    assert!(super::super::read(&file, &|_| None).is_ok(), "a byte order mark is no content");
    std::fs::remove_dir_all(&folder).unwrap_or_else(|error| panic!("{error}"));
}
