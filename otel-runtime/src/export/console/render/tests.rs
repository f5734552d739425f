use std::sync::Arc;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanKind};
use opentelemetry_sdk::trace::SpanData;

use super::super::style::Style;
use super::super::testing::{TRACE, With, context, span};
use super::super::text::columns;
use super::super::tree::{Occasion, Row, Tree};
use super::render;

fn row(depth: usize, service: &str, data: SpanData) -> Row {
    Row { depth, service: Arc::from(service), running: false, data, printed_parent: None, held: None }
}

fn running(row: Row) -> Row {
    Row { running: true, ..row }
}

fn copy(row: &Row) -> Row {
    let Row { depth, running, .. } = *row;
    Row { depth, service: row.service.clone(), running, data: row.data.clone(), printed_parent: row.printed_parent.clone(), held: None }
}

fn tree(rows: Vec<Row>) -> Tree {
    Tree { trace_id: TRACE.into(), occasion: Occasion::Finished { printed_before: 0 }, rows, unfollowed: 0 }
}

fn plain(rows: Vec<Row>) -> String {
    render(&tree(rows), Style::default())
}

fn order() -> Vec<Row> {
    let exception = vec![KeyValue::new("exception.message", "no funds")];
    vec![
        row(
            0,
            "shop",
            span(1, 0, "POST /orders", 0, 48_000)
                .kind(SpanKind::Server)
                .attribute("http.route", "/orders")
                .attribute("code.function.name", "shop::orders"),
        ),
        row(1, "shop", span(2, 1, "validate", 0, 1_100)),
        row(1, "shop", span(3, 1, "charge", 4_000, 34_000).kind(SpanKind::Client)),
        row(
            2,
            "bank",
            span(4, 3, "charge", 9_000, 30_000)
                .kind(SpanKind::Server)
                .attribute("amount", 12)
                .attribute("error.type", "Declined")
                .error("no funds")
                .event("exception", 10_200, exception),
        ),
        row(1, "shop", span(5, 1, "reserve", 35_000, 47_000).attribute("function.outcome", "cancelled")),
        running(row(1, "shop", span(6, 1, "mail", 47_000, 47_000))),
    ]
}

#[test]
fn a_tree_is_a_waterfall() {
    let expected = "\
shop, bank · trace 4bf92f3577b34da6a3ce929d0e0e4736 · 48 ms · 5 spans, 1 error, 1 still running
  POST /orders (server)         ████████████████████   48 ms  http.route=/orders
  ├─ validate                   █                     1.1 ms
  ├─ charge (client)             ██████████████        30 ms
  │  └─ charge (server) [bank]     ██████████          21 ms  amount=12  ✗ Declined: no funds
  │       · +1.2 ms exception  exception.message=\"no funds\"
  ├─ reserve                                  ██████   12 ms  ⊘ cancelled
  └─ mail                                          ░  … still running
";
    assert_eq!(plain(order()), expected);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let style = Style { color: true, ..Style::default() };
    let coloured = render(&tree(order()), style);
    assert!(coloured.contains("\x1b[31m✗ Declined: no funds\x1b[0m"));
    assert!(coloured.contains("\x1b[33m⊘ cancelled\x1b[0m"));
    assert!(coloured.contains("\x1b[2mhttp.route=/orders\x1b[0m"));

    let mut stripped = String::new();
    for (index, part) in coloured.split('\x1b').enumerate() {
        let text = part.split_once('m').map_or("", |(_, text)| text);
        stripped.push_str(if index == 0 { part } else { text });
    }
    assert_eq!(stripped, plain(order()));
    assert!(!plain(order()).contains('\x1b'));
}

#[test]
fn no_line_ends_in_blanks() {
    assert!(plain(order()).lines().all(|line| line == line.trim_end()));
}

