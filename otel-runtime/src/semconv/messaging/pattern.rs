//! Patterns of names of several words, as NATS and AMQP have them.

/// Whether a name is one of those of a pattern: `*` stands for a word, `>` (NATS, at the end) and `#` (AMQP) for any number of them; words are
/// between dots.
///
/// Input: `orders.*.created` and `orders.17.created`. Output: `true`.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<&str>, Vec<&str>) = (pattern.split('.').collect(), name.split('.').collect());
    let Some(many) = pattern.iter().position(|word| matches!(*word, ">" | "#")) else {
        return pattern.len() == name.len() && words_match(&pattern, &name);
    };
    let (before, after) = (&pattern[..many], &pattern[many + 1..]);
    // `>` is one word at least, `#` may be none.
    let least = before.len() + after.len() + usize::from(pattern[many] == ">");
    name.len() >= least && words_match(before, &name[..before.len()]) && words_match(after, &name[name.len() - after.len()..])
}

fn words_match(pattern: &[&str], name: &[&str]) -> bool {
    pattern.iter().zip(name).all(|(pattern, word)| *pattern == "*" || pattern == word)
}
