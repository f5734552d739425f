//! [`Beginning`]: what a layer says of an operation when it begins.

use std::borrow::Cow;

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanKind};

use super::labels::{KnownSpan, Labels};
use crate::clock::WallTime;
use crate::label_sets::{Label, LabelSets, OfSets};
use crate::pipeline::Pipeline;
use crate::recording::{EncodedAttributes, InBuffer, RecordedSpan, Starting};
use crate::semconv::{Attribute, Said};

/// What is known of an operation when it begins. What nobody wants to know need not be said: ask before.
#[derive(Debug)]
pub(crate) struct Beginning<'a> {
    /// What records it.
    pub(crate) pipeline: &'a Pipeline,
    pub(super) span: Option<BeginningSpan<'a>>,
    /// Whether something is measured, so that labels are of interest.
    pub(crate) measures: bool,
    pub(super) known: &'static LabelSets,
    pub(super) spans: &'static OfSets<Box<KnownSpan>>,
    pub(super) labels: Labels,
    /// The labels with which it is counted as under way, if it is.
    pub(super) active: Option<Labels>,
}

impl<'a> Beginning<'a> {
    /// Adds attributes of metrics, of few values.
    pub(crate) fn label<L: Label>(&mut self, labels: impl IntoIterator<Item = L, IntoIter: Clone>) {
        self.labels.add(self.known, labels.into_iter());
    }

    /// The labels that are known now are those of operations that are under way.
    pub(crate) fn under_way(&mut self) {
        self.active = Some(self.labels.clone());
    }

    /// The span, if one may be recorded.
    pub(crate) fn span(&mut self) -> Option<&mut BeginningSpan<'a>> {
        self.span.as_mut().filter(|span| span.starting.records())
    }

    /// The same, with the labels that are known now as attributes. Its name depends on nothing else.
    pub(crate) fn labelled_span(&mut self, name: impl Fn() -> Cow<'static, str>) -> Option<(&mut EncodedAttributes, &mut Vec<Link>)> {
        let number = self.labels.number(self.known);
        let known = number.and_then(|number| Some((self.known.get(number)?, self.known.of(self.spans, number)?)));
        let own = self.labels.own();
        let span = self.span.as_mut().filter(|span| span.starting.records())?;
        match known {
            Some((set, known)) => {
                let known = known.get_or_init(|| Box::new(KnownSpan::new(name(), span.kind, &set.labels)));
                span.begin_as(known, &set.labels);
            }
            None => span.named(name()).extend(own),
        }
        Some((&mut span.begun.as_mut()?.attributes, &mut span.links))
    }
}

/// The span of an operation that begins.
#[derive(Debug)]
pub(crate) struct BeginningSpan<'a> {
    starting: Starting<'a>,
    kind: &'a SpanKind,
    name: Cow<'static, str>,
    begun: Option<InBuffer>,
    pub(crate) links: Vec<Link>,
}

impl<'a> BeginningSpan<'a> {
    pub(super) fn new(starting: Starting<'a>, kind: &'a SpanKind) -> Self {
        Self { starting, kind, name: Cow::Borrowed(""), begun: None, links: Vec::new() }
    }

    /// Names it, and gives what its attributes are written into.
    pub(crate) fn named(&mut self, name: impl Into<Cow<'static, str>>) -> &mut EncodedAttributes {
        self.name = name.into();
        &mut self.begun.insert(self.starting.begin(&self.name, self.kind)).attributes
    }

    /// Begins it as others did that had these labels.
    fn begin_as(&mut self, known: &'static KnownSpan, labels: &[KeyValue]) {
        self.begun = self.starting.begin_from(&known.template);
        self.name = Cow::Borrowed(&known.name);
        if self.begun.is_none() {
            // The limits have it cut off.
            self.named(&*known.name).extend(labels);
        }
    }

    pub(super) fn start(self, at: WallTime) -> RecordedSpan {
        self.starting.start(self.begun, &self.name, self.kind, &self.links, at)
    }
}

impl<'a> Extend<Attribute<'a>> for EncodedAttributes {
    fn extend<I: IntoIterator<Item = Attribute<'a>>>(&mut self, attributes: I) {
        for Attribute { key, value } in attributes {
            match value {
                Said::Static(text) => self.str(key, text),
                Said::Text(text) => self.str(key, &text),
                Said::Number(number) => self.i64(key, number),
            }
        }
    }
}

impl Extend<KeyValue> for EncodedAttributes {
    fn extend<I: IntoIterator<Item = KeyValue>>(&mut self, attributes: I) {
        attributes.into_iter().for_each(|attribute| self.push(&attribute));
    }
}

impl<'a> Extend<&'a KeyValue> for EncodedAttributes {
    fn extend<I: IntoIterator<Item = &'a KeyValue>>(&mut self, attributes: I) {
        attributes.into_iter().for_each(|attribute| self.push(attribute));
    }
}