#[test]
fn events_and_links_stand_between_a_span_and_its_children() {
    let mut root = span(1, 0, "root", 0, 1_000).event("early", 0, Vec::new());
    let attributes = vec![KeyValue::new("why", "batch")];
    root.links.links = vec![Link::new(context(0xabc, 7), attributes, 0), Link::with_context(context(TRACE, 8))];
    root.links.dropped_count = 2;
    root.dropped_attributes_count = 3;
    let rows = vec![
        row(0, "s", root),
        row(1, "s", span(2, 1, "a", 0, 500)),
        row(2, "s", span(3, 2, "b", 0, 500)),
        row(1, "s", span(4, 1, "c", 500, 1_000).event("end", 1_000, Vec::new())),
    ];
    let expected = "\
s · trace 4bf92f3577b34da6a3ce929d0e0e4736 · 1 ms · 4 spans
  root     ████████████████████    1 ms  (+3 dropped)
  │ · +0 ns early
  │ → span 0000000000000007 of trace 00000000000000000000000000000abc  why=batch
  │ → span 0000000000000008 of this trace
  │ · 2 dropped links
  ├─ a     ██████████            500 µs
  │  └─ b  ██████████            500 µs
  └─ c               ██████████  500 µs
       · +500 µs end
";
    assert_eq!(plain(rows), expected);
}

#[test]
fn data_cannot_steer_the_terminal() {
    let evil = "\x1b[31m\r\n";
    let data = span(1, 0, "\x1b[31m\r\n", 0, 1_000).attribute("\x1b[31m", evil).attribute("error.type", evil).error("\x1b[31m").event(
        "\x1b[31m",
        0,
        vec![KeyValue::new("\x1b[31m", evil)],
    );
    let late = Tree { occasion: Occasion::Late { parent: evil.into() }, ..tree(vec![row(0, evil, data)]) };
    let text = render(&late, Style::default());
    assert!(text.contains("\\x1b[31m\\r\\n"));
    assert!(!text.contains('\x1b') && !text.contains('\r'));
    assert_eq!(text.lines().count(), 3);
}

#[test]
fn a_root_without_duration_has_a_bar() {
    let text = plain(vec![row(0, "s", span(1, 0, "root", 5, 5))]);
    let expected = "\
s · trace 4bf92f3577b34da6a3ce929d0e0e4736 · 0 ns · 1 span
  root  ▏                     0 ns
";
    assert_eq!(text, expected);
}

#[test]
fn a_clock_set_back_is_told() {
    let rows =
        vec![row(0, "s", span(1, 0, "root", 2_000, 0).event("e", 1_000, Vec::new())), row(1, "s", span(2, 1, "child", 1_000, 3_000))];
    let expected = "\
s · trace 4bf92f3577b34da6a3ce929d0e0e4736 · 2 ms · 2 spans
  root                ▏           -2 ms
  │ · -1 ms e
  └─ child  ████████████████████   2 ms
";
    assert_eq!(plain(rows), expected);
}

#[test]
fn an_outcome_takes_the_place_of_its_attribute_only() {
    let text = |data| plain(vec![row(0, "s", data)]);
    let without_type = text(span(1, 0, "a", 0, 1_000).error("broken"));
    assert!(without_type.ends_with("1 ms  ✗ broken\n"));
    let bare = text(span(1, 0, "a", 0, 1_000).error(""));
    assert!(bare.ends_with("1 ms  ✗ error\n"));
    let boxed = std::any::type_name::<Box<dyn std::error::Error + Send + Sync>>();
    let boxed = text(span(1, 0, "a", 0, 1_000).attribute("error.type", boxed).error("broken"));
    assert!(boxed.ends_with("1 ms  ✗ Box<dyn Error>: broken\n"), "{boxed}");
    // Without an error there is no outcome that would tell the type.
    let handled = text(span(1, 0, "a", 0, 1_000).attribute("error.type", "Timeout"));
    assert!(handled.ends_with("1 ms  error.type=Timeout\n"));
    let returned = text(span(1, 0, "a", 0, 1_000).attribute("function.outcome", "returned"));
    assert!(returned.ends_with("1 ms  function.outcome=returned\n"));
}

