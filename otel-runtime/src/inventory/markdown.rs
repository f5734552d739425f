//! The list of places as a document for people.

use std::fmt::Write;

use super::{Attribute, Site, span_kind};

/// Two tables in Markdown: the spans and the metrics of the places, sorted by their names.
#[must_use]
pub fn markdown(sites: &[Site]) -> String {
    let mut spans: Vec<_> = sites.iter().filter_map(|site| Some((site.span()?, site))).collect();
    spans.sort_by_key(|(span, site)| (span.name, site.function()));
    let mut text = String::from("| span | kind | attributes | recorded by |\n|---|---|---|---|\n");
    for (span, site) in spans {
        let kind = span_kind(&span.kind);
        let _ = writeln!(text, "| {} | {kind} | {} | {} |", code(span.name), attributes(&span.attributes), place(*site));
    }
    let mut metrics: Vec<_> = sites.iter().flat_map(|site| site.metrics().into_iter().map(move |metric| (metric, site))).collect();
    metrics.sort_by_key(|(metric, site)| (metric.name, site.function()));
    text.push_str("\n| metric | instrument | unit | attributes | recorded by |\n|---|---|---|---|---|\n");
    for (metric, site) in metrics {
        let (name, unit) = (code(metric.name), code(metric.unit));
        let _ = writeln!(text, "| {name} | {} | {unit} | {} | {} |", metric.instrument, attributes(&metric.attributes), place(*site));
    }
    text
}

fn attributes(attributes: &[Attribute]) -> String {
    let each = attributes.iter().map(|attribute| match attribute.kind {
        Some(kind) => format!("{} ({kind})", code(attribute.key)),
        None => code(attribute.key),
    });
    each.collect::<Vec<_>>().join(", ")
}

fn place(site: Site) -> String {
    format!("{}, {}", code(site.function()), code(&format!("{}:{}", site.file(), site.line())))
}

/// As code, in as many backticks as it takes.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.replace('|', "\\|");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let (ticks, space) = ("`".repeat(longest + 1), if longest > 0 { " " } else { "" });
    format!("{ticks}{space}{text}{space}{ticks}")
}
