//! Values of a file by their types, and maps by their keys: what is wrong is said of its place, and does not stop what comes after it.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::rc::Rc;
use std::time::Duration;

use super::problem::{Place, Problem, Remarks};
use super::scalar::Kind;
use super::substitute::is_reference;
use super::yaml::{Entry, Node, Scalar, Value, shown_key};
use crate::delivery::Stated;
use crate::setup::env::{MAX_MILLIS, shown_not_one_of};
use crate::setup::variables::names::{self, did_you_mean};

/// A value, and the keys that lead to it.
#[derive(Clone)]
pub(super) struct Field<'a> {
    remarks: &'a Remarks,
    node: &'a Node,
    /// That of the key, where it has one: a value may be nothing, and stand nowhere.
    place: Place,
    pub(super) path: String,
}

/// A map, whose keys are asked for one by one; those that nobody asked for are unknown.
pub(super) struct Section<'a> {
    remarks: &'a Remarks,
    entries: &'a [Entry],
    place: Place,
    pub(super) path: String,
    asked: RefCell<Vec<&'static str>>,
    /// Those that were asked for with `/development` at their end, or without.
    in_development: RefCell<Vec<&'static str>>,
    /// The things of which it was asked to stand for one, which leaves no key unknown.
    choices: RefCell<Vec<&'static str>>,
    /// Whether it is only there to be asked what could be in it.
    is_sham: bool,
}

/// The end of keys whose meaning may still change.
const DEVELOPMENT: &str = "/development";

impl<'a> Field<'a> {
    /// The whole of a file.
    pub(super) fn root(remarks: &'a Remarks, node: &'a Node) -> Self {
        Self { remarks, node, place: node.place, path: String::new() }
    }

    /// The key with its place, for messages that come later.
    pub(super) fn named(&self) -> String {
        format!("{} ({})", self.path, self.place)
    }

    pub(super) fn error(&self, problem: impl Display) {
        self.remarks.error(Problem::new(self.place, &self.path, problem));
    }

    pub(super) fn warn(&self, problem: impl Display) {
        self.remarks.warn(Problem::new(self.place, &self.path, problem));
    }

