//! [`LabelSets`]: the sets of labels that operations of a class, or calls of a function, had before. Who measures with one of them again has the SDK hash
//! none.
//!
//! Labels come to be known in steps: the first at the beginning, others with the answer, the outcome at the end. A step leads from one set to
//! the same larger one each time, so a set is found by the one before it and the labels that are new:
//!
//! ```text
//! {} ── GET, http ──► {GET, http} ── 1.1, /users/{id} ──► {GET, http, 1.1, /users/{id}} ── 200 ──► …
//! ```
//!
//! There is room for so many, and those that are there stay: what comes after them is recorded as if nobody had seen it before. Whoever looks for a set
//! writes nothing that another thread reads, and waits at most for somebody who makes one in the same place.

use std::ptr;
use std::sync::OnceLock;

use opentelemetry::{KeyValue, Value};

use crate::semconv::{Attribute, Said};

/// For how many sets there is room, as a power of two.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Room(pub(crate) u32);

/// In how many places a set may stand.
const PLACES: usize = 8;

/// An attribute of metrics, whoever keeps it.
pub(crate) trait Label {
    fn key(&self) -> &str;
    fn value(&self) -> LabelValue<'_>;
    fn owned(&self) -> KeyValue;
}

/// The value of a label, to be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LabelValue<'a> {
    Text(&'a str),
    Number(i64),
    Other(&'a Value),
}

impl PartialEq for LabelValue<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(text), Self::Text(other)) => is_same(text, other),
            (Self::Number(number), Self::Number(other)) => number == other,
            (Self::Other(value), Self::Other(other)) => value == other,
            _ => false,
        }
    }
}

/// Whether two texts are the same; most that are stand in the same place.
#[inline]
fn is_same(text: &str, other: &str) -> bool {
    ptr::eq(text, other) || text == other
}

impl Label for Attribute<'_> {
    #[inline]
    fn key(&self) -> &str {
        self.key
    }

    #[inline]
    fn value(&self) -> LabelValue<'_> {
        match &self.value {
            Said::Static(text) => LabelValue::Text(text),
            Said::Text(text) => LabelValue::Text(text),
            Said::Number(number) => LabelValue::Number(*number),
        }
    }

    fn owned(&self) -> KeyValue {
        self.clone().into()
    }
}

impl Label for KeyValue {
    #[inline]
    fn key(&self) -> &str {
        self.key.as_str()
    }

    #[inline]
    fn value(&self) -> LabelValue<'_> {
        match &self.value {
            Value::String(text) => LabelValue::Text(text.as_str()),
            Value::I64(number) => LabelValue::Number(*number),
            other => LabelValue::Other(other),
        }
    }

    fn owned(&self) -> KeyValue {
        self.clone()
    }
}

impl<L: Label> Label for &L {
    #[inline]
    fn key(&self) -> &str {
        (*self).key()
    }

    #[inline]
    fn value(&self) -> LabelValue<'_> {
        (*self).value()
    }

    fn owned(&self) -> KeyValue {
        (*self).owned()
    }
}

/// Which set it is, of those that there is room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(u16);

impl Number {
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// Labels that operations had.
#[derive(Debug)]
pub(crate) struct LabelSet {
    from: Option<Number>,
    added: Box<[KeyValue]>,
    /// All of them, in the order of their keys.
    pub(crate) labels: Box<[KeyValue]>,
}

impl LabelSet {
    fn is<L: Label>(&self, from: Option<Number>, mut added: impl Iterator<Item = L>) -> bool {
        let is = |known: &KeyValue| added.next().is_some_and(|label| known.value() == label.value() && is_same(known.key(), label.key()));
        self.from == from && self.added.iter().all(is) && added.next().is_none()
    }
}

/// The sets of a class of operations.
#[derive(Debug)]
pub(crate) struct LabelSets {
    room: Room,
    sets: OnceLock<Box<[OnceLock<Box<LabelSet>>]>>,
}

/// Something for each set, made when it is needed.
pub(crate) type OfSets<T> = OnceLock<Box<[OnceLock<T>]>>;

impl LabelSets {
    pub(crate) const fn new(room: Room) -> Self {
        Self { room, sets: OnceLock::new() }
    }

    pub(crate) fn get(&self, number: Number) -> Option<&LabelSet> {
        self.sets.get()?.get(number.index())?.get().map(Box::as_ref)
    }

