//! What a query does, and to what ("Generating a summary of the query").
//!
//! A summary has the operations of a text and their targets, in the order in which they are written. The names of common table expressions are
//! no targets: what is behind them is.

mod statement;
mod verbs;

use super::tokens::{Kind, Token, Tokens};
use super::{Dialect, SUMMARY_LIMIT};

/// What there is of a kind of names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Names {
    #[default]
    None,
    One(String),
    /// Several, so that none stands for the query.
    Many,
}

impl Names {
    fn add(&mut self, name: &str) {
        match self {
            Self::None => *self = Self::One(name.to_owned()),
            Self::One(known) if known.eq_ignore_ascii_case(name) => {}
            _ => *self = Self::Many,
        }
    }

    fn one(self) -> Option<String> {
        match self {
            Self::One(name) => Some(name),
            Self::None | Self::Many => None,
        }
    }
}

/// What is known of one statement, or of a text.
#[derive(Debug, Default)]
pub(super) struct Summary {
    pub(super) text: String,
    pub(super) operation: Option<String>,
    pub(super) collection: Option<String>,
    pub(super) procedure: Option<String>,
    /// How many statements there are, if there are several.
    pub(super) batch_size: Option<usize>,
}

/// Gathers what is found in a statement.
#[derive(Debug, Default)]
struct Found {
    text: String,
    /// Nothing follows what had no room.
    is_full: bool,
    operations: Names,
    collections: Names,
    procedures: Names,
}

impl Found {
    fn operation(&mut self, name: &str) {
        self.operations.add(name);
        self.append(name);
    }

    fn append(&mut self, name: &str) {
        let separator = usize::from(!self.text.is_empty());
        self.is_full |= self.text.len() + separator + name.len() > SUMMARY_LIMIT;
        if !self.is_full {
            self.text.push_str(&" "[..separator]);
            self.text.push_str(name);
        }
    }

    fn summary(self) -> Summary {
        let (operation, collection, procedure) = (self.operations.one(), self.collections.one(), self.procedures.one());
        Summary { text: self.text, operation, collection, procedure, batch_size: None }
    }
}

/// Several statements in one text are a batch, which is called by what all of them have in common.
pub(super) fn summarize(text: &str, dialect: Dialect) -> Summary {
    let mut cursor = Cursor::new(text, dialect);
    let mut all: Option<Summary> = None;
    let mut statements = 0;
    while let Some(statement) = statement::next(&mut cursor) {
        statements += 1;
        let statement = statement.summary();
        all = Some(match all.take() {
            None => statement,
            Some(all) => Summary {
                text: common(all.text, &statement.text).unwrap_or_default(),
                operation: all.operation.and_then(|name| common(name, statement.operation.as_deref()?)),
                collection: all.collection.and_then(|name| common(name, statement.collection.as_deref()?)),
                procedure: all.procedure.and_then(|name| common(name, statement.procedure.as_deref()?)),
                batch_size: None,
            },
        });
    }
    let all = all.unwrap_or_default();
    if statements < 2 {
        return all;
    }
    let batch = |name: &str| if name.is_empty() || name.len() + 6 > SUMMARY_LIMIT { "BATCH".to_owned() } else { format!("BATCH {name}") };
    Summary {
        text: batch(&all.text),
        operation: Some(batch(all.operation.as_deref().unwrap_or_default())),
        batch_size: Some(statements),
        ..all
    }
}

fn common(name: String, other: &str) -> Option<String> {
    (name == other).then_some(name)
}

/// The tokens of a text that are not blank, with a look at the next one.
struct Cursor<'a> {
    tokens: Tokens<'a>,
    dialect: Dialect,
    next: Option<Token<'a>>,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Self {
        let mut tokens = Tokens::new(text, dialect);
        let next = tokens.find(|token| !token.is_blank());
        Self { tokens, dialect, next }
    }

    fn peek(&self) -> Option<Kind> {
        self.next.map(|token| token.kind)
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let token = self.next.take()?;
        self.next = self.tokens.find(|token| !token.is_blank());
        Some(token)
    }
}
