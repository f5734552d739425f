//! Which variable a name was meant to be that is none, and which of some words a word.

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

/// For a message, after what there is: which of the known words was meant, if one is near enough.
pub(in crate::setup) fn did_you_mean<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> String {
    meant(written, known).map_or_else(String::new, |meant| format!(" (did you mean `{meant}`?)"))
}

/// The known word that someone had in mind who wrote another: the nearest, if it differs in a third of its letters at most, however it is divided; or
/// the only one of which this is a part, or the longest that is a part of this.
pub(in crate::setup) fn meant<'a>(written: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing is slow, and nobody misspells that much.
    if written.len() > 100 {
        return None;
    }
    let written = letters(written);
    let known: Vec<(&str, String)> = known.map(|known| (known, letters(known))).collect();
    // Of two that are as near, the one that was not written to its end.
    let nearest = known.iter().min_by_key(|(_, letters)| (distance(&written, letters), !letters.contains(&written)));
    if let Some((nearest, _)) = nearest.filter(|(_, letters)| distance(&written, letters) <= letters.len().div_ceil(3)) {
        return Some(nearest);
    }
    // What is shorter is in other words by chance.
    let mut longer = known.iter().filter(|(_, letters)| written.len() >= 4 && letters.contains(&written));
    if let (Some((only, _)), None) = (longer.next(), longer.next()) {
        return Some(only);
    }
    let is_long = |letters: &str| letters.len() >= 6 || (letters.len() >= 4 && 2 * letters.len() >= written.len());
    let shorter = known.iter().filter(|(_, letters)| is_long(letters) && written.contains(letters.as_str()));
    shorter.max_by_key(|(_, letters)| letters.len()).map(|(known, _)| *known)
}

/// Input: `Trace_ID-ratio`. Output: `traceidratio`.
fn letters(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
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