    /// What there is of something for the set of this number.
    pub(crate) fn of<'a, T>(&self, all: &'a OfSets<T>, number: Number) -> Option<&'a OnceLock<T>> {
        all.get_or_init(|| self.places()).get(number.index())
    }

    fn places<T>(&self) -> Box<[OnceLock<T>]> {
        (0..1_usize << self.room.0).map(|_| OnceLock::new()).collect()
    }

    /// The set that has some labels more than another one has, or than none; `None` if there is no room for it.
    pub(crate) fn step<L: Label>(&self, from: Option<Number>, added: &(impl Iterator<Item = L> + Clone)) -> Option<Number> {
        let places = self.sets.get_or_init(|| self.places());
        let first = hash(self.room, from, added.clone());
        (0..PLACES).find_map(|next| {
            let place = first.wrapping_add(next) % places.len();
            let set = places[place].get_or_init(|| Box::new(self.make(from, added.clone())));
            if set.is(from, added.clone()) { u16::try_from(place).ok().map(Number) } else { None }
        })
    }

    #[cold]
    fn make<L: Label>(&self, from: Option<Number>, added: impl Iterator<Item = L>) -> LabelSet {
        let added: Box<[KeyValue]> = added.map(|label| label.owned()).collect();
        let before = from.and_then(|from| self.get(from)).map_or(&[][..], |set| &set.labels);
        let mut labels = [before, &added].concat();
        sort(&mut labels);
        LabelSet { from, added, labels: labels.into() }
    }
}

/// The SDK finds a set that it has seen before only in the same order.
pub(crate) fn sort(labels: &mut [KeyValue]) {
    labels.sort_by(|a, b| a.key.cmp(&b.key));
}

/// Where a set is looked for first. The labels of a step have the same keys nearly always, so that these say nothing.
fn hash<L: Label>(Room(room): Room, from: Option<Number>, added: impl Iterator<Item = L>) -> usize {
    let mut hash = Hash(from.map_or(0, |Number(from)| u64::from(from) + 1));
    for label in added {
        match label.value() {
            LabelValue::Text(text) => hash.text(text),
            LabelValue::Number(number) => hash.word(number.cast_unsigned()),
            LabelValue::Other(Value::Bool(is)) => hash.word(u64::from(*is)),
            LabelValue::Other(_) => {}
        }
    }
    #[allow(clippy::cast_possible_truncation, reason = "there are only so many bits")]
    let place = (hash.0 >> (u64::BITS - room)) as usize;
    place
}

/// A hash that is worked out in a few nanoseconds. Whoever finds texts that meet in it makes them be measured as if they were new, and no more than that.
struct Hash(u64);

impl Hash {
    #[inline]
    fn word(&mut self, word: u64) {
        // An odd number near 2⁶⁴ ÷ π: bits from everywhere come to the top.
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    #[inline]
    fn text(&mut self, text: &str) {
        let (words, rest) = text.as_bytes().as_chunks();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        self.word(rest.iter().fold(text.len() as u64, |word, byte| (word << 8) | u64::from(*byte)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::iter;

    use super::*;

    fn numbered(number: i64) -> [Attribute<'static>; 2] {
        [Attribute::fixed("b", "text"), Attribute::number("a", number)]
    }

    #[test]
    fn the_same_steps_lead_to_the_same_set() {
        let sets = LabelSets::new(Room(10));
        let first = sets.step(None, &numbered(1).iter()).unwrap();
        let second = sets.step(Some(first), &[Attribute::text("aa", "more".to_owned())].iter()).unwrap();
        assert_eq!(sets.step(None, &numbered(1).map(KeyValue::from).iter()), Some(first));
        assert_eq!(sets.step(Some(first), &[KeyValue::new("aa", "more")].iter()), Some(second));
        let labels = [KeyValue::new("a", 1), KeyValue::new("aa", "more"), KeyValue::new("b", "text")];
        assert_eq!(*sets.get(second).unwrap().labels, labels);
    }

    #[test]
    fn what_differs_in_anything_is_another_set() {
        let sets = LabelSets::new(Room(10));
        let known = sets.step(None, &numbered(1).iter()).unwrap();
        let others = [
            sets.step(None, &numbered(2).iter()),
            sets.step(None, &numbered(1)[..1].iter()),
            sets.step(None, &numbered(1).iter().chain(&[Attribute::fixed("c", "")])),
            sets.step(None, &[Attribute::fixed("other", "text"), Attribute::number("a", 1)].iter()),
            sets.step(None, &[KeyValue::new("b", "text"), KeyValue::new("a", 1.0)].iter()),
            sets.step(None, &[KeyValue::new("b", "text"), KeyValue::new("a", true)].iter()),
            sets.step(None, &[KeyValue::new("b", "text"), KeyValue::new("a", "1")].iter()),
            sets.step(Some(known), &numbered(1).iter()),
            sets.step(None, &iter::empty::<KeyValue>()),
            Some(known),
        ];
        let different: HashSet<u16> = others.iter().map(|other| other.unwrap().0).collect();
        assert_eq!(different.len(), others.len());
    }

    #[test]
    fn there_is_room_for_so_many_and_those_that_are_there_stay() {
        let sets = LabelSets::new(Room(10));
        let known: Vec<_> = (0..10_000).map(|number| sets.step(None, &numbered(number).iter())).collect();
        let count = known.iter().flatten().count();
        assert!(count <= 1024 && count > 512, "{count}");
        assert!((0..).zip(&known).all(|(number, known)| sets.step(None, &numbered(number).iter()) == *known));
    }
}
