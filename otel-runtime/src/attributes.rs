//! The attributes of a call: those that are known when it starts, those of what it returns, and those of whole values.

use opentelemetry::KeyValue;
use opentelemetry::trace::{Link, SpanContext};

use crate::name::AttributeKey;
use crate::origin::AsLinks;
use crate::recording::InBuffer;
use crate::value::{AttributeValue, MetricValue, Target, ValueWriter};

/// A value that records several attributes; derive it, and write `..value` in `fields`. Of two values of one key the last written stays.
///
/// ```
/// use otel_runtime::{Attributes, traced};
///
/// #[derive(Attributes)]
/// #[attributes(prefix = "order")]
/// struct Order {
///     id: u64, // order.id
///     #[attribute("user.id")]
///     customer: String,
///     #[attribute(redact = hash)]
///     email: String,
///     #[attribute(skip)]
///     card: String,
/// }
///
/// #[traced(fields(..order))]
/// fn place_order(order: &Order) {}
/// ```
///
/// A field is recorded by its type (see [`AttributeValue`]), under its own name behind the prefix. A key in a namespace of the semantic
/// conventions is checked (see [`checks`](crate::checks)); one that a constant has is not. Of an enum, the fields of the variant that is
/// there are recorded.
///
/// | on the type | meaning |
/// |---|---|
/// | `#[attributes(prefix = "order")]` | what stands before the names of fields, with a dot |
/// | `#[attributes(crate = path)]` | where this crate is found, if not at `::otel_runtime` |
///
/// | on a field | meaning |
/// |---|---|
/// | `#[attribute("user.id")]` | this key, as it is; a field of a tuple needs one |
/// | `#[attribute(key = keys::USER_ID)]` | the key that a constant [`AttributeKey`] has |
/// | `#[attribute(display)]`, `#[attribute(debug)]` | the text of its `Display`, of its `Debug` |
/// | `#[attribute(flatten)]` | the attributes of its value, which derives `Attributes`, under their own keys |
/// | `#[attribute(nested)]` | the same, with this field's key and a dot before each |
/// | `#[attribute(redact = erase)]` | `[erased]`: only that there is a value |
/// | `#[attribute(redact = hash)]` | the first 128 bits of its SHA-256, in hexadecimal: equal values can be found, and so can one that someone guesses |
/// | `#[attribute(redact = truncate(8))]` | at most so many of its first characters |
/// | `#[attribute(skip)]` | nothing |
///
/// ```
/// use otel_runtime::Attributes;
///
/// #[derive(Attributes)]
/// #[attributes(prefix = "address")]
/// struct Address {
///     city: String, // address.city
/// }
///
/// #[derive(Attributes)]
/// #[attributes(prefix = "parcel")]
/// struct Parcel {
///     #[attribute(flatten)]
///     to: Address, // address.city
///     #[attribute(nested)]
///     from: Address, // parcel.from.address.city
///     #[attribute(display, redact = truncate(3))]
///     sender: std::net::Ipv4Addr, // parcel.sender
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no attributes to spread",
    label = "does not derive `Attributes`",
    note = "put `#[derive(otel_runtime::Attributes)]` on it, or name the attributes one by one: `key = value`"
)]
pub trait Attributes {
    /// Records the attributes.
    fn record(&self, attributes: &mut AttributeWriter<'_>);
}

macro_rules! pointers {
    ($($ty:ty),*) => {$(
        impl<T: Attributes + ?Sized> Attributes for $ty {
            fn record(&self, attributes: &mut AttributeWriter<'_>) {
                (**self).record(attributes);
            }
        }
    )*};
}

pointers!(&T, &mut T, Box<T>, std::rc::Rc<T>, std::sync::Arc<T>);

impl<T: Attributes> Attributes for Option<T> {
    fn record(&self, attributes: &mut AttributeWriter<'_>) {
        if let Some(value) = self {
            value.record(attributes);
        }
    }
}

/// Takes the attributes of an [`Attributes`] value.
#[derive(Debug)]
pub struct AttributeWriter<'a> {
    /// What stands before every key: empty, or with a dot at its end.
    prefix: String,
    target: Target<'a>,
}

impl<'a> AttributeWriter<'a> {
    pub(crate) fn new(target: impl Into<Target<'a>>) -> Self {
        Self { prefix: String::new(), target: target.into() }
    }

    /// Records one attribute.
    pub fn set<V: AttributeValue + ?Sized>(&mut self, key: AttributeKey, value: &V) {
        let writer = if self.prefix.is_empty() {
            ValueWriter::new(key.as_str(), self.target.reborrow())
        } else {
            ValueWriter::new(format!("{}{}", self.prefix, key.as_str()), self.target.reborrow())
        };
        value.write(writer);
    }

