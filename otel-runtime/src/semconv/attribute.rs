//! [`Attribute`]: an attribute before anybody keeps it. A span that is recorded writes it as bytes, and a metric finds its labels by it: neither needs
//! a copy of what it says.

use std::borrow::Cow;

use opentelemetry::KeyValue;

/// A key of the conventions, and its value as it is borrowed from what it says something of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'a> {
    pub(crate) key: &'static str,
    pub(crate) value: Said<'a>,
}

/// What an [`Attribute`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said<'a> {
    /// A text that need not be copied, whoever keeps it.
    Static(&'static str),
    Text(Cow<'a, str>),
    Number(i64),
}

impl<'a> Attribute<'a> {
    pub(crate) const fn fixed(key: &'static str, text: &'static str) -> Self {
        Self { key, value: Said::Static(text) }
    }

    pub(crate) fn text(key: &'static str, text: impl Into<Cow<'a, str>>) -> Self {
        Self { key, value: Said::Text(text.into()) }
    }

    pub(crate) fn number(key: &'static str, number: impl Into<i64>) -> Self {
        Self { key, value: Said::Number(number.into()) }
    }
}

impl From<Attribute<'_>> for KeyValue {
    fn from(Attribute { key, value }: Attribute<'_>) -> Self {
        match value {
            Said::Static(text) => Self::new(key, text),
            Said::Text(text) => Self::new(key, text.into_owned()),
            Said::Number(number) => Self::new(key, number),
        }
    }
}
