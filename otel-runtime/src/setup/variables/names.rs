//! Which variable a name was meant to be that is none.

use super::TABLE;

/// The variable that someone had in mind who set `name`, which is none but very near to one, or could be nobody's but ours.
pub(in crate::setup) fn misspelt(name: &str) -> Option<&'static str> {
    // Most variables of an environment are somebody else's, and comparing is slow.
    let nearest = if name.starts_with("OTEL_") { nearest(name)? } else { return None };
    (name.starts_with("OTEL_RUST_") || distance(name, nearest) <= 2).then_some(nearest)
}

/// The variable that is most like `name`; `None` if `name` is one.
pub(in crate::setup) fn nearest(name: &str) -> Option<&'static str> {
    let known = || TABLE.iter().map(|row| row.name);
    if known().any(|variable| variable == name) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let prefixed = if upper.starts_with("OTEL_") { upper } else { format!("OTEL_{upper}") };
    known().min_by_key(|variable| distance(&prefixed, variable))
}

/// How many letters must be inserted, removed or replaced to make `a` into `b` (Levenshtein).
pub(in crate::setup) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.bytes().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
