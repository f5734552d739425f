//! What the macros put into the program for each place; the linker makes one list of them.

use linkme::distributed_slice;

use super::Kind;
use crate::site;

/// All of them.
#[doc(hidden)]
#[distributed_slice]
pub static SITES: [Entry];

/// A place, with what is known of its attributes: those of the span, of the counter and of the histogram, each in the order of its keys.
#[doc(hidden)]
#[derive(Debug)]
pub struct Entry {
    pub(super) site: &'static site::Site,
    pub(super) attributes: &'static [&'static [Described]],
}

/// What is known of one attribute.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Described {
    pub(super) kind: Option<Kind>,
    pub(super) convention: Option<&'static str>,
}

impl Entry {
    #[must_use]
    pub const fn new(site: &'static site::Site, attributes: &'static [&'static [Described]]) -> Self {
        Self { site, attributes }
    }
}

/// Named as the macros write the kinds.
#[allow(non_upper_case_globals, reason = "the macros have one spelling of each kind, that of its type")]
impl Described {
    pub const Any: Self = Self { kind: None, convention: None };
    pub const String: Self = Self { kind: Some(Kind::String), convention: None };
    pub const Int: Self = Self { kind: Some(Kind::Int), convention: None };
    pub const Double: Self = Self { kind: Some(Kind::Double), convention: None };
    pub const Bool: Self = Self { kind: Some(Kind::Bool), convention: None };
    pub const StringArray: Self = Self { kind: Some(Kind::StringArray), convention: None };
    pub const IntArray: Self = Self { kind: Some(Kind::IntArray), convention: None };

    #[must_use]
    pub const fn of(self, convention: &'static str) -> Self {
        Self { convention: Some(convention), ..self }
    }
}
