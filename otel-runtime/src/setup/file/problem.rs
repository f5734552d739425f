//! What is said of a file, and of which place in it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

/// A line and a column, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Something that is wrong, or ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) place: Place,
    /// The keys that lead there, and what is said of it.
    pub(super) text: String,
}

impl Problem {
    pub(super) fn new(place: Place, path: &str, problem: impl fmt::Display) -> Self {
        let text = if path.is_empty() { problem.to_string() } else { format!("{path}: {problem}") };
        Self { place, text }
    }
}

/// `12:5: tracer_provider.sampler: …`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// All that is said of a file.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    errors: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
    /// The keys that were asked for, by the keys that lead to them, and whether they were there.
    pub(super) known: RefCell<BTreeMap<String, bool>>,
}

impl Remarks {
    pub(super) fn error(&self, problem: Problem) {
        add(&self.errors, problem);
    }

    pub(super) fn warn(&self, problem: Problem) {
        add(&self.warnings, problem);
    }

    /// Notes that a key is one.
    pub(super) fn know(&self, path: &str, key: &str, is_there: bool) {
        let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        *self.known.borrow_mut().entry(path).or_default() |= is_there;
    }

    /// The errors and the warnings, each in the order of their places.
    pub(super) fn finish(self) -> (Vec<Problem>, Vec<Problem>) {
        let sorted = |mut problems: Vec<Problem>| {
            problems.sort_by_key(|problem| problem.place);
            problems
        };
        (sorted(self.errors.into_inner()), sorted(self.warnings.into_inner()))
    }
}

/// Nobody reads more.
const MAX: usize = 100;

/// Once: what an anchor stands for is read wherever there is an alias.
fn add(problems: &RefCell<Vec<Problem>>, problem: Problem) {
    let mut problems = problems.borrow_mut();
    if problems.len() < MAX && !problems.contains(&problem) {
        problems.push(problem);
    }
}
