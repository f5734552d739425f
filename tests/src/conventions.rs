//! Whether what arrived is as the semantic conventions have it: keys and types of attributes, what spans and metrics have to have, names, kinds,
//! units, instruments, buckets and statuses. What the layers record is looked at here from outside, by tables that they know nothing of.
//!
//! ```
//! use tests::conventions::Report;
//! use tests::receiver::Receiver;
//!
//! let receiver = Receiver::start();
//! // … send something there …
//! let report = Report::of(&receiver);
//! assert_eq!(report.problems, [""; 0]);
//! assert_eq!(report.without, [].into());
//! ```

mod classes;
mod measured;
mod names;
mod subject;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::metrics::v1::Metric;

use self::subject::Subject;
use crate::receiver::{Received, Receiver};

/// What was found.
#[derive(Debug, Default)]
pub struct Report {
    /// What is not as the conventions have it, a line each.
    pub problems: Vec<String>,
    /// Of the attributes that are recommended, those that are missing somewhere, as `HTTP server: user_agent.original`. There may be nothing to say.
    pub without: BTreeSet<String>,
    /// Of the attributes that are for some situations alone, how many spans of a class, or points of a metric, have them, as `HTTP server: url.query`:
    /// whether there was something to say, only the test knows.
    pub with: BTreeMap<String, usize>,
    /// How many spans there were of each class, and of each metric of the conventions how many points: what was not there was not looked at.
    pub seen: BTreeMap<String, usize>,
}

impl Report {
    /// Looks at all that a receiver has.
    #[must_use]
    pub fn of(receiver: &Receiver) -> Self {
        let mut report = Self::default();
        report.spans(&receiver.spans());
        report.metrics(&receiver.metrics());
        report.logs(&receiver.logs());
        report
    }

    /// Looks at spans.
    pub fn spans(&mut self, spans: &[Received]) {
        for span in spans {
            let of = format!("span {:?}", span.name());
            self.origin(&of, span);
            self.attributes(&of, &span.data.attributes);
            for event in &span.data.events {
                self.attributes(&format!("event {:?} of {of}", event.name), &event.attributes);
            }
            for link in &span.data.links {
                self.attributes(&format!("a link of {of}"), &link.attributes);
            }
            let subject = Subject::of_span(span);
            let outcome = subject.outcome_problem();
            self.problems.extend(outcome.map(|problem| format!("{of}: {problem}")));
            let Some(class) = classes::CLASSES.iter().find(|class| class.has(span)) else { continue };
            self.see(class.name, 1);
            self.levels(class.name, &of, &subject, class.attributes);
            let name = (class.span_name)(&subject);
            if let Some(name) = name.filter(|name| name != span.name()) {
                self.problems.push(format!("{of}: a span of {} with these attributes is called {name:?}", class.name));
            }
            let error = (class.error)(&subject);
            if let Some(error) = error.filter(|error| subject.text("error.type").as_ref() != Some(error)) {
                self.problems.push(format!("{of}: its `error.type` is to be {error:?}"));
            }
        }
    }

    /// Looks at metrics.
    pub fn metrics(&mut self, metrics: &[Received<Metric>]) {
        for metric in metrics {
            let of = format!("metric {:?}", metric.name());
            self.origin(&of, metric);
            let (points, problems) = measured::look_at(&metric.data);
            self.problems.extend(problems.into_iter().map(|problem| format!("{of}: {problem}")));
            if names::metric(metric.name()).is_some() {
                self.see(metric.name(), points.len());
            }
            let levels = measured::attributes_of(metric.name());
            for point in points {
                self.attributes(&of, point);
                if let Some(levels) = levels {
                    self.levels(metric.name(), &of, &Subject::of_point(point), levels);
                }
            }
        }
    }

    /// Looks at log records.
    pub fn logs(&mut self, logs: &[Received<LogRecord>]) {
        for log in logs {
            let of = format!("log record {:?}", log.body());
            self.origin(&of, log);
            self.attributes(&of, &log.data.attributes);
        }
    }

    /// What it came under.
    fn origin<T>(&mut self, of: &str, received: &Received<T>) {
        self.attributes(&format!("the resource of {of}"), &received.resource.attributes);
        self.attributes(&format!("the scope of {of}"), &received.scope.attributes);
        if received.scope.name.is_empty() {
            self.problems.push(format!("{of}: its scope has no name"));
        }
    }

    fn attributes(&mut self, of: &str, attributes: &[KeyValue]) {
        let mut keys = BTreeSet::new();
        for attribute in attributes {
            let problem = names::attribute_problem(attribute).or_else(|| subject::value_problem(attribute));
            self.problems.extend(problem.map(|problem| format!("{of}: {problem}")));
            if !keys.insert(&attribute.key) {
                self.problems.push(format!("{of}: `{}` is there twice", attribute.key));
            }
        }
    }

    fn levels(&mut self, class: &str, of: &str, subject: &Subject<'_>, levels: &[classes::Attribute]) {
        for attribute in levels {
            if attribute.is_optional() && subject.has(attribute.key) {
                *self.with.entry(format!("{class}: {}", attribute.key)).or_default() += 1;
            }
            match attribute.missing(subject) {
                None => {}
                Some(classes::Missing::Required) => self.problems.push(format!("{of}: `{}` is missing", attribute.key)),
                Some(classes::Missing::Recommended) => {
                    self.without.insert(format!("{class}: {}", attribute.key));
                }
                Some(classes::Missing::Unwanted) => self.problems.push(format!("{of}: `{}` is not to be there", attribute.key)),
            }
        }
        for key in subject.keys() {
            let is_known = || levels.iter().any(|attribute| names::is_of(key, attribute.key));
            if names::is_reserved(key) && !classes::EVERYWHERE.contains(&key) && !is_known() {
                self.problems.push(format!("{of}: the conventions have no `{key}` for {class}"));
            }
        }
    }

    fn see(&mut self, what: &str, count: usize) {
        *self.seen.entry(what.to_owned()).or_default() += count;
    }
}
