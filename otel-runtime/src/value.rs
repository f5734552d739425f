//! What can be the value of an attribute, and how it is written.
//!
//! A value writes itself into a [`ValueWriter`], which is opaque: it appends bytes to an encoded span, or makes a `KeyValue`. Types keep their kind
//! (an integer arrives as an integer), and `None` records nothing.

use std::borrow::Cow;
use std::fmt::{self, Debug, Display};
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::{Array, KeyValue, StringValue, Value};

use crate::recording::EncodedAttributes;

/// A value that an attribute can have (OpenTelemetry specification, "Attribute": a boolean, a signed 64-bit integer, a double, a string,
/// or an array of one of these).
///
/// Implemented for the primitive types, strings, arrays, slices and vectors of them, for references and smart pointers to all of these,
/// and for `Option`, where `None` means that the attribute is not recorded. An integer beyond `i64` becomes its decimal text, as the
/// specification asks.
///
/// ```
/// use otel_runtime::{AttributeValue, ValueWriter};
///
/// struct OrderId(u64);
///
/// impl AttributeValue for OrderId {
///     fn write(&self, writer: ValueWriter<'_>) {
///         self.0.write(writer);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of an attribute",
    label = "not a value of an attribute",
    note = "write `key = %value` for the text of its `Display`, `key = ?value` for that of its `Debug` (`#[attribute(display)]`, `#[attribute(debug)]` in a derive), or implement `otel_runtime::AttributeValue`"
)]
pub trait AttributeValue {
    /// Writes the value: one call of one of the writer's methods, or none for "not recorded".
    fn write(&self, writer: ValueWriter<'_>);
}

/// Takes the value of one attribute.
#[derive(Debug)]
pub struct ValueWriter<'a> {
    key: Cow<'static, str>,
    target: Target<'a>,
}

/// Where attributes are written.
#[derive(Debug)]
pub(crate) enum Target<'a> {
    List(&'a mut Vec<KeyValue>),
    /// A span that starts.
    Span(&'a mut EncodedAttributes),
}

impl Target<'_> {
    /// The same, for a while.
    pub(crate) fn reborrow(&mut self) -> Target<'_> {
        match self {
            Self::List(list) => Target::List(list),
            Self::Span(span) => Target::Span(span),
        }
    }
}

impl<'a> From<&'a mut Vec<KeyValue>> for Target<'a> {
    fn from(list: &'a mut Vec<KeyValue>) -> Self {
        Self::List(list)
    }
}

impl<'a> From<&'a mut EncodedAttributes> for Target<'a> {
    fn from(span: &'a mut EncodedAttributes) -> Self {
        Self::Span(span)
    }
}

impl<'a> ValueWriter<'a> {
    #[inline]
    pub(crate) fn new(key: impl Into<Cow<'static, str>>, target: impl Into<Target<'a>>) -> Self {
        Self { key: key.into(), target: target.into() }
    }

    fn write(self, value: impl Into<Value>) {
        match self.target {
            Target::List(list) => list.push(KeyValue::new(self.key, value)),
            Target::Span(span) => span.value(&self.key, &value.into()),
        }
    }

    /// Writes a boolean.
    #[inline]
    pub fn bool(self, value: bool) {
        match self.target {
            Target::List(_) => self.write(value),
            Target::Span(span) => span.bool(&self.key, value),
        }
    }

    /// Writes an integer.
    #[inline]
    pub fn i64(self, value: i64) {
        match self.target {
            Target::List(_) => self.write(value),
            Target::Span(span) => span.i64(&self.key, value),
        }
    }

    /// Writes a floating-point number.
    #[inline]
    pub fn f64(self, value: f64) {
        match self.target {
            Target::List(_) => self.write(value),
            Target::Span(span) => span.f64(&self.key, value),
        }
    }

    /// Writes a string.
    #[inline]
    pub fn str(self, value: &str) {
        match self.target {
            Target::List(_) => self.write(StringValue::from(value.to_owned())),
            Target::Span(span) => span.str(&self.key, value),
        }
    }

    /// Writes a string that needs no copy.
    #[inline]
    pub fn static_str(self, value: &'static str) {
        match self.target {
            Target::List(_) => self.write(value),
            Target::Span(span) => span.str(&self.key, value),
        }
    }

    /// Writes a string that is handed over.
    pub fn string(self, value: String) {
        match self.target {
            Target::List(_) => self.write(value),
            Target::Span(span) => span.str(&self.key, &value),
        }
    }

