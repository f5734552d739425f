//! For every attribute of the semantic conventions, a function that takes a value of its kind and nothing else. The macros call it by the name
//! of the attribute's constant; its trait is there for the message, which has the key. Made from the table in `otel-macros`, so that neither
//! is written down a second time, and here, so that no annotated function brings a trait of its own.

#![allow(missing_docs, non_camel_case_types, non_snake_case, clippy::inline_always, reason = "named after the constants")]

use crate::of_kind::{OfKind, kind};

otel_macros::__conventions!();
