//! The rows of a tree in columns.

use opentelemetry::trace::SpanKind;

use super::super::style::{Paint, Style};
use super::super::text::{columns, elapsed, excerpt};
use super::super::tree::Row;
use super::axis::Axis;
use super::details::{Outcome, details, outcome, span_attributes};
use super::rails::{Rail, rails};

/// Between two columns.
const GAP: &str = "  ";
/// The columns a span's name may take however deep it stands.
const NAME_MINIMUM: usize = 16;
/// The columns a service's name may take beside a span's.
const SERVICE_LIMIT: usize = 32;

/// The rows of a tree, and the widths that make columns of them.
pub(super) struct Table<'a> {
    style: Style,
    axis: Axis,
    rows: Vec<(&'a Row, Label)>,
    label_columns: usize,
    bar_columns: usize,
    time_columns: usize,
}

/// How a row begins.
struct Label {
    rail: Rail,
    name: String,
    kind: &'static str,
    /// The service, where it is another than the parent's.
    service: String,
}

impl<'a> Table<'a> {
    pub(super) fn new(rows: &'a [Row], style: Style) -> Self {
        // The widths of any sane terminal; beyond, they would only cost memory.
        let width = style.width.clamp(40, 400);
        let rows: Vec<_> = rows.iter().zip(labels(rows, width * 9 / 20)).collect();
        let ended = rows.iter().filter(|(row, _)| !row.running);
        Self {
            style,
            axis: Axis::new(rows.iter().map(|(row, _)| *row)),
            label_columns: rows.iter().map(|(_, l)| l.columns()).max().unwrap_or(0),
            bar_columns: width / 5,
            time_columns: ended.map(|(row, _)| columns(&time(row))).max().unwrap_or(0),
            rows,
        }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = String> {
        self.rows.iter().flat_map(|(row, label)| {
            let under = self.style.paint(Paint::Dim, &label.rail.under);
            let details = details(&row.data, self.style);
            let details = details.into_iter().map(move |text| under.clone() + &text);
            std::iter::once(self.line(row, label)).chain(details)
        })
    }

    /// The line of one span. Padding goes in front of a column, never behind
    /// the last one.
    fn line(&self, row: &Row, label: &Label) -> String {
        let outcome = outcome(row);
        let mut line = label.paint(self.style);
        pad(&mut line, self.label_columns - label.columns());
        line.push_str(GAP);

        let bar = self.axis.bar(row, self.bar_columns);
        pad(&mut line, bar.blanks);
        let paint = if matches!(outcome, Outcome::Error(_)) { Paint::Red } else { Paint::Cyan };
        line.push_str(&self.style.paint(paint, &bar.glyphs));
        pad(&mut line, self.bar_columns - bar.columns);
        line.push_str(GAP);

        if row.running {
            line.push_str(&self.style.paint(Paint::Dim, "… still running"));
            return line;
        }
        let time = time(row);
        pad(&mut line, self.time_columns - columns(&time));
        line.push_str(&time);
        let attributes = span_attributes(&row.data, &outcome);
        for part in [self.style.paint(Paint::Dim, &attributes), outcome.paint(self.style)] {
            if !part.is_empty() {
                line.push_str(GAP);
                line.push_str(&part);
            }
        }
        line
    }
}

/// How long an ended span took.
fn time(row: &Row) -> String {
    elapsed(row.data.start_time, row.data.end_time)
}

fn pad(line: &mut String, columns: usize) {
    line.extend(std::iter::repeat_n(' ', columns));
}

/// The labels of all rows, with names shortened towards `limit` columns.
fn labels(rows: &[Row], limit: usize) -> Vec<Label> {
    // The services from the first root down to the row at hand.
    let mut lineage: Vec<&str> = Vec::new();
    let first = rows.first().map_or("", |row| &*row.service);
    rows.iter()
        .zip(rails(rows))
        .map(|(row, rail)| {
            lineage.truncate(row.depth);
            let parent = lineage.last().copied().unwrap_or(first);
            lineage.push(&row.service);
            let service = if *parent == *row.service { String::new() } else { format!(" [{}]", excerpt(&row.service, SERVICE_LIMIT)) };
            Label::new(row, rail, service, limit)
        })
        .collect()
}

impl Label {
    fn new(row: &Row, rail: Rail, service: String, limit: usize) -> Self {
        let kind = match row.data.span_kind {
            SpanKind::Internal => "",
            SpanKind::Client => " (client)",
            SpanKind::Server => " (server)",
            SpanKind::Producer => " (producer)",
            SpanKind::Consumer => " (consumer)",
        };
        let taken = columns(&rail.lead) + columns(kind) + columns(&service);
        let left = limit.saturating_sub(taken).max(NAME_MINIMUM);
        Self { rail, name: excerpt(&row.data.name, left), kind, service }
    }

    fn columns(&self) -> usize {
        let parts = [&*self.rail.lead, &self.name, self.kind, &self.service];
        parts.into_iter().map(columns).sum()
    }

    fn paint(&self, style: Style) -> String {
        [
            style.paint(Paint::Dim, &self.rail.lead),
            style.paint(Paint::Bold, &self.name),
            style.paint(Paint::Dim, self.kind),
            style.paint(Paint::Cyan, &self.service),
        ]
        .concat()
    }
}
