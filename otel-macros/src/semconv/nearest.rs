//! How near two names are.

/// The name that takes the fewest changes for what was written to become it, if that is few for its length. Each comes with the part of what
/// was written that may have been meant for it.
pub(super) fn nearest<'a, 'w>(names: impl Iterator<Item = (&'a str, &'w str)>) -> Option<&'a str> {
    let near = names.filter_map(|(name, written)| Some((distance(written, name, (written.len() / 4).max(1))?, name)));
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// Whether `written` is so near to `name` that it is rather a slip than other words: word for word, and the longer the word, the more changes.
/// Signs between letters do not count. A plural is another word.
pub(super) fn is_slip(written: &str, name: &str) -> bool {
    let letters = |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect::<Vec<_>>();
    let words = |text: &str| text.split('.').count();
    letters(written) == letters(name)
        || words(written) == words(name)
            && written.split('.').zip(name.split('.')).all(|(word, meant)| word == meant || is_slip_of_word(word, meant))
}

/// A word of three letters is another word with any of them changed, and one of four with another letter in it.
fn is_slip_of_word(word: &str, meant: &str) -> bool {
    let is_plural = word.strip_suffix('s') == Some(meant) || meant.strip_suffix('s') == Some(word);
    let letters = |word: &str| {
        let mut letters = word.as_bytes().to_vec();
        letters.sort_unstable();
        letters
    };
    let changes = match word.len().min(meant.len()) {
        0..=3 => 0,
        4 if word.len() == meant.len() && letters(word) != letters(meant) => 0,
        4..=7 => 1,
        _ => 2,
    };
    !is_plural && distance(word, meant, changes).is_some()
}

/// The number of letters to insert, remove, change, or exchange with a neighbour; `None` if it is beyond `limit`.
fn distance(from: &str, to: &str, limit: usize) -> Option<usize> {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    if from.len().abs_diff(to.len()) > limit {
        return None;
    }
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut row = vec![0; to.len() + 1];
    for (i, &a) in from.iter().enumerate() {
        row[0] = i + 1;
        for (j, &b) in to.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            row[j + 1] = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a == to[j - 1] && from[i - 1] == b {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        std::mem::swap(&mut before_last, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    Some(last[to.len()]).filter(|&distance| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted() {
        let cases =
            [("same", "same", 0), ("emial", "email", 1), ("methd", "method", 1), ("sytem", "system", 1), ("abc", "xyz", 3), ("", "ab", 2)];
        for (from, to, changes) in cases {
            assert_eq!(distance(from, to, 9), Some(changes), "{from} {to}");
            assert_eq!(distance(to, from, 9), Some(changes), "{to} {from}");
        }
        assert_eq!(distance("abcdef", "uvwxyz", 2), None);
    }

    #[test]
    fn a_slip_is_near_for_its_length() {
        assert!(is_slip("emial", "email") && is_slip("fullname", "full_name") && is_slip("full.name", "full_name"));
        assert!(is_slip("nmae", "name") && is_slip("nme", "name") == is_slip("ip", "id") && is_slip("location.coutry", "location.country"));
        assert!(!is_slip("ip", "id") && !is_slip("tier", "id") && !is_slip("plan", "name"));
        assert!(!is_slip("role", "roles") && !is_slip("game", "name") && !is_slip("instance.ip", "instance.id"));
    }
}
