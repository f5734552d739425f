//! [`Labels`]: what an operation is measured with, as far as it is known, and [`KnownSpan`], what its span begins with because of it.

use std::borrow::Cow;
use std::iter;
use std::mem;

use opentelemetry::KeyValue;
use opentelemetry::trace::SpanKind;

use crate::label_sets::{Label, LabelSets, Number, sort};
use crate::recording::Template;

/// The labels of one operation, as far as they are known.
#[derive(Clone, Debug)]
pub(super) enum Labels {
    /// Those of a set; `None`: none yet.
    Known(Option<Number>),
    /// For which there is no room, in the order of their keys.
    Own(Vec<KeyValue>),
}

impl Labels {
    pub(super) fn add<L: Label>(&mut self, known: &LabelSets, labels: impl Iterator<Item = L> + Clone) {
        let mut own = match self {
            Self::Known(from) => match known.step(*from, &labels) {
                Some(number) => return *from = Some(number),
                None => from.and_then(|from| known.get(from)).map_or_else(Vec::new, |set| set.labels.to_vec()),
            },
            Self::Own(own) => mem::take(own),
        };
        own.extend(labels.map(|label| label.owned()));
        sort(&mut own);
        *self = Self::Own(own);
    }

    /// The set that they are, if it is known.
    pub(super) fn number(&self, known: &LabelSets) -> Option<Number> {
        match self {
            Self::Known(None) => known.step(None, &iter::empty::<KeyValue>()),
            Self::Known(number) => *number,
            Self::Own(_) => None,
        }
    }

    /// What they are, if there is no set of them.
    pub(super) fn own(&self) -> &[KeyValue] {
        match self {
            Self::Known(_) => &[],
            Self::Own(own) => own,
        }
    }
}

/// What spans have in common that begin with the same labels.
#[derive(Debug)]
pub(super) struct KnownSpan {
    pub(super) name: Cow<'static, str>,
    pub(super) template: Template,
}

impl KnownSpan {
    /// Of a kind, with these labels as attributes, on which alone its name depends.
    pub(super) fn new(name: Cow<'static, str>, kind: &SpanKind, labels: &[KeyValue]) -> Self {
        Self { template: Template::new(&name, kind, labels), name }
    }
}