    fn scalar(&self) -> Option<&'a Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    pub(super) fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.kind() == Kind::Null)
    }

    /// As in "… is a list".
    fn kind(&self) -> &'static str {
        match &self.node.value {
            Value::Scalar(scalar) => scalar.kind().name(),
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// A scalar that has what is expected, or an error.
    fn typed<T>(&self, expected: &str, read: impl Fn(&Scalar) -> Option<T>) -> Option<T> {
        let value = self.scalar().and_then(&read);
        if value.is_none() {
            let quotes = match self.scalar() {
                Some(scalar) if !scalar.is_plain && read(&Scalar { is_plain: true, ..scalar.clone() }).is_some() => " without quotes",
                _ => "",
            };
            self.error(format!("this is {}; expected is {expected}{quotes}", self.kind()));
        }
        value
    }

    /// A text. What a variable has is one whatever it looks like: a password may be a number.
    pub(super) fn text(&self) -> Option<String> {
        self.typed("a text, in quotes if it looks like something else", |scalar| {
            let is_text = scalar.kind() == Kind::Text || scalar.written.is_some();
            is_text.then(|| scalar.text.clone())
        })
    }

    /// A text, or what looks like something else, as it stands there.
    pub(super) fn any_scalar(&self) -> Option<String> {
        self.typed("a text", |scalar| Some(scalar.text.clone()))
    }

    /// A text as it was written, if what is in it is a variable's.
    pub(super) fn reference(&self) -> Option<&'a str> {
        self.scalar()?.written.as_deref().filter(|written| is_reference(written))
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        self.typed("true or false", |scalar| match scalar.kind() {
            Kind::Bool(value) => Some(value),
            _ => None,
        })
    }

    /// A whole number of a range.
    pub(super) fn integer<T>(&self, range: RangeInclusive<T>) -> Option<T>
    where
        T: TryFrom<i128> + PartialOrd + Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let number = self.typed(&expected, |scalar| match scalar.kind() {
            Kind::Int(number) => Some(number),
            _ => None,
        })?;
        let value = T::try_from(number).ok().filter(|value| range.contains(value));
        if value.is_none() {
            self.error(format!("`{}` is not {expected}", self.shown()));
        }
        value
    }

    /// A number of a range.
    pub(super) fn number(&self, range: &RangeInclusive<f64>) -> Option<f64> {
        let expected = format!("a number from {} to {}", range.start(), range.end());
        let number = self.any_number(&expected)?;
        if !range.contains(&number) {
            self.error(format!("`{}` is not {expected}", self.shown()));
            return None;
        }
        Some(number)
    }

    /// A number, of which `expected` says more.
    pub(super) fn any_number(&self, expected: &str) -> Option<f64> {
        self.typed(expected, |scalar| match scalar.kind() {
            #[allow(clippy::cast_precision_loss, reason = "as where it is written with a point")]
            Kind::Int(number) => Some(number as f64),
            Kind::Float(number) => Some(number),
            _ => None,
        })
    }

    /// Milliseconds, at least one.
    pub(super) fn duration(&self) -> Option<Duration> {
        let millis = self.integer(0..=MAX_MILLIS)?;
        if millis == 0 {
            self.warn("0 is taken for 1, which is as short as there is");
        }
        Some(Duration::from_millis(millis.max(1)))
    }

    /// One of several words.
    pub(super) fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Option<T> {
        let text = self.text()?;
        let word = words.iter().find(|(name, _)| *name == text).map(|(_, word)| *word);
        if word.is_none() {
            self.error(shown_not_one_of(self.shown(), &text, words, &[]));
        }
        word
    }

    /// For a message: with the names of variables instead of their values.
    pub(super) fn shown(&self) -> &str {
        self.scalar().map_or("", Scalar::shown)
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Vec<Self> {
        match &self.node.value {
            Value::List(items) => {
                let item = |(index, node): (usize, &'a Rc<Node>)| Self {
                    remarks: self.remarks,
                    node,
                    place: node.place,
                    path: format!("{}[{index}]", self.path),
                };
                items.iter().enumerate().map(item).collect()
            }
            _ if self.is_null() => Vec::new(),
            _ => {
                self.error(format!("this is {}; expected is a list", self.kind()));
                Vec::new()
            }
        }
    }

    /// Texts of a list.
    pub(super) fn texts(&self) -> Vec<String> {
        self.items().iter().filter_map(Self::text).collect()
    }

    /// Reads a map; nothing is an empty one. Keys that are not asked for are unknown.
    pub(super) fn section<T>(&self, read: impl FnOnce(&Section<'a>) -> T) -> Option<T> {
        self.any_section(|section| {
            let value = read(section);
            section.finish();
            value
        })
    }

    /// As [`section`](Self::section), of which others know the other keys.
    pub(super) fn any_section<T>(&self, read: impl FnOnce(&Section<'a>) -> T) -> Option<T> {
        let entries: Option<&'a [Entry]> = match &self.node.value {
            Value::Map(entries) => Some(entries),
            _ => self.is_null().then_some(&[]),
        };
        let section = Section {
            remarks: self.remarks,
            entries: entries.unwrap_or_default(),
            place: self.place,
            path: self.path.clone(),
            asked: RefCell::default(),
            in_development: RefCell::default(),
            choices: RefCell::default(),
            is_sham: entries.is_none(),
        };
        let value = read(&section);
        if section.is_sham {
            self.error(format!("this is {}; expected is a map{}", self.kind(), self.chosen_without_a_map(&section.choices.borrow())));
        }
        Some(value).filter(|_| !section.is_sham)
    }

    /// `exporter: console` is an easy mistake for `exporter: {console: }`.
    fn chosen_without_a_map(&self, choices: &[&'static str]) -> String {
        let written = self.scalar().map_or("", |scalar| &scalar.text);
        names::meant(plain(written), choices.iter().copied()).map_or_else(String::new, |meant| format!(" (did you mean `{{{meant}: }}`?)"))
    }

    /// What has nothing to be set.
    pub(super) fn empty(&self) {
        self.section(|_| ());
    }
}

impl<'a> Section<'a> {
    /// Where what is in it is stated.
    pub(super) fn stated(&self) -> Stated {
        Stated::At(format!("{} ({})", self.path, self.place))
    }

    pub(super) fn error(&self, problem: impl Display) {
        if !self.is_sham {
            self.remarks.error(Problem::new(self.place, &self.path, problem));
        }
    }

    fn field(&self, entry: &'a Entry) -> Field<'a> {
        let key = shown_key(&entry.key);
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Field { remarks: self.remarks, node: &entry.node, place: entry.place, path }
    }

    /// What a key has, if it is there.
    pub(super) fn get(&self, key: &'static str) -> Option<Field<'a>> {
        self.asked.borrow_mut().push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key);
        self.remarks.know(&self.path, key, entry.is_some());
        entry.map(|entry| self.field(entry))
    }

    /// What a key has, if it has something.
    pub(super) fn value(&self, key: &'static str) -> Option<Field<'a>> {
        self.get(key).filter(|field| !field.is_null())
    }

    /// As [`value`](Self::value), of a key that is written with `/development` as long as its meaning may change.
    pub(super) fn development(&self, key: &'static str) -> Option<Field<'a>> {
        self.in_development.borrow_mut().push(key);
        let entry = self.entries.iter().find(|entry| plain(&entry.key) == key);
        self.remarks.know(&self.path, key, entry.is_some());
        entry.map(|entry| self.field(entry)).filter(|field| !field.is_null())
    }

    /// What a key has that must be there.
    pub(super) fn required(&self, key: &'static str) -> Option<Field<'a>> {
        let field = self.get(key);
        if field.is_none() {
            self.error(format!("`{key}` is missing"));
        }
        field
    }

    /// Milliseconds, of which 0 is no limit.
    pub(super) fn timeout(&self, key: &'static str, default: Duration) -> Option<Duration> {
        let millis = self.value(key).and_then(|timeout| timeout.integer(0..=MAX_MILLIS));
        let timeout = millis.map_or(default, Duration::from_millis);
        (!timeout.is_zero()).then_some(timeout)
    }

    /// A key that the specification has and this version does nothing with.
    pub(super) fn unsupported(&self, key: &'static str, instead: &str) {
        if let Some(field) = self.development(key) {
            field.warn(format!("is not supported by this version, and ignored{instead}"));
        }
    }

    /// The one entry of a map that stands for one of several things: its key, and what it has.
    pub(super) fn component(&self, choices: &[&'static str]) -> Option<(&'static str, Field<'a>)> {
        self.choices.borrow_mut().extend_from_slice(choices);
        for choice in choices {
            self.remarks.know(&self.path, choice, self.entries.iter().any(|entry| plain(&entry.key) == *choice));
        }
        let [entry] = self.entries else {
            let said = if self.entries.is_empty() { "nothing is chosen" } else { "only one can be chosen" };
            self.error(format!("{said}; the choices are {}", choices.join(", ")));
            return None;
        };
        let field = self.field(entry);
        let Some(choice) = choices.iter().find(|choice| **choice == plain(&entry.key)) else {
            field.error(format!("there is no such choice{}; the choices are {}", meant_key(&entry.key, choices), choices.join(", ")));
            return None;
        };
        Some((choice, field))
    }

    fn finish(&self) {
        if !self.choices.borrow().is_empty() {
            return;
        }
        let (asked, in_development) = (self.asked.borrow(), self.in_development.borrow());
        let is_known = |key: &str| asked.contains(&key) || in_development.contains(&plain(key));
        for entry in self.entries.iter().filter(|entry| !is_known(&entry.key)) {
            let known: Vec<&'static str> = asked.iter().chain(in_development.iter()).copied().collect();
            let meant = meant_key(&entry.key, &known);
            self.field(entry).warn(format!("is not a key that this version knows{meant}; it is ignored"));
        }
    }
}

fn plain(key: &str) -> &str {
    key.strip_suffix(DEVELOPMENT).unwrap_or(key)
}

/// The known key that is most like one that is not.
fn meant_key(key: &str, known: &[&'static str]) -> String {
    did_you_mean(plain(key), known.iter().copied())
}