    /// Writes the text that `format_args!` describes.
    pub fn text(self, value: fmt::Arguments<'_>) {
        match (self.target, value.as_str()) {
            (Target::Span(span), _) => span.text(&self.key, value),
            (Target::List(list), Some(literal)) => list.push(KeyValue::new(self.key, literal)),
            (Target::List(list), None) => list.push(KeyValue::new(self.key, value.to_string())),
        }
    }

    fn array(self, value: Array) {
        self.write(Value::Array(value));
    }
}

impl AttributeValue for bool {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.bool(*self);
    }
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl AttributeValue for $ty {
            fn write(&self, writer: ValueWriter<'_>) {
                match i64::try_from(*self) {
                    Ok(value) => writer.i64(value),
                    Err(_) => writer.string(self.to_string()),
                }
            }
        }

        impl Element for $ty {
            fn array(items: &[Self]) -> Array {
                match items.iter().map(|item| i64::try_from(*item)).collect::<Result<Vec<i64>, _>>() {
                    Ok(values) => Array::I64(values),
                    Err(_) => Array::String(items.iter().map(|item| item.to_string().into()).collect()),
                }
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);

macro_rules! floats {
    ($($ty:ty),*) => {$(
        impl AttributeValue for $ty {
            fn write(&self, writer: ValueWriter<'_>) {
                writer.f64(f64::from(*self));
            }
        }

        impl Element for $ty {
            fn array(items: &[Self]) -> Array {
                Array::F64(items.iter().copied().map(f64::from).collect())
            }
        }
    )*};
}

floats!(f32, f64);

impl AttributeValue for str {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.str(self);
    }
}

impl AttributeValue for String {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.str(self);
    }
}

impl AttributeValue for char {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.string(self.to_string());
    }
}

impl AttributeValue for fmt::Arguments<'_> {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.text(*self);
    }
}

/// A value of the plain API, so that code which has one needs no detour.
impl AttributeValue for Value {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.write(self.clone());
    }
}

impl<T: AttributeValue> AttributeValue for Option<T> {
    fn write(&self, writer: ValueWriter<'_>) {
        if let Some(value) = self {
            value.write(writer);
        }
    }
}

impl<T: AttributeValue + ?Sized + ToOwned> AttributeValue for Cow<'_, T> {
    fn write(&self, writer: ValueWriter<'_>) {
        (**self).write(writer);
    }
}

macro_rules! pointers {
    ($($ty:ty),*) => {$(
        impl<T: AttributeValue + ?Sized> AttributeValue for $ty {
            fn write(&self, writer: ValueWriter<'_>) {
                (**self).write(writer);
            }
        }
    )*};
}

pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

/// An element of an array attribute. Arrays are of one kind: all elements become integers, or all become strings.
#[diagnostic::on_unimplemented(
    message = "an array of `{Self}` cannot be the value of an attribute",
    note = "the elements of an array are booleans, integers, floating-point numbers or strings"
)]
pub trait Element: Sized {
    #[doc(hidden)]
    fn array(items: &[Self]) -> Array;
}

impl Element for bool {
    fn array(items: &[Self]) -> Array {
        Array::Bool(items.to_vec())
    }
}

macro_rules! strings {
    ($($ty:ty),*) => {$(
        impl Element for $ty {
            fn array(items: &[Self]) -> Array {
                Array::String(items.iter().map(|item| StringValue::from(String::from(&**item))).collect())
            }
        }
    )*};
}

strings!(&str, String, Cow<'_, str>, Box<str>, Arc<str>);

impl<T: Element> AttributeValue for [T] {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.array(T::array(self));
    }
}

impl<T: Element, const N: usize> AttributeValue for [T; N] {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.array(T::array(self));
    }
}

impl<T: Element> AttributeValue for Vec<T> {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.array(T::array(self));
    }
}

/// `key = %value`: the text of a value's `Display`.
#[derive(Debug)]
pub struct Displayed<'a, T: ?Sized>(pub &'a T);

impl<T: Display + ?Sized> AttributeValue for Displayed<'_, T> {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.text(format_args!("{}", self.0));
    }
}

/// `key = ?value`: the text of a value's `Debug`.
#[derive(Debug)]
pub struct Debugged<'a, T: ?Sized>(pub &'a T);

impl<T: Debug + ?Sized> AttributeValue for Debugged<'_, T> {
    fn write(&self, writer: ValueWriter<'_>) {
        writer.text(format_args!("{:?}", self.0));
    }
}

