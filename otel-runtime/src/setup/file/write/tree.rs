//! YAML as it is written: maps, lists, and texts in which nothing means anything else.

use std::fmt::{Display, Write};

#[derive(Debug)]
pub(super) enum Yaml {
    Nothing,
    /// A word or a number.
    Plain(String),
    /// A text, whatever is in it.
    Text(String),
    /// A text with variables in it, to be substituted where it is read.
    Reference(String),
    List(Vec<Yaml>),
    Map(Map),
}

impl Yaml {
    pub(super) fn plain(value: impl Display) -> Self {
        Self::Plain(value.to_string())
    }

    /// A number, which is one for the reader too.
    pub(super) fn number(value: f64) -> Self {
        match value {
            _ if value.is_nan() => Self::plain(".nan"),
            f64::INFINITY => Self::plain(".inf"),
            f64::NEG_INFINITY => Self::plain("-.inf"),
            _ => Self::Plain(format!("{value:?}")),
        }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        Self::List(texts.into_iter().map(Self::text).collect())
    }

    /// What stands behind a key or a dash on its line, if that is all.
    fn inline(&self) -> Option<String> {
        match self {
            Self::Nothing => Some(String::new()),
            Self::Plain(text) => Some(text.clone()),
            Self::Text(text) => Some(quoted(&text.replace('$', "$$"))),
            Self::Reference(text) => Some(quoted(text)),
            Self::List(items) => items.is_empty().then(|| "[]".to_owned()),
            Self::Map(map) => map.0.is_empty().then(|| "{}".to_owned()),
        }
    }

    fn lines(&self) -> Vec<String> {
        match (self.inline(), self) {
            (None, Self::List(items)) => items.iter().flat_map(|item| indented("- ", item.lines())).collect(),
            (None, Self::Map(map)) => map.lines(),
            (inline, _) => vec![inline.unwrap_or_default()],
        }
    }
}

impl From<Map> for Yaml {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

#[derive(Debug)]
enum Entry {
    Comment(String),
    Value(String, Yaml),
}

/// A map, in the order in which it is filled.
#[derive(Debug, Default)]
pub(super) struct Map(Vec<Entry>);

impl Map {
    /// One entry.
    pub(super) fn of(key: impl Into<String>, value: impl Into<Yaml>) -> Self {
        Self::default().with(key, value)
    }

    pub(super) fn with(mut self, key: impl Into<String>, value: impl Into<Yaml>) -> Self {
        self.0.push(Entry::Value(key.into(), value.into()));
        self
    }

    /// An entry, if there is something to say.
    pub(super) fn with_some(self, key: &str, value: Option<impl Into<Yaml>>) -> Self {
        match value {
            Some(value) => self.with(key, value),
            None => self,
        }
    }

    /// An entry, unless it would be empty.
    pub(super) fn with_any(self, key: &str, value: Self) -> Self {
        if value.0.is_empty() { self } else { self.with(key, value) }
    }

    pub(super) fn comment(mut self, comment: &str) -> Self {
        self.0.push(Entry::Comment(comment.escape_debug().to_string()));
        self
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let entry = |entry: &Entry| match entry {
            Entry::Comment(comment) => vec![format!("# {comment}")],
            Entry::Value(key, value) => match value.inline() {
                Some(inline) => vec![format!("{key}: {inline}").trim_end().to_owned()],
                None => [format!("{key}:")].into_iter().chain(indented("  ", value.lines())).collect(),
            },
        };
        self.0.iter().flat_map(entry).collect()
    }
}

/// Lines behind what stands before the first of them.
fn indented(first: &str, lines: Vec<String>) -> Vec<String> {
    let line = |(index, line): (usize, String)| format!("{}{line}", if index == 0 { first } else { "  " });
    lines.into_iter().enumerate().map(line).collect()
}

/// In quotes, with what is neither a letter nor a sign of ASCII by its number: then nothing is taken for the end of a line, or is not seen.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            ' '..='~' => quoted.push(letter),
            _ if letter.is_alphanumeric() => quoted.push(letter),
            // Writing to a text cannot fail.
            _ => drop(write!(quoted, "\\U{:08X}", u32::from(letter))),
        }
    }
    quoted.push('"');
    quoted
}
