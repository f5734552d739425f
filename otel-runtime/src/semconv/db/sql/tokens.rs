//! SQL as tokens: no more than is needed to tell what is a literal from what is not, in the dialects that databases speak.
//!
//! Nothing is refused: what is no SQL comes as tokens too, and together they are the text. Where a text leaves it open whether something is a
//! literal, it is taken for one, since literals are what must not leave the program.

use super::Dialect;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Comment,
    /// A keyword or a name.
    Word,
    /// A name in quotes.
    Quoted,
    /// A value, which may be anything: a string, a number, `TRUE`.
    Literal,
    /// `?`, `$1`, `:name`, `@name`.
    Placeholder,
    Open,
    Close,
    Comma,
    Dot,
    /// A semicolon.
    End,
    Symbol,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

impl Token<'_> {
    /// Whether this is one of these keywords, which are in capitals.
    pub(super) fn is(&self, keywords: &[&str]) -> bool {
        self.kind == Kind::Word && keywords.iter().any(|keyword| keyword.eq_ignore_ascii_case(self.text))
    }

    /// Whether it stands for nothing but itself.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Space | Kind::Comment)
    }
}

/// The tokens of a text, all of it.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a str,
    dialect: Dialect,
    /// The last token that is not blank, and the one before.
    last: [Option<Token<'a>>; 2],
    /// Whether tables are being listed, after `FROM`.
    lists_tables: bool,
    /// Whether rows of values are being listed, after `VALUES`.
    lists_rows: bool,
    /// How deep in parentheses that list values.
    in_values: usize,
}

/// After these comes a table.
const BEFORE_TABLE: &[&str] = &["FROM", "INTO", "JOIN", "TABLE", "UPDATE"];
/// With these a list of tables ends.
const AFTER_TABLES: &[&str] =
    &["EXCEPT", "GROUP", "HAVING", "INTERSECT", "LIMIT", "ON", "ORDER", "RETURNING", "SELECT", "SET", "UNION", "VALUES", "WHERE", "WINDOW"];