/// A value of few: it may be the attribute of a metric, where each new value is a new time series.
///
/// Implemented for `bool`, `&'static str` and `Option` of these; for an enum without fields, derive it: the value is the variant's name in snake
/// case, or what `#[metric_value("…")]` on the variant says; `#[metric_value(crate = path)]` on the enum says where this crate is found. For anything else the writer of the code says that
/// he knows what he does: `unbounded(value)`.
///
/// ```
/// use otel_runtime::{MetricValue, counted};
///
/// #[derive(Clone, Copy, MetricValue)]
/// enum Payment {
///     Card, // card
///     #[metric_value("coins")]
///     Cash,
/// }
///
/// #[counted("shop.orders", unit = "{order}", fields(payment.method = payment))]
/// fn place_order(payment: Payment) {}
/// # place_order(Payment::Card);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` may have many values, and every value of a metric's attribute is a time series of its own",
    label = "not known to have few values",
    note = "use a `bool`, a `&'static str` or an enum with `#[derive(MetricValue)]`, or write `key = unbounded(value)`"
)]
pub trait MetricValue: AttributeValue {}

impl MetricValue for bool {}
impl MetricValue for &'static str {}
impl<T: MetricValue> MetricValue for Option<T> {}
impl<T: MetricValue> MetricValue for &T {}

/// `key = unbounded(value)`: the user says that there are few values.
#[derive(Debug)]
pub struct Unbounded<'a, T: ?Sized>(pub &'a T);

impl<T: AttributeValue + ?Sized> AttributeValue for Unbounded<'_, T> {
    fn write(&self, writer: ValueWriter<'_>) {
        self.0.write(writer);
    }
}

impl<T: AttributeValue + ?Sized> MetricValue for Unbounded<'_, T> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(value: impl AttributeValue) -> Option<Value> {
        let mut attributes = Vec::new();
        value.write(ValueWriter::new("key", &mut attributes));
        attributes.pop().map(|attribute| attribute.value)
    }

    #[test]
    fn kinds_are_kept() {
        assert_eq!(recorded(true), Some(Value::Bool(true)));
        assert_eq!(recorded(-1i8), Some(Value::I64(-1)));
        assert_eq!(recorded(7u64), Some(Value::I64(7)));
        assert_eq!(recorded(7usize), Some(Value::I64(7)));
        assert_eq!(recorded(0.5f32), Some(Value::F64(0.5)));
        assert_eq!(recorded("text"), Some(Value::String("text".into())));
        assert_eq!(recorded(String::from("text")), Some(Value::String("text".into())));
        assert_eq!(recorded('c'), Some(Value::String("c".into())));
        assert_eq!(recorded(Cow::Borrowed("text")), Some(Value::String("text".into())));
        assert_eq!(recorded(Arc::new(1u8)), Some(Value::I64(1)));
        assert_eq!(recorded(format_args!("{}-{}", 1, 2)), Some(Value::String("1-2".into())));
    }

    #[test]
    fn integers_beyond_i64_become_their_text() {
        assert_eq!(recorded(u64::MAX), Some(Value::String(u64::MAX.to_string().into())));
        assert_eq!(recorded(i128::MIN), Some(Value::String(i128::MIN.to_string().into())));
        assert_eq!(recorded(vec![1, u64::MAX]), Some(Value::Array(Array::String(vec!["1".into(), u64::MAX.to_string().into()]))));
    }

    #[test]
    fn arrays_keep_the_kind_of_their_elements() {
        assert_eq!(recorded([true, false]), Some(Value::Array(Array::Bool(vec![true, false]))));
        assert_eq!(recorded(&[1u8, 2][..]), Some(Value::Array(Array::I64(vec![1, 2]))));
        assert_eq!(recorded(vec![1.5f64]), Some(Value::Array(Array::F64(vec![1.5]))));
        assert_eq!(recorded(vec!["a", "b"]), Some(Value::Array(Array::String(vec!["a".into(), "b".into()]))));
        assert_eq!(recorded(Vec::<i64>::new()), Some(Value::Array(Array::I64(Vec::new()))));
    }

    #[test]
    fn none_is_not_recorded() {
        assert_eq!(recorded(None::<u8>), None);
        assert_eq!(recorded(Some(&Some(3u8))), Some(Value::I64(3)));
    }

    #[test]
    fn sigils_record_text() {
        assert_eq!(recorded(Displayed(&1.5f64)), Some(Value::String("1.5".into())));
        assert_eq!(recorded(Debugged(&Some("x"))), Some(Value::String("Some(\"x\")".into())));
    }
}
