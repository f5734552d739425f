//! What the macros put into the program for each place; the linker makes one list of them.

use linkme::distributed_slice;

use super::Kind;
use crate::site;

/// All of them.
#[doc(hidden)]
#[distributed_slice]
pub static SITES: [Entry];

/// A place, with what the source shows of the kinds of its attributes: those of the span, of the counter and of the histogram, each in the order
/// of its keys.
#[doc(hidden)]
#[derive(Debug)]
pub struct Entry {
    pub(super) site: &'static site::Site,
    pub(super) kinds: &'static [&'static [Option<Kind>]],
}

impl Entry {
    #[must_use]
    pub const fn new(site: &'static site::Site, kinds: &'static [&'static [Option<Kind>]]) -> Self {
        Self { site, kinds }
    }
}

/// The kinds, as the macros write them.
#[doc(hidden)]
#[allow(missing_docs, non_upper_case_globals, reason = "the macros have one spelling of each kind, that of its type")]
pub mod kinds {
    use super::Kind;

    pub const Any: Option<Kind> = None;
    pub const String: Option<Kind> = Some(Kind::String);
    pub const Int: Option<Kind> = Some(Kind::Int);
    pub const Double: Option<Kind> = Some(Kind::Double);
    pub const Bool: Option<Kind> = Some(Kind::Bool);
    pub const StringArray: Option<Kind> = Some(Kind::StringArray);
    pub const IntArray: Option<Kind> = Some(Kind::IntArray);
}

/// The attributes of the semantic conventions, sorted by key: the kind of each, and whether it is a template.
static CONVENTIONS: &[(&str, Option<Kind>, bool)] = otel_macros::__convention_table!();

/// The attribute of the conventions that a key is, itself or as a member of a template, with its kind.
pub(super) fn convention(key: &str) -> Option<(&'static str, Option<Kind>)> {
    if let Ok(at) = CONVENTIONS.binary_search_by_key(&key, |(name, ..)| name) {
        return Some((CONVENTIONS[at].0, CONVENTIONS[at].1));
    }
    let templates = CONVENTIONS.iter().filter(|(.., is_template)| *is_template);
    let mut found = templates.filter(|(name, ..)| key.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')));
    found.next().map(|(name, kind, _)| (*name, *kind))
}