/// After these comes a value.
const BEFORE_VALUE: &[&str] =
    &["BETWEEN", "ELSE", "ESCAPE", "GLOB", "IS", "LIKE", "LIMIT", "MATCH", "NOT", "OFFSET", "REGEXP", "THEN", "WHEN"];

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self { rest: text, dialect, last: [None; 2], lists_tables: false, lists_rows: false, in_values: 0 }
    }

    /// The kind of the next token, and its length, which ends between two characters. The text is not empty.
    fn classified(&self) -> (Kind, usize) {
        let bytes = self.rest.as_bytes();
        let next = bytes.get(1).copied().unwrap_or_default();
        match bytes[0] {
            b if b.is_ascii_whitespace() => (Kind::Space, run(bytes, |b| b.is_ascii_whitespace())),
            b'-' if next == b'-' && self.dashes_are_comment() => (Kind::Comment, run(bytes, |b| b != b'\n')),
            b'#' if self.dialect == Dialect::MySql => (Kind::Comment, run(bytes, |b| b != b'\n')),
            b'/' if next == b'*' => (Kind::Comment, comment(bytes, self.dialect == Dialect::PostgreSql)),
            b'\'' => self.quoted(self.single_quotes(), 0, self.dialect == Dialect::MySql),
            b'"' => self.quoted(self.double_quotes(), 0, self.dialect == Dialect::MySql),
            b'`' => self.quoted(Kind::Quoted, 0, false),
            b'[' if self.dialect == Dialect::Sqlite => match self.rest.find(']') {
                Some(end) => (Kind::Quoted, end + 1),
                None => (Kind::Literal, bytes.len()),
            },
            b'(' => (Kind::Open, 1),
            b')' => (Kind::Close, 1),
            b',' => (Kind::Comma, 1),
            b';' => (Kind::End, 1),
            b'.' if next.is_ascii_digit() && !self.follows_name() => (Kind::Literal, number(bytes)),
            b'.' => (Kind::Dot, 1),
            b'0'..=b'9' => (Kind::Literal, number(bytes)),
            b'?' => (Kind::Placeholder, 1 + run(&bytes[1..], |b| b.is_ascii_digit())),
            b'$' => self.dollar(),
            b':' if next == b':' || next == b'=' => (Kind::Symbol, 2),
            b':' if is_name(next) && !(next.is_ascii_digit() && self.dialect == Dialect::PostgreSql) => placeholder(bytes),
            b'@' if next == b'@' => (Kind::Symbol, 2),
            b'@' if is_name(next) => placeholder(bytes),
            b if is_name(b) => self.word(),
            _ => (Kind::Symbol, self.rest.chars().next().map_or(1, char::len_utf8)),
        }
    }

    /// In MySQL, `5--3` is 8.
    fn dashes_are_comment(&self) -> bool {
        let after = self.rest.as_bytes().get(2);
        self.dialect != Dialect::MySql || after.is_none_or(|after| after.is_ascii_whitespace() || after.is_ascii_control())
    }

    fn follows_name(&self) -> bool {
        self.last[0].is_some_and(|last| matches!(last.kind, Kind::Word | Kind::Quoted | Kind::Close))
    }

    /// What is in quotes, after so many bytes. What is never closed may have been meant to be anything.
    fn quoted(&self, kind: Kind, prefix: usize, has_escapes: bool) -> (Kind, usize) {
        match closed(&self.rest.as_bytes()[prefix..], has_escapes) {
            Some(length) => (kind, prefix + length),
            None => (Kind::Literal, self.rest.len()),
        }
    }

    /// SQLite takes a string for a name where only a name can be.
    fn single_quotes(&self) -> Kind {
        let [last, before] = self.last;
        let is_table = last.is_some_and(|last| last.is(BEFORE_TABLE) || (last.kind == Kind::Comma && self.lists_tables));
        let is_distinct = before.is_some_and(|before| before.is(&["DISTINCT"]));
        if self.dialect == Dialect::Sqlite && is_table && !is_distinct { Kind::Quoted } else { Kind::Literal }
    }

    /// A name, but in MySQL, and in SQLite where there is no such name: so it is taken for a string there where it is compared or stored.
    fn double_quotes(&self) -> Kind {
        let is_value = || {
            let follows = self.last[0].is_some_and(|last| last.kind == Kind::Symbol && last.text != "*" || last.is(BEFORE_VALUE));
            let has_member = closed(self.rest.as_bytes(), false).is_some_and(|end| self.rest[end..].trim_start().starts_with('.'));
            (follows || self.in_values > 0) && !has_member
        };
        match self.dialect {
            Dialect::MySql => Kind::Literal,
            Dialect::Sqlite if is_value() => Kind::Literal,
            _ => Kind::Quoted,
        }
    }

    /// `$1`, `$name`, and in PostgreSQL `$$ … $$` and `$tag$ … $tag$`.
    fn dollar(&self) -> (Kind, usize) {
        let bytes = self.rest.as_bytes();
        let name = run(&bytes[1..], is_name);
        let starts_with_digit = bytes.get(1).is_some_and(u8::is_ascii_digit);
        let tag = 1 + run(&bytes[1..], |b| is_name(b) && b != b'$');
        if self.dialect == Dialect::PostgreSql && !starts_with_digit && bytes.get(tag) == Some(&b'$') {
            let tag = &self.rest[..=tag];
            let length = self.rest[tag.len()..].find(tag).map_or(self.rest.len(), |end| end + 2 * tag.len());
            return (Kind::Literal, length);
        }
        if name == 0 { (Kind::Symbol, 1) } else { (Kind::Placeholder, 1 + name) }
    }

    /// A word, or a literal that begins with one: `E'…'`, `X'…'`, `TRUE`.
    fn word(&self) -> (Kind, usize) {
        let bytes = self.rest.as_bytes();
        let length = run(bytes, is_name);
        let word = Token { kind: Kind::Word, text: &self.rest[..length] };
        if bytes.get(length) == Some(&b'\'') && word.is(&["B", "E", "N", "X"]) {
            return self.quoted(Kind::Literal, length, self.dialect == Dialect::MySql || word.is(&["E"]));
        }
        let is_member = self.last[0].is_some_and(|last| last.kind == Kind::Dot);
        if word.is(&["FALSE", "TRUE"]) && !is_member { (Kind::Literal, length) } else { (Kind::Word, length) }
    }

    /// Notes what decides about quotes that are still to come.
    fn note(&mut self, token: Token<'a>) {
        match token.kind {
            Kind::Open if self.in_values > 0 || self.lists_rows || self.last[0].is_some_and(|last| last.is(&["IN"])) => self.in_values += 1,
            Kind::Open => self.lists_tables = false,
            Kind::Close => self.in_values = self.in_values.saturating_sub(1),
            Kind::End => (self.lists_tables, self.lists_rows, self.in_values) = (false, false, 0),
            Kind::Word => {
                self.lists_tables = token.is(&["FROM"]) || (self.lists_tables && !token.is(AFTER_TABLES));
                self.lists_rows = token.is(&["VALUES"]) || (self.lists_rows && !token.is(&["AS", "ON", "RETURNING", "SELECT"]));
                if token.is(&["SELECT"]) {
                    self.in_values = 0;
                }
            }
            _ => {}
        }
        if !token.is_blank() {
            self.last = [Some(token), self.last[0]];
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let (kind, length) = self.classified();
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        let token = Token { kind, text };
        self.note(token);
        Some(token)
    }
}

/// Letters, digits, `_`, `$`, and all that is not ASCII.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || !byte.is_ascii()
}

/// How many of the first bytes are so.
fn run(bytes: &[u8], is_so: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|byte| !is_so(*byte)).unwrap_or(bytes.len())
}

fn placeholder(bytes: &[u8]) -> (Kind, usize) {
    (Kind::Placeholder, 1 + run(&bytes[1..], is_name))
}

/// A number, with all letters that follow: `0xFF`, `1_000`, `2.5e-3`. A name that begins with a digit is not told from one.
fn number(bytes: &[u8]) -> usize {
    let is_decimal = !matches!(bytes, [b'0', b'x' | b'X', ..]);
    let mut length = 0;
    loop {
        length += run(&bytes[length..], |b| is_name(b) || b == b'.');
        let has_sign = matches!(bytes.get(length), Some(b'+' | b'-')) && bytes.get(length + 1).is_some_and(u8::is_ascii_digit);
        if !(has_sign && is_decimal && matches!(bytes[length - 1], b'e' | b'E')) {
            return length;
        }
        length += 1;
    }
}

/// A comment, which ends with the text if it is not closed.
fn comment(bytes: &[u8], nests: bool) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" if nests || depth == 0 => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// The length of what is in quotes such as the first byte, quotes included. A quote in it is doubled, or has a backslash before it.
fn closed(bytes: &[u8], has_escapes: bool) -> Option<usize> {
    let quote = *bytes.first()?;
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        at += match *byte {
            b'\\' if has_escapes => 2,
            byte if byte == quote && bytes.get(at + 1) == Some(&quote) => 2,
            byte if byte == quote => return Some(at + 1),
            _ => 1,
        };
    }
    None
}
