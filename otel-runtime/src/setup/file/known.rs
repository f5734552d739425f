//! Which keys there are, for a test that leaves none of them out.

use std::collections::BTreeMap;

use super::field::Field;
use super::problem::Remarks;
use super::substitute::Variables;
use super::{root, yaml};

/// The keys that are known in all places where this text has something, each by those that lead to it, and whether the text has it. What is known
/// below a key that the text does not have is not among them.
#[must_use]
pub fn known_keys(text: &str) -> BTreeMap<String, bool> {
    let remarks = Remarks::default();
    // What a variable has makes no difference, but that it has something.
    let variables = Variables::new(&|_| Some("a".into()), &remarks);
    if let Ok(node) = yaml::parse(text, &variables) {
        root::read(&Field::root(&remarks, &node));
    }
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    for (path, is_there) in remarks.known.into_inner() {
        *known.entry(unnumbered(&path)).or_default() |= is_there;
    }
    known
}

/// `a[7].b/development` is `a[].b`.
fn unnumbered(path: &str) -> String {
    let without = path.replace("/development", "");
    let mut parts = without.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| format!("{path}[{}", part.trim_start_matches(|letter: char| letter.is_ascii_digit())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_where_there_is_something() {
        let known = known_keys("file_format: '1.0'\nresource: {detection/development: {detectors: [{host: }, {process: }]}}");
        for (path, is_there) in [
            ("disabled", false),
            ("resource.detection", true),
            ("resource.detection.detectors[].host", true),
            ("resource.schema_url", false),
        ] {
            assert_eq!(known.get(path), Some(&is_there), "{path}");
        }
        assert_eq!(known.get("tracer_provider.processors"), None, "nothing is known below what is not there");
    }
}
