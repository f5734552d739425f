//! Names with wildcards.

/// A text in which `*` stands for any number of characters, none included, and `?` for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether more than one name can match.
    pub(super) fn is_wild(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        self.matches_where(name, |one, other| one == other)
    }

    /// The same for names in which capitals are as good as small letters.
    pub(super) fn matches_in_any_case(&self, name: &str) -> bool {
        self.matches_where(name, |one, other| one.eq_ignore_ascii_case(&other))
    }

    /// Goes back to the last `*` where it does not match, which takes at most the product of the two lengths.
    fn matches_where(&self, name: &str, is_same: impl Fn(char, char) -> bool) -> bool {
        let (mut pattern, mut name) = (self.0.chars(), name.chars());
        let mut retry = None;
        loop {
            let (before, mut ahead) = (name.clone(), pattern.clone());
            let (wanted, found) = (ahead.next(), name.next());
            match (wanted, found) {
                (None, None) => return true,
                (Some('*'), _) => {
                    name = before;
                    pattern = ahead;
                    retry = Some((pattern.clone(), name.clone()));
                }
                (Some('?'), Some(_)) => pattern = ahead,
                (Some(wanted), Some(found)) if is_same(wanted, found) => pattern = ahead,
                _ => {
                    let Some((after_star, mut longer)) = retry.take() else { return false };
                    if longer.next().is_none() {
                        return false;
                    }
                    (pattern, name) = (after_star.clone(), longer.clone());
                    retry = Some((after_star, longer));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn wildcards_stand_for_what_they_stand_for() {
        let cases = [
            ("shop.orders", "shop.orders", true),
            ("shop.orders", "shop.order", false),
            ("shop.orders", "shop.orderss", false),
            ("*", "", true),
            ("*", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("?", "", false),
            ("?", "é", true),
            ("shop.*", "shop.", true),
            ("shop.*", "shop", false),
            ("*.duration", "shop.order.duration", true),
            ("*.duration", "shop.order.durations", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-c-", false),
            ("a**c", "abc", true),
            ("a*?c", "ac", false),
            ("a*?c", "abc", true),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(Pattern::new(pattern).matches(name), expected, "{pattern} {name}");
        }
        assert!(Pattern::new("SHOP.*").matches_in_any_case("shop.Orders") && !Pattern::new("SHOP.*").matches("shop.Orders"));
    }
}
