//! What is read in commands of Redis ("Semantic conventions for Redis client operations": <https://opentelemetry.io/docs/specs/semconv/db/redis/>).

mod commands;
mod errors;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;

use opentelemetry::{KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute as keys;

use self::commands::Known;
pub(crate) use self::errors::{OTHER, StatusCode};
use self::text::Text;
use super::Database;

/// `db.system.name`.
pub(crate) const SYSTEM: &str = "redis";

/// How commands are sent together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Together {
    Pipeline,
    Transaction,
}

/// What is wanted of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// With the keys, and what is like them.
    Keys,
    /// With no argument.
    NoKeys,
    /// Not at all.
    NoText,
}

/// A command of Redis, or several that are sent together, as they may be exported: by the semantic conventions ([Redis client
/// operations](https://opentelemetry.io/docs/specs/semconv/db/redis/)).
///
/// ```
/// use otel_runtime::redis::Query;
///
/// let query = Query::new(["HSET", "cart:7", "fruit", "two apples", "paid", "no"]);
/// assert_eq!(query.text(), "HSET cart:7 fruit ? paid ?");
/// assert_eq!(query.operation_name(), "HSET");
///
/// let query = Query::new(["EVALSHA", "b0c8ee", "1", "stock", "s3cr3t"]);
/// assert_eq!(query.text(), "EVALSHA b0c8ee 1 stock ?");
/// assert_eq!(query.stored_procedure_name(), Some("b0c8ee"));
///
/// assert_eq!(Query::new(["AUTH", "ada", "s3cr3t"]).text(), "AUTH ? ?");
/// ```
///
/// It takes linear time and never panics, whatever the arguments are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    text: String,
    operation_name: Cow<'static, str>,
    /// Whether the name is in the list of Redis's, and so one of few whatever a program does.
    is_known: bool,
    stored_procedure_name: Option<String>,
    batch_size: Option<usize>,
}

impl Query {
    /// Reads a command: its name, and its arguments.
    #[must_use]
    pub fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Self {
        let words: Vec<W> = words.into_iter().collect();
        Self::of_command(words.iter().map(AsRef::as_ref), Wanted::Keys)
    }

    /// Reads a command, as far as it is wanted.
    pub(crate) fn of_command<'a>(words: impl Iterator<Item = &'a [u8]> + Clone, wanted: Wanted) -> Self {
        let known = find(words.clone());
        let mut text = Text::default();
        text.push_command(known, wanted, words.clone());
        Self::single(known, words, text)
    }

    /// Reads commands that are sent together. One alone is no batch.
    pub(crate) fn of_commands<'a, W: Iterator<Item = &'a [u8]> + Clone>(
        together: Together,
        commands: impl IntoIterator<Item = W>,
        wanted: Wanted,
    ) -> Self {
        let mut commands = commands.into_iter();
        let mut text = Text::default();
        let Some(first) = commands.next() else { return Self::batch(together, None, 0, text) };
        let known = find(first.clone());
        text.push_command(known, wanted, first.clone());
        let (mut size, mut same, length) = (1, known, text.as_str().len());
        let mut are_equal = true;
        for words in commands {
            let known = find(words.clone());
            size += 1;
            same = same.filter(|same| known == Some(*same));
            let from = text.push_separator(wanted);
            text.push_command(known, wanted, words);
            are_equal &= text.as_str()[from..] == text.as_str()[..length];
        }
        if are_equal {
            text.truncate(length);
        }
        if size == 1 { Self::single(known, first, text) } else { Self::batch(together, same, size, text) }
    }

    fn single<'a>(known: Option<&'static Known>, mut words: impl Iterator<Item = &'a [u8]>, text: Text) -> Self {
        let mut next_name = || words.next().filter(|word| text::is_name(word)).map(|word| String::from_utf8_lossy(word).into_owned());
        let given = next_name();
        let operation_name = known.map_or_else(|| given.map_or(Cow::Borrowed(OTHER), Cow::Owned), |known| Cow::Borrowed(known.name));
        let stored_procedure_name = if known.is_some_and(|known| PROCEDURES.contains(&known.name)) { next_name() } else { None };
        Self { text: text.into_string(), operation_name, is_known: known.is_some(), stored_procedure_name, batch_size: None }
    }

    fn batch(together: Together, same: Option<&'static Known>, size: usize, text: Text) -> Self {
        let verb = match together {
            Together::Pipeline => "PIPELINE",
            Together::Transaction => "MULTI",
        };
        let operation_name = same.map_or(Cow::Borrowed(verb), |same| Cow::Owned(format!("{verb} {}", same.name)));
        Self { text: text.into_string(), operation_name, is_known: true, stored_procedure_name: None, batch_size: Some(size) }
    }

    /// `db.query.text`: the command as it is written for `redis-cli`, with `?` for every argument that is not known to be a key, or a name like one.
    /// Of several, each, if they differ. It has at most 32 KiB.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `db.operation.name`: the command as Redis lists it, with its subcommand, in capitals, so that one command has one name: `GET`, `XGROUP CREATE`.
    /// Before it stands `PIPELINE` or `MULTI` for several that are the same, and in its place for several that are not.
    #[must_use]
    pub fn operation_name(&self) -> &str {
        &self.operation_name
    }

    /// `db.stored_procedure.name`: the digest of a script that is called by it, or the name of a function.
    #[must_use]
    pub fn stored_procedure_name(&self) -> Option<&str> {
        self.stored_procedure_name.as_deref()
    }

    /// `db.operation.batch.size`: how many commands there are, if there are several.
    #[must_use]
    pub fn batch_size(&self) -> Option<usize> {
        self.batch_size
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// The name of a span: the operation, and a function that it calls. A command that is not known here, such as one of a module's, has its name from
    /// the program, where there are few; it is only what cannot be a name that gives way to the target. Digests say nothing to anybody.
    pub(crate) fn span_name(&self, database: &Database) -> Cow<'static, str> {
        match &self.stored_procedure_name {
            Some(name) if self.operation_name.starts_with("FCALL") => format!("{} {name}", self.operation_name).into(),
            _ if self.operation_name == OTHER => database.target().into(),
            _ => self.operation_name.clone(),
        }
    }

    /// `db.operation.name` as it may be a label.
    pub(crate) fn label(&self) -> KeyValue {
        operation_name(if self.is_known { self.operation_name.clone() } else { OTHER.into() })
    }

    /// What is said of the query in a span.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = KeyValue> {
        let text = Some(&self.text).filter(|text| !text.is_empty()).map(|text| KeyValue::new(keys::DB_QUERY_TEXT, text.clone()));
        let procedure = self.stored_procedure_name.clone().map(|name| KeyValue::new(keys::DB_STORED_PROCEDURE_NAME, name));
        let size = self.batch_size.and_then(|size| i64::try_from(size).ok());
        let size = size.map(|size| KeyValue::new(keys::DB_OPERATION_BATCH_SIZE, size));
        [operation_name(self.operation_name.clone())].into_iter().chain(text).chain(procedure).chain(size)
    }
}

/// Commands that call by a name what the server has.
const PROCEDURES: [&str; 4] = ["EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO"];

fn find<'a>(mut words: impl Iterator<Item = &'a [u8]>) -> Option<&'static Known> {
    commands::find(words.next()?, words.next())
}

fn operation_name(name: Cow<'static, str>) -> KeyValue {
    KeyValue::new(keys::DB_OPERATION_NAME, Value::String(StringValue::from(name)))
}
