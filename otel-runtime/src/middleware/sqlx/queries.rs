//! What is known of the texts that a pool has seen, so that each is read once.

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::DB_OPERATION_NAME;

use crate::semconv::db::Database;
use crate::semconv::db::sql::{Dialect, Query};

/// Texts that are remembered, twice.
const GENERATION: usize = 256;

/// Bytes of a text that is remembered. Longer ones are put together by programs, and are another one each time.
const REMEMBERED: usize = 4 * 1024;

/// Summaries that become labels of metrics, so that there is an end to them, whatever texts a program puts together.
const SUMMARIES: usize = 256;

/// A query, as it is recorded.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) query: Query,
    pub(super) span_name: String,
    pub(super) attributes: Vec<KeyValue>,
    pub(super) labels: Vec<KeyValue>,
}

/// The queries of a pool.
#[derive(Debug)]
pub(super) struct Queries {
    database: Database,
    dialect: Dialect,
    known: Mutex<Known>,
}

/// Two generations: when the younger one is full, the older one is forgotten but for what was used meanwhile.
#[derive(Debug, Default)]
struct Known {
    young: HashMap<Box<str>, Arc<Described>>,
    old: HashMap<Box<str>, Arc<Described>>,
    summaries: HashSet<Box<str>>,
}

impl Queries {
    pub(super) fn new(database: Database, dialect: Dialect) -> Self {
        Self { database, dialect, known: Mutex::default() }
    }

    /// What is recorded of a text.
    pub(super) fn of_text(&self, text: &str) -> Arc<Described> {
        if text.len() > REMEMBERED {
            return Arc::new(self.describe(Query::new(text, self.dialect)));
        }
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).find(text) {
            return known;
        }
        let described = Arc::new(self.describe(Query::new(text, self.dialect)));
        self.known.lock().unwrap_or_else(PoisonError::into_inner).add(text.into(), Arc::clone(&described));
        described
    }

    /// What is recorded of a text that is prepared, not executed.
    pub(super) fn prepared(&self, text: &str) -> Described {
        self.describe(Query::new(text, self.dialect).under("PREPARE"))
    }

    /// What is recorded of a query.
    pub(super) fn describe(&self, query: Query) -> Described {
        let (span_name, names) = (query.span_name(&self.database), query.names());
        let of_database = self.database.attributes();
        let attributes = of_database.iter().cloned().chain(names.iter().cloned()).chain(query.details()).collect();
        let names = if self.admits(&query) {
            names
        } else {
            // Of the commands there are few, but for how they are written.
            let operation = query.operation_name().map(|name| KeyValue::new(DB_OPERATION_NAME, name.to_ascii_uppercase()));
            operation.into_iter().collect()
        };
        Described { query, span_name, attributes, labels: of_database.into_iter().chain(names).collect() }
    }

    /// Whether the names of a query may become labels.
    fn admits(&self, query: &Query) -> bool {
        let Some(summary) = query.summary() else { return true };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.summaries.contains(summary) || (known.summaries.len() < SUMMARIES && known.summaries.insert(summary.into()))
    }
}

impl Known {
    fn find(&mut self, text: &str) -> Option<Arc<Described>> {
        if let Some(known) = self.young.get(text) {
            return Some(Arc::clone(known));
        }
        let (text, known) = self.old.remove_entry(text)?;
        self.add(text, Arc::clone(&known));
        Some(known)
    }

    fn add(&mut self, text: Box<str>, described: Arc<Described>) {
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(text, described);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queries() -> Queries {
        Queries::new(Database::new("sqlite"), Dialect::Sqlite)
    }

    #[test]
    fn a_text_that_is_used_is_read_once() {
        let queries = queries();
        let first = queries.of_text("SELECT 1");
        for index in 0..10 * GENERATION {
            queries.of_text(&format!("SELECT {index} FROM t"));
            assert!(Arc::ptr_eq(&first, &queries.of_text("SELECT 1")));
        }
        let known = queries.known.lock().expect("no test panics with it");
        assert!(known.young.len() + known.old.len() <= 2 * GENERATION);
    }

    #[test]
    fn labels_are_few_whatever_the_texts_are() {
        let queries = queries();
        let mut labels = HashSet::new();
        for index in 0..10_000 {
            let command = if index % 2 == 0 { "SELECT" } else { "select" };
            labels.insert(format!("{:?}", queries.of_text(&format!("{command} a FROM t{index}")).labels));
        }
        assert_eq!(labels.len(), SUMMARIES + 1);
        assert_eq!(queries.of_text("SELECT a FROM t9999").span_name, "SELECT t9999");
    }

    #[test]
    fn long_texts_are_not_kept() {
        let queries = queries();
        let text = format!("SELECT {}", "a, ".repeat(REMEMBERED));
        assert_eq!(queries.of_text(&text).query.operation_name(), Some("SELECT"));
        assert!(queries.known.lock().expect("no test panics with it").young.is_empty());
    }
}
