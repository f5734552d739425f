//! From a tree to its text: a pure function of the tree and the style.
//!
//! ```text
//! shop · trace 4bf92f3577b34da6a3ce929d0e0e4736 · 48 ms · 3 spans, 1 error
//!   POST /orders (server)  ████████████████████   48 ms  http.route=/orders
//!   ├─ validate            █                     1.1 ms
//!   └─ charge (client)      ██████████████        30 ms  ✗ Declined: no funds
//!        · +1.2 ms exception  exception.message="no funds"
//! ```

mod axis;
mod details;
mod rails;
mod table;

#[cfg(test)]
mod tests;

use opentelemetry::trace::SpanId;

use super::style::{Paint, Style};
use super::text::{count, escape, excerpt};
use super::tree::{Occasion, Tree};
use axis::Axis;
use table::Table;

/// Rows are indented below their heading.
const INDENT: &str = "  ";
/// The columns that texts written for people may take, such as a status
/// description; more than an attribute has, for they are what one looks for.
const MESSAGE_LIMIT: usize = 200;

/// The text of a tree, ending in a line break.
pub(super) fn render(tree: &Tree, style: Style) -> String {
    let mut out = style.paint(Paint::Bold, &heading(tree));
    out.push('\n');
    for line in Table::new(&tree.rows, style).lines() {
        out.push_str(INDENT);
        out.push_str(&line);
        out.push('\n');
    }
    if let Some(note) = note(tree) {
        out.push_str(INDENT);
        out.push_str(&style.paint(Paint::Yellow, &note));
        out.push('\n');
    }
    out
}

/// Services, trace, and the numbers of a tree.
fn heading(tree: &Tree) -> String {
    let mut services = Vec::new();
    for row in &tree.rows {
        let service = escape(&row.service);
        if !services.contains(&service) {
            services.push(service);
        }
    }
    let mut parts = vec![services.join(", "), format!("trace {}", tree.trace_id)];
    match (&tree.occasion, tree.rows.first()) {
        (Occasion::Late { parent }, _) => {
            let parent = excerpt(parent, MESSAGE_LIMIT);
            parts.push(format!("finished after \"{parent}\" was printed"));
        }
        (Occasion::Finished { .. }, Some(root)) if root.data.parent_span_id != SpanId::INVALID => {
            parts.push(format!("child of {}", root.data.parent_span_id));
        }
        _ => {}
    }
    let running = tree.running();
    let ended = tree.rows.len() - running;
    let errors = tree.rows.iter().filter(|row| row.is_error()).count();
    if ended > 0 {
        parts.push(Axis::new(tree.rows.iter()).length());
    }
    let mut numbers = vec![count(ended, "span")];
    if errors > 0 {
        numbers.push(count(errors, "error"));
    }
    if running > 0 {
        numbers.push(format!("{running} still running"));
    }
    parts.push(numbers.join(", "));
    parts.join(" · ")
}

/// What a reader must know to not take a tree for whole.
fn note(tree: &Tree) -> Option<String> {
    let reason = match tree.occasion {
        Occasion::Late { .. } | Occasion::Finished { printed_before: 0 } => return None,
        Occasion::Finished { printed_before } => {
            format!("{} of this trace printed before", count(printed_before, "span"))
        }
        Occasion::Flush => format!("flushed before {}", unended(tree)),
        Occasion::Shutdown => format!("shut down before {}", unended(tree)),
        Occasion::TooManyTraces { limit } => {
            format!("released, being the oldest of more than {}", count(limit, "trace"))
        }
        Occasion::TooManySpans { limit } => {
            format!("printed early, having more than {}", count(limit, "span"))
        }
    };
    let unfollowed = match tree.unfollowed {
        0 => String::new(),
        number => format!("; {number} still running, no longer followed"),
    };
    Some(format!("note: {reason}{unfollowed}"))
}

/// What a tree did not wait for: a root, or what outlived its parent, which was printed then.
fn unended(tree: &Tree) -> String {
    let running = || tree.rows.iter().filter(|row| row.running && row.depth == 0);
    if running().any(|row| row.printed_parent.is_none()) {
        return "the root ended".to_owned();
    }
    match running().find_map(|row| Some((&row.data.name, row.printed_parent.as_ref()?))) {
        Some((name, parent)) => {
            let (name, parent) = (excerpt(name, MESSAGE_LIMIT), excerpt(parent, MESSAGE_LIMIT));
            format!("\"{name}\" ended, whose parent \"{parent}\" was printed before")
        }
        None => "all of it ended".to_owned(),
    }
}