#[test]
fn long_names_are_shortened_and_columns_stay_aligned() {
    let rows = vec![
        row(0, "s", span(1, 0, "価格", 0, 1_000)),
        row(1, "s", span(2, 1, "a name that goes on and on and on and on and on", 0, 1_000)),
    ];
    let text = plain(rows);
    let bars: Vec<_> = text.lines().filter_map(|line| line.split_once('█')).map(|(before, _)| columns(before)).collect();
    assert_eq!(bars, [49, 49]);
    assert!(text.contains("└─ a name that goes on and on and on and on …  █"), "{text}");
}

#[test]
fn the_style_may_be_absurd() {
    for width in [0, 1, usize::MAX] {
        let style = Style { color: false, width };
        assert!(render(&tree(order()), style).contains("POST"));
    }
}

#[test]
fn deep_trees_are_drawn_without_depth() {
    let rows: Vec<_> = (0..5_000_u64).map(|n| row(usize::try_from(n).unwrap(), "s", span(n + 1, n, "call", n, 10_000))).collect();
    let text = plain(rows);
    assert_eq!(text.lines().count(), 5_001);
    assert!(text.lines().all(|line| columns(line) < 200));
    assert!(text.lines().last().is_some_and(|line| line.starts_with("  ⋯  ")));
}

#[test]
fn headings_and_notes_tell_why_a_tree_is_not_whole() {
    let rows = || vec![row(0, "s", span(2, 1, "work", 0, 1_000))];
    let with = |occasion, unfollowed| {
        let tree = Tree { occasion, unfollowed, ..tree(rows()) };
        render(&tree, Style::default())
    };
    let heading = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    let note = |text: &str| text.lines().nth(2).unwrap_or_default().to_owned();

    let late = with(Occasion::Late { parent: "main".into() }, 0);
    assert_eq!(heading(&late), "s · trace 4bf92f3577b34da6a3ce929d0e0e4736 · finished after \"main\" was printed · 1 ms · 1 span");
    let remote = with(Occasion::Finished { printed_before: 0 }, 0);
    assert_eq!(heading(&remote), "s · trace 4bf92f3577b34da6a3ce929d0e0e4736 · child of 0000000000000001 · 1 ms · 1 span");
    let rest = with(Occasion::Finished { printed_before: 2 }, 0);
    assert_eq!(note(&rest), "  note: 2 spans of this trace printed before");
    let released = with(Occasion::TooManyTraces { limit: 1 }, 3);
    assert_eq!(note(&released), "  note: released, being the oldest of more than 1 trace; 3 still running, no longer followed");
}

#[test]
fn a_note_names_what_a_flush_or_a_shutdown_did_not_wait_for() {
    let root = || running(row(0, "s", span(1, 0, "main", 0, 0)));
    let outliving = || Row { printed_parent: Some("main".into()), ..running(row(0, "s", span(2, 1, "mail\n", 0, 0))) };
    let ended = || row(0, "s", span(3, 9, "work", 0, 1_000));
    let below = || running(row(1, "s", span(4, 3, "rest", 0, 0)));
    let outlived = "\"mail\\n\" ended, whose parent \"main\" was printed before";
    for (rows, unended) in [
        (vec![root(), below()], "the root ended"),
        (vec![outliving(), below()], outlived),
        (vec![ended(), outliving()], outlived),
        (vec![outliving(), root()], "the root ended"),
        (vec![ended(), below()], "all of it ended"),
    ] {
        for (occasion, what) in [(Occasion::Flush, "flushed"), (Occasion::Shutdown, "shut down")] {
            let text = render(&Tree { occasion, ..tree(rows.iter().map(copy).collect()) }, Style::default());
            assert_eq!(text.lines().last(), Some(&*format!("  note: {what} before {unended}")));
        }
    }
}
