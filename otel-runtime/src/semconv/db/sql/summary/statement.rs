//! One statement: a walk over its tokens that knows in which parentheses, and in which clause there, it is.

use super::super::Dialect;
use super::super::tokens::{Kind, Token};
use super::verbs::{self, After};
use super::{Cursor, Found};

/// Names of common table expressions that are remembered. A text that has more has them as targets.
const MAX_EXPRESSIONS: usize = 32;

/// Where a walk is, inside of the same parentheses.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    clause: Clause,
    /// Whether this is what `FROM` and `JOIN` belong to: not so in `EXTRACT(YEAR FROM …)`.
    is_query: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Clause {
    #[default]
    Other,
    /// The next name is a target.
    Target(Target),
    /// A comma is followed by the next target.
    Listed(Target),
    /// The next name is that of a common table expression.
    Expression,
    /// A comma is followed by the next one, and parentheses by a command.
    Expressions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// One of several tables, or what gives rows as a table does.
    Source,
    Tables,
    Table,
    Object,
    Procedure,
}

struct Walk<'a, 'c> {
    cursor: &'c mut Cursor<'a>,
    found: Found,
    frames: Vec<Frame>,
    /// Unquoted.
    expressions: Vec<&'a str>,
    /// Whether a command may come next.
    at_start: bool,
    last: Option<Token<'a>>,
}

/// What is found in the next statement that is not empty.
pub(super) fn next(cursor: &mut Cursor<'_>) -> Option<Found> {
    while cursor.peek()? == Kind::End {
        cursor.next();
    }
    let (found, frames, expressions) = (Found::default(), vec![Frame::default()], Vec::new());
    let mut walk = Walk { cursor, found, frames, expressions, at_start: true, last: None };
    while let Some(token) = walk.cursor.next() {
        if token.kind == Kind::End {
            break;
        }
        walk.step(token);
        walk.last = Some(token);
    }
    Some(walk.found)
}

