//! Families as text, in any of the formats.
//!
//! Prometheus text: <https://prometheus.io/docs/instrumenting/exposition_formats/>. OpenMetrics:
//! <https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md>. Values have no timestamps: Prometheus puts those of its
//! own there, and the specification of the exporter forbids others. The SDK gathers no exemplars, so there are none either.

use std::fmt::Write;

use super::families::{Families, Family, Point};
use super::format::Format;
use super::names::Kind;
use super::numbers::{float, timestamp};

pub(super) fn render(families: &Families, format: Format) -> String {
    let mut page = Page { text: String::new(), is_openmetrics: format.is_openmetrics() };
    for (name, family) in families.iter().filter(|(_, family)| !family.points.is_empty()) {
        page.family(name, family);
    }
    if page.is_openmetrics {
        page.line(format_args!("# EOF"));
    }
    page.text
}

struct Page {
    text: String,
    is_openmetrics: bool,
}

impl Page {
    fn family(&mut self, name: &str, family: &Family) {
        self.metadata(name, family);
        for (labels, point) in &family.points {
            self.point(name, family.kind, labels, point);
        }
    }

    /// In OpenMetrics a family has a name, and its samples have another; in Prometheus's text it is called what its samples are.
    fn metadata(&mut self, name: &str, family: &Family) {
        let (suffix, kind) = match (family.kind, self.is_openmetrics) {
            (Kind::Counter, true) => ("", "counter"),
            (Kind::Counter, false) => ("_total", "counter"),
            (Kind::Info, true) => ("", "info"),
            (Kind::Info, false) => ("_info", "gauge"),
            (Kind::Gauge | Kind::UpDown, _) => ("", "gauge"),
            (Kind::Histogram, _) => ("", "histogram"),
        };
        self.line(format_args!("# TYPE {name}{suffix} {kind}"));
        if self.is_openmetrics
            && let Some(unit) = &family.unit
        {
            self.line(format_args!("# UNIT {name}{suffix} {unit}"));
        }
        if !family.help.is_empty() {
            let help = family.help.replace('\\', "\\\\").replace('\n', "\\n");
            let help = if self.is_openmetrics { help.replace('"', "\\\"") } else { help };
            self.line(format_args!("# HELP {name}{suffix} {help}"));
        }
    }

    fn point(&mut self, name: &str, kind: Kind, labels: &str, point: &Point) {
        let suffix = if kind == Kind::Info { "_info" } else { "" };
        match point {
            Point::Gauge(value) => self.sample(name, suffix, labels, value),
            Point::Counter { total, created } => {
                self.sample(name, "_total", labels, total);
                self.created(name, labels, *created);
            }
            Point::Histogram { buckets, count, sum, created } => {
                let separator = if labels.is_empty() { "" } else { "," };
                let last = [(f64::INFINITY, *count)];
                for (bound, count) in buckets.iter().chain(&last) {
                    self.sample(name, "_bucket", &format!("{labels}{separator}le=\"{}\"", float(*bound)), &count.to_string());
                }
                if let Some(sum) = sum {
                    self.sample(name, "_sum", labels, sum);
                }
                // OpenMetrics has either both or none of the two; the count is that of the last bucket as well.
                if sum.is_some() || !self.is_openmetrics {
                    self.sample(name, "_count", labels, &count.to_string());
                }
                self.created(name, labels, *created);
            }
        }
    }

    /// Since when it is counted, for which Prometheus's own text has no place.
    fn created(&mut self, name: &str, labels: &str, created: std::time::SystemTime) {
        if self.is_openmetrics {
            self.sample(name, "_created", labels, &timestamp(created));
        }
    }

    fn sample(&mut self, name: &str, suffix: &str, labels: &str, value: &str) {
        if labels.is_empty() {
            self.line(format_args!("{name}{suffix} {value}"));
        } else {
            self.line(format_args!("{name}{suffix}{{{labels}}} {value}"));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(line);
        self.text.push('\n');
    }
}
