//! A command as a user of `redis-cli` would write it, without what may be secret in it ("Sanitization of `db.query.text`").

use std::fmt::Write;

use super::super::TEXT_LIMIT;
use super::Wanted;
use super::commands::{Arguments, Known};

/// A text that is never longer than it may be: it ends where an argument does.
#[derive(Debug, Default)]
pub(super) struct Text {
    text: String,
    is_full: bool,
}

impl Text {
    /// Appends a command, of which nothing but its name is known if `known` is `None`.
    pub(super) fn push_command<'a>(&mut self, known: Option<&Known>, wanted: Wanted, words: impl Iterator<Item = &'a [u8]> + Clone) {
        if self.is_full || wanted == Wanted::NoText {
            return;
        }
        let named = known.map_or(1, |known| known.words);
        for (index, word) in words.clone().take(named).enumerate() {
            // What is no known command may be anything.
            self.push_word(index > 0, Some(word).filter(|word| known.is_some() || is_name(word)));
        }
        let arguments = words.skip(named);
        let shown = Shown::of(known.map_or(Arguments::First(0), |known| known.arguments), arguments.clone());
        for (index, argument) in arguments.enumerate() {
            self.push_word(true, Some(argument).filter(|_| shown.is_shown(index) && wanted == Wanted::Keys));
            if self.is_full {
                break;
            }
        }
    }

    /// Appends a word, or what stands for one that is not shown.
    fn push_word(&mut self, is_apart: bool, word: Option<&[u8]>) {
        let space = if is_apart { " " } else { "" };
        match word {
            // Not even to be looked at: a key may have half a gigabyte.
            Some(word) if word.len() > TEXT_LIMIT => self.is_full = true,
            Some(word) => self.push(|text| {
                text.push_str(space);
                write_argument(text, word);
            }),
            None => self.push(|text| text.extend([space, "?"])),
        }
    }

    /// Appends what is between two commands, and says where the next one begins.
    pub(super) fn push_separator(&mut self, wanted: Wanted) -> usize {
        if wanted != Wanted::NoText {
            self.push(|text| text.push_str("; "));
        }
        self.text.len()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.text.truncate(length);
    }

    pub(super) fn into_string(self) -> String {
        self.text
    }

    fn push(&mut self, write: impl FnOnce(&mut String)) {
        if self.is_full {
            return;
        }
        let length = self.text.len();
        write(&mut self.text);
        if self.text.len() > TEXT_LIMIT {
            self.text.truncate(length);
            self.is_full = true;
        }
    }
}

/// Whether this may be the name of a command that is not known here, such as one of a module's.
pub(super) fn is_name(word: &[u8]) -> bool {
    (1..=64).contains(&word.len()) && word.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

/// Which arguments of a command are shown.
struct Shown {
    arguments: Arguments,
    /// How many arguments there are, where that counts.
    count: usize,
    /// From here up to there, where the arguments say so themselves.
    counted: (usize, usize),
}

impl Shown {
    fn of<'a>(arguments: Arguments, given: impl Iterator<Item = &'a [u8]> + Clone) -> Self {
        let mut shown = Self { arguments, count: 0, counted: (0, 0) };
        let counted = |at: usize| {
            let count = given.clone().nth(at).and_then(|count| str::from_utf8(count).ok()?.parse::<usize>().ok());
            // Where the number should be there may be something else.
            (at, count.map_or(at, |count| count.saturating_add(at + 1)))
        };
        match arguments {
            Arguments::First(_) | Arguments::All | Arguments::Pairs(_) => {}
            Arguments::AllButLast => shown.count = given.count(),
            Arguments::Counted(at) => shown.counted = counted(at),
            Arguments::CountedAfterValue => shown.counted = counted(1),
            Arguments::Streams => {
                let count = given.clone().count();
                let word = given.clone().position(|argument| argument.eq_ignore_ascii_case(b"STREAMS")).unwrap_or(count);
                // As many streams as places in them.
                shown.counted = (word, word + 1 + count.saturating_sub(word + 1) / 2);
            }
        }
        shown
    }

    fn is_shown(&self, index: usize) -> bool {
        let (from, to) = self.counted;
        let is_counted = (from..to).contains(&index);
        match self.arguments {
            Arguments::First(first) => index < first,
            Arguments::All => true,
            Arguments::AllButLast => index + 1 < self.count,
            Arguments::Pairs(first) => index < first || (index - first).is_multiple_of(2),
            Arguments::Counted(first) => index < first || is_counted,
            Arguments::CountedAfterValue | Arguments::Streams => is_counted,
        }
    }
}

/// Writes an argument, in quotes where it is more than a word.
fn write_argument(text: &mut String, argument: &[u8]) {
    let is_word = |letter: char| !letter.is_whitespace() && !letter.is_control() && !"\"'\\;?".contains(letter);
    match str::from_utf8(argument) {
        Ok(word) if !word.is_empty() && word.chars().all(is_word) => text.push_str(word),
        _ => {
            text.push('"');
            for chunk in argument.utf8_chunks() {
                for letter in chunk.valid().chars() {
                    match letter {
                        '"' | '\\' => text.extend(['\\', letter]),
                        '\n' => text.push_str("\\n"),
                        '\r' => text.push_str("\\r"),
                        '\t' => text.push_str("\\t"),
                        letter if letter.is_ascii_control() => push_byte(text, letter as u8),
                        letter => text.push(letter),
                    }
                }
                chunk.invalid().iter().for_each(|byte| push_byte(text, *byte));
            }
            text.push('"');
        }
    }
}

fn push_byte(text: &mut String, byte: u8) {
    // A text takes whatever is written to it.
    let _ = write!(text, "\\x{byte:02x}");
}