impl<'a> Walk<'a, '_> {
    fn step(&mut self, token: Token<'a>) {
        match token.kind {
            Kind::Open => self.open(),
            Kind::Close => {
                if self.frames.len() > 1 {
                    self.frames.pop();
                }
                self.at_start = self.clause() == Clause::Expressions || self.explains();
            }
            Kind::Comma => match self.clause() {
                Clause::Listed(target) => self.set(Clause::Target(target)),
                Clause::Expressions => self.set(Clause::Expression),
                _ => {}
            },
            Kind::Word if !self.follows(Kind::Dot) => self.word(token),
            Kind::Quoted => self.name(token),
            _ => {
                if matches!(self.clause(), Clause::Target(_)) {
                    self.set(Clause::Other);
                }
                self.at_start = false;
            }
        }
    }

    /// Parentheses: those of a query, of a join, or of something else.
    fn open(&mut self) {
        let clause = self.clause();
        let Clause::Target(target) = clause else {
            self.frames.push(Frame::default());
            self.at_start |= !matches!(clause, Clause::Listed(_));
            return;
        };
        self.set(Clause::Listed(target));
        let is_source = target == Target::Source;
        self.frames.push(Frame { clause: if is_source { clause } else { Clause::Other }, is_query: is_source });
        self.at_start = true;
    }

    fn word(&mut self, word: Token<'a>) {
        let may_begin = self.at_start || (word.is(&["WITH"]) && self.follows_word("AS"));
        if word.is(&["SELECT"]) || (may_begin && self.is_command(word)) {
            return self.command(word);
        }
        let is_query = self.frame().is_query;
        if matches!(self.clause(), Clause::Target(_) | Clause::Expression) {
            if word.is(verbs::CLAUSES) {
                self.set(Clause::Other);
            } else if word.is(&["FROM", "USING"]) && is_query {
                self.set(Clause::Target(Target::Source));
            } else {
                self.name(word);
            }
        } else if word.is(verbs::CLAUSES) {
            self.set(Clause::Other);
        } else if is_query && (word.is(&["JOIN", "INTO"]) || self.begins_sources(word)) {
            self.set(Clause::Target(Target::Source));
        }
        self.at_start &= self.explains();
    }

    /// Whether all that was seen are the options of `EXPLAIN`.
    fn explains(&self) -> bool {
        self.found.text.eq_ignore_ascii_case("EXPLAIN")
    }

    /// `FROM`, but in `IS DISTINCT FROM`; `USING`, but before columns.
    fn begins_sources(&self, word: Token<'_>) -> bool {
        let is_comparison = self.last.is_some_and(|last| last.is(&["DISTINCT"]));
        word.is(&["FROM"]) && !is_comparison || word.is(&["USING"]) && self.cursor.peek() != Some(Kind::Open)
    }

    /// Anything may begin a statement; in the midst of one, only what can stand in parentheses or after names of queries, and there `REPLACE(…)`
    /// and `(delete, …)` are none.
    fn is_command(&self, word: Token<'_>) -> bool {
        if self.last.is_none() {
            return verbs::after(word.text).is_some();
        }
        let is_followed = matches!(self.cursor.peek(), Some(Kind::Word | Kind::Quoted));
        word.is(&["DELETE", "INSERT", "MERGE", "UPDATE", "WITH"]) && is_followed
    }

    fn command(&mut self, verb: Token<'a>) {
        self.at_start = false;
        let after = verbs::after(verb.text).unwrap_or(After::Nothing);
        if after == After::Definition {
            return self.definition(verb);
        }
        if after != After::Names {
            self.found.operation(verb.text);
        }
        let is_procedure = after == After::Procedure || (verb.is(&["EXECUTE"]) && self.cursor.dialect == Dialect::Other);
        self.set(match after {
            After::Nothing | After::Query | After::Definition | After::Command => Clause::Other,
            After::Tables => Clause::Target(Target::Tables),
            After::Table => Clause::Target(Target::Table),
            _ if is_procedure => Clause::Target(Target::Procedure),
            After::Object | After::Procedure => Clause::Target(Target::Object),
            After::Names => Clause::Expression,
        });
        self.at_start = after == After::Command;
        let is_query = matches!(after, After::Query | After::Tables) || verb.is(&["MERGE"]);
        if let Some(frame) = self.frames.last_mut() {
            frame.is_query = is_query;
        }
    }

    /// `CREATE`, `ALTER` or `DROP`, and what it is that is defined: nothing but the command, if that does not follow soon.
    fn definition(&mut self, verb: Token<'a>) {
        const SOON: usize = 16;
        for _ in 0..SOON {
            if matches!(self.cursor.peek(), None | Some(Kind::End | Kind::Open)) {
                break;
            }
            let Some(token) = self.cursor.next() else { break };
            if token.is(verbs::DEFINED) {
                self.found.operation(&format!("{} {}", verb.text, token.text));
                return self.set(match token {
                    _ if token.is(verbs::PERSONAL) => Clause::Other,
                    _ if token.is(&["TABLE"]) && verb.is(&["DROP"]) => Clause::Target(Target::Tables),
                    _ if token.is(&["TABLE"]) => Clause::Target(Target::Table),
                    _ => Clause::Target(Target::Object),
                });
            }
        }
        self.found.operation(verb.text);
    }

    /// A name, which counts if one is expected.
    fn name(&mut self, first: Token<'a>) {
        self.at_start = false;
        let target = match self.clause() {
            Clause::Target(_) if first.is(verbs::NO_NAMES) || (self.follows_word("OR") && first.is(verbs::CONFLICTS)) => return,
            Clause::Expression if first.is(&["RECURSIVE"]) => return,
            Clause::Expression => {
                if self.expressions.len() < MAX_EXPRESSIONS {
                    self.expressions.push(unquoted(first));
                }
                return self.set(Clause::Expressions);
            }
            Clause::Target(target) => target,
            _ => return,
        };
        let (mut written, mut name) = (first.text.to_owned(), unquoted(first).to_owned());
        let mut is_simple = true;
        while self.cursor.peek() == Some(Kind::Dot) {
            self.cursor.next();
            if !matches!(self.cursor.peek(), Some(Kind::Word | Kind::Quoted)) {
                break;
            }
            let Some(part) = self.cursor.next() else { break };
            is_simple = false;
            written.extend([".", part.text]);
            name.extend([".", unquoted(part)]);
        }
        let is_list = matches!(target, Target::Source | Target::Tables);
        self.set(if is_list { Clause::Listed(target) } else { Clause::Other });
        if is_simple && self.expressions.iter().any(|expression| expression.eq_ignore_ascii_case(&name)) {
            return;
        }
        match target {
            // A function that gives rows.
            Target::Source if self.cursor.peek() == Some(Kind::Open) => {}
            Target::Source | Target::Tables | Target::Table => self.found.collections.add(&name),
            Target::Procedure => self.found.procedures.add(&name),
            Target::Object => {}
        }
        self.found.append(&written);
    }

    fn frame(&self) -> Frame {
        self.frames.last().copied().unwrap_or_default()
    }

    fn clause(&self) -> Clause {
        self.frame().clause
    }

    fn set(&mut self, clause: Clause) {
        if let Some(frame) = self.frames.last_mut() {
            frame.clause = clause;
        }
    }

    fn follows(&self, kind: Kind) -> bool {
        self.last.is_some_and(|last| last.kind == kind)
    }

    fn follows_word(&self, word: &str) -> bool {
        self.last.is_some_and(|last| last.is(&[word]))
    }
}

/// A name as the database knows it, but for quotes in it that are doubled.
fn unquoted(name: Token<'_>) -> &str {
    if name.kind == Kind::Quoted { &name.text[1..name.text.len() - 1] } else { name.text }
}
