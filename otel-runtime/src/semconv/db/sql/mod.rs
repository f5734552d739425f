//! What is read in texts of SQL.

mod sanitize;
mod summary;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::Arc;

use opentelemetry::{KeyValue, StringValue};
use opentelemetry_semantic_conventions::attribute as keys;

use super::Database;

/// Bytes of `db.query.summary`, as the conventions have it.
const SUMMARY_LIMIT: usize = 255;

/// How a database writes SQL: what its quotes and its comments mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// MySQL and MariaDB.
    MySql,
    /// PostgreSQL.
    PostgreSql,
    /// SQLite. It takes `"Ada"` for a string where it knows no such name; so does this where it is compared or stored, and nowhere else.
    Sqlite,
    /// Standard SQL.
    Other,
}

/// A text of SQL as it may be exported, and what it does, by the semantic conventions
/// ([Database client spans](https://opentelemetry.io/docs/specs/semconv/db/database-spans/), of the summary of a query and of sanitization).
///
/// ```
/// use otel_runtime::sqlx::{Dialect, Query};
///
/// let query = Query::new("INSERT INTO shipping (order_id, address) SELECT order_id, 'home' FROM orders WHERE id = $1", Dialect::PostgreSql);
/// assert_eq!(query.text(), "INSERT INTO shipping (order_id, address) SELECT order_id, ? FROM orders WHERE id = $1");
/// assert_eq!(query.summary(), Some("INSERT shipping SELECT orders"));
///
/// let query = Query::new("UPDATE users SET name = 'Ada' WHERE id IN (7, 8, 9) -- of Ada", Dialect::PostgreSql);
/// assert_eq!(query.text(), "UPDATE users SET name = ? WHERE id IN (?)");
/// assert_eq!((query.operation_name(), query.collection_name()), (Some("UPDATE"), Some("users")));
/// ```
///
/// It takes linear time and never panics, whatever the text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    text: Arc<str>,
    summary: Option<Arc<str>>,
    operation_name: Option<Arc<str>>,
    collection_name: Option<Arc<str>>,
    stored_procedure_name: Option<Arc<str>>,
    batch_size: Option<usize>,
}

impl Query {
    /// Reads a text, of one statement or several.
    #[must_use]
    pub fn new(text: &str, dialect: Dialect) -> Self {
        let summary = summary::summarize(text, dialect);
        let known = |text: String| Some(text).filter(|text| !text.is_empty()).map(Arc::from);
        Self {
            text: sanitize::sanitize(text, dialect).into(),
            summary: known(summary.text),
            operation_name: summary.operation.and_then(known),
            collection_name: summary.collection.and_then(known),
            stored_procedure_name: summary.procedure.and_then(known),
            batch_size: summary.batch_size,
        }
    }

    /// A command that has no text of its own.
    pub(crate) fn command(name: &str) -> Self {
        let name: Arc<str> = name.into();
        Self { text: "".into(), summary: Some(Arc::clone(&name)), operation_name: Some(name), ..Self::new("", Dialect::Other) }
    }

    /// What is done with the query instead of executing it, such as `PREPARE`.
    pub(crate) fn under(self, verb: &str) -> Self {
        let summary = self.summary.as_deref().map(|summary| format!("{verb} {summary}")).filter(|summary| summary.len() <= SUMMARY_LIMIT);
        Self { summary: Some(summary.map_or_else(|| verb.into(), Arc::from)), operation_name: Some(verb.into()), ..self }
    }

    /// `db.query.text`: the text, with `?` for every literal and without comments. It has at most 32 KiB.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `db.query.summary`: operations and their targets, in at most 255 bytes; `BATCH` before what several statements have in common. `None`
    /// where the text begins with no command of SQL.
    #[must_use]
    pub fn summary(&self) -> Option<&str> {
        self.summary.as_deref()
    }

    /// `db.operation.name`, if there is one operation, or the same one several times.
    #[must_use]
    pub fn operation_name(&self) -> Option<&str> {
        self.operation_name.as_deref()
    }

    /// `db.collection.name`, if there is one table.
    #[must_use]
    pub fn collection_name(&self) -> Option<&str> {
        self.collection_name.as_deref()
    }

    /// `db.stored_procedure.name`, if there is one procedure that is called.
    #[must_use]
    pub fn stored_procedure_name(&self) -> Option<&str> {
        self.stored_procedure_name.as_deref()
    }

    /// `db.operation.batch.size`: how many statements there are, if there are several.
    #[must_use]
    pub fn batch_size(&self) -> Option<usize> {
        self.batch_size
    }

    /// The name of a span: the summary, or else what is known of the target.
    pub(crate) fn span_name(&self, database: &Database) -> String {
        self.summary().map_or_else(|| database.target(), str::to_owned)
    }

    /// What names the query, of which there are few: attributes of spans and of metrics.
    pub(crate) fn names(&self) -> Vec<KeyValue> {
        let pairs = [
            (keys::DB_COLLECTION_NAME, &self.collection_name),
            (keys::DB_OPERATION_NAME, &self.operation_name),
            (keys::DB_QUERY_SUMMARY, &self.summary),
            (keys::DB_STORED_PROCEDURE_NAME, &self.stored_procedure_name),
        ];
        pairs.into_iter().filter_map(|(key, name)| Some(KeyValue::new(key, StringValue::from(Arc::clone(name.as_ref()?))))).collect()
    }

    /// What else is said of the query, in a span alone.
    pub(crate) fn details(&self) -> Vec<KeyValue> {
        let text = Some(&self.text).filter(|text| !text.is_empty());
        let text = text.map(|text| KeyValue::new(keys::DB_QUERY_TEXT, StringValue::from(Arc::clone(text))));
        let batch_size = self.batch_size.and_then(|size| i64::try_from(size).ok());
        text.into_iter().chain(batch_size.map(|size| KeyValue::new(keys::DB_OPERATION_BATCH_SIZE, size))).collect()
    }
}
