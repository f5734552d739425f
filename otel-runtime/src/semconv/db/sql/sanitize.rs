//! The text of a query without what may be secret in it ("Sanitization of `db.query.text`").

use std::mem;

use super::super::TEXT_LIMIT;
use super::Dialect;
use super::tokens::{Kind, Tokens};

/// The text with `?` for every literal, and without comments. A list `IN (?, ?, ?)` becomes `IN (?)`.
pub(super) fn sanitize(text: &str, dialect: Dialect) -> String {
    let mut output = Output { text: String::with_capacity(text.len().min(TEXT_LIMIT)), list: List::None };
    for token in Tokens::new(text, dialect) {
        let list = output.list;
        output.list = match (token.kind, list) {
            (Kind::Space | Kind::Comment, list) | (Kind::Comma, list @ List::Open { .. }) => list,
            (Kind::Word, _) if token.is(&["IN"]) => List::Announced,
            (Kind::Open, List::Announced) => List::Open { start: output.text.len() + 1, items: 0 },
            (Kind::Literal | Kind::Placeholder, List::Open { start, items }) if token.kind == Kind::Literal || token.text == "?" => {
                List::Open { start, items: items + 1 }
            }
            (Kind::Close, List::Open { start, items }) if items > 1 => {
                output.text.truncate(start);
                output.text.push('?');
                List::None
            }
            _ => List::None,
        };
        let is_all = match token.kind {
            Kind::Literal => output.push("?"),
            Kind::Comment => output.text.ends_with(char::is_whitespace) || output.push(" "),
            _ => output.push(token.text),
        };
        if !is_all {
            break;
        }
    }
    output.trimmed()
}

struct Output {
    text: String,
    list: List,
}

/// How much of a list `IN (?, ?)` was seen.
#[derive(Clone, Copy)]
enum List {
    None,
    Announced,
    /// Where its items begin, and how many there were.
    Open {
        start: usize,
        items: usize,
    },
}

impl Output {
    /// Appends a token, unless the text is as long as it may be.
    fn push(&mut self, token: &str) -> bool {
        let has_room = self.text.len() + token.len() <= TEXT_LIMIT;
        if has_room {
            self.text.push_str(token);
        }
        has_room
    }

    fn trimmed(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        let leading = self.text.len() - self.text.trim_start().len();
        self.text.drain(..leading);
        mem::take(&mut self.text)
    }
}