    /// Records the attributes of a value with `prefix` and a dot before their keys.
    pub fn nested<V: Attributes + ?Sized>(&mut self, prefix: AttributeKey, value: &V) {
        let prefix = format!("{}{}.", self.prefix, prefix.as_str());
        value.record(&mut AttributeWriter { prefix, target: self.target.reborrow() });
    }
}

/// What is known of a call when it starts; handed to the closure that the `fields(…)` of the macros become.
#[derive(Debug)]
pub struct Fields {
    pub(crate) span: Option<SpanSection>,
    /// Of the metrics that have attributes of their own.
    pub(crate) measured: Option<Box<OfMetrics>>,
    /// Most have none.
    pub(crate) links: Option<Vec<Link>>,
}

/// The keys of a span's attributes, and the span so far.
#[derive(Debug)]
pub(crate) struct SpanSection {
    keys: &'static [AttributeKey],
    span: InBuffer,
    /// Whether a whole value was recorded: only then can a key have come twice, the macros refuse the rest.
    is_spread: bool,
}

impl SpanSection {
    #[inline]
    pub(crate) fn new(keys: &'static [AttributeKey], span: InBuffer) -> Self {
        Self { keys, span, is_spread: false }
    }

    /// The span, with each key once: the specification allows no second, and what was written last is what is meant.
    #[inline]
    pub(crate) fn finish(&mut self) -> InBuffer {
        if self.is_spread {
            self.span.attributes.keep_last();
        }
        self.span.take_over()
    }
}

/// The attributes of a call that its metrics have.
#[derive(Debug, Default)]
pub(crate) struct OfMetrics {
    pub(crate) count: Option<Section>,
    pub(crate) time: Option<Section>,
    /// From baggage, for both.
    pub(crate) copied: Vec<KeyValue>,
}

/// The keys of a metric's attributes, and the values so far.
#[derive(Debug)]
pub(crate) struct Section {
    keys: &'static [AttributeKey],
    attributes: Vec<KeyValue>,
}

impl Section {
    pub(crate) fn new(keys: &'static [AttributeKey], attributes: Vec<KeyValue>) -> Self {
        Self { keys, attributes }
    }

    fn set<V: AttributeValue + ?Sized>(&mut self, index: usize, value: &V) {
        value.write(ValueWriter::new(self.keys[index].as_str(), &mut self.attributes));
    }

    pub(crate) fn into_attributes(self) -> Vec<KeyValue> {
        self.attributes
    }
}

impl Fields {
    /// Whether a span may be recorded, so that its attributes are of interest.
    #[must_use]
    pub fn records(&self) -> bool {
        self.span.is_some()
    }

    /// Whether a counter wants its attributes.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.measured.as_ref().is_some_and(|measured| measured.count.is_some())
    }

    /// Whether a histogram wants its attributes.
    #[must_use]
    pub fn times(&self) -> bool {
        self.measured.as_ref().is_some_and(|measured| measured.time.is_some())
    }

    /// Records `value` for the span's key number `index`.
    #[inline]
    pub fn set<V: AttributeValue + ?Sized>(&mut self, index: usize, value: &V) {
        if let Some(span) = &mut self.span {
            value.write(ValueWriter::new(span.keys[index].as_str(), &mut span.span.attributes));
        }
    }

    /// Records the attributes of a whole value for the span.
    pub fn spread<V: Attributes + ?Sized>(&mut self, value: &V) {
        if let Some(span) = &mut self.span {
            span.is_spread = true;
            span.span.attributes.replace();
            value.record(&mut AttributeWriter::new(&mut span.span.attributes));
        }
    }

    /// Links the span to others.
    pub fn links<L: AsLinks + ?Sized>(&mut self, links: &L) {
        if self.span.is_some() {
            let mut contexts = Vec::new();
            links.add_to(&mut contexts);
            self.links.get_or_insert_default().extend(contexts.into_iter().filter(SpanContext::is_valid).map(Link::with_context));
        }
    }

    /// Records `value` for the counter's key number `index`.
    pub fn count<V: MetricValue + ?Sized>(&mut self, index: usize, value: &V) {
        if let Some(OfMetrics { count: Some(count), .. }) = self.measured.as_deref_mut() {
            count.set(index, value);
        }
    }

    /// Records `value` for the histogram's key number `index`.
    pub fn time<V: MetricValue + ?Sized>(&mut self, index: usize, value: &V) {
        if let Some(OfMetrics { time: Some(time), .. }) = self.measured.as_deref_mut() {
            time.set(index, value);
        }
    }
}
