//! What kind a value is of, for keys whose convention says so.

use std::borrow::Cow;
use std::fmt::{self, Debug, Display};
use std::rc::Rc;
use std::sync::Arc;

use opentelemetry::Value;

use crate::redact::Redacted;
use crate::value::{AttributeValue, Debugged, Displayed, Element, Unbounded};

/// A value that is recorded as one kind of value, `K`, of those in [`kind`].
///
/// The semantic conventions give most keys a kind, and `http.response.status_code = "200"` does not compile. Everything that records itself
/// as one kind has it: the primitive types, strings, arrays, references and smart pointers to these, `Option`, `%value` and `?value` (strings).
/// A type with an [`AttributeValue`] of its own says so itself:
///
/// ```
/// use otel_runtime::{AttributeValue, OfKind, ValueWriter, kind, traced};
///
/// struct StatusCode(u16);
///
/// impl AttributeValue for StatusCode {
///     fn write(&self, writer: ValueWriter<'_>) {
///         self.0.write(writer);
///     }
/// }
///
/// impl OfKind<kind::Int> for StatusCode {}
///
/// #[traced(fields(http.response.status_code = status))]
/// fn answer(status: StatusCode) {}
/// # answer(StatusCode(200));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not of the kind `{K}`",
    note = "a type with an `AttributeValue` of its own says what it records: `impl otel_runtime::OfKind<{K}> for {Self} {{}}`"
)]
pub trait OfKind<K>: AttributeValue {}

/// The kinds of values that attributes have (OpenTelemetry specification, "Attribute":
/// <https://opentelemetry.io/docs/specs/otel/common/#attribute>), as types for [`OfKind`].
pub mod kind {
    /// A string.
    #[derive(Clone, Copy, Debug)]
    pub enum String {}
    /// A signed integer of 64 bits.
    #[derive(Clone, Copy, Debug)]
    pub enum Int {}
    /// A floating-point number of double precision.
    #[derive(Clone, Copy, Debug)]
    pub enum Double {}
    /// A boolean.
    #[derive(Clone, Copy, Debug)]
    pub enum Bool {}
    /// An array of strings.
    #[derive(Clone, Copy, Debug)]
    pub enum StringArray {}
    /// An array of integers.
    #[derive(Clone, Copy, Debug)]
    pub enum IntArray {}
}

/// An array of what.
pub trait ArrayKind {
    #[doc(hidden)]
    type Element;
}

impl ArrayKind for kind::StringArray {
    type Element = kind::String;
}

impl ArrayKind for kind::IntArray {
    type Element = kind::Int;
}

macro_rules! of_kind {
    ($kind:ident: $($ty:ty),*) => {$(
        impl OfKind<kind::$kind> for $ty {}
    )*};
}

of_kind!(Bool: bool);
of_kind!(Int: i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
of_kind!(Double: f32, f64);
of_kind!(String: str, String, char, fmt::Arguments<'_>);

impl<T: Display + ?Sized> OfKind<kind::String> for Displayed<'_, T> {}
impl<T: Debug + ?Sized> OfKind<kind::String> for Debugged<'_, T> {}
impl<T: AttributeValue + ?Sized> OfKind<kind::String> for Redacted<'_, T> {}

/// What it holds is known when it is recorded.
impl<K> OfKind<K> for Value {}

impl<K, T: OfKind<K>> OfKind<K> for Option<T> {}
impl<K, T: OfKind<K> + ?Sized + ToOwned> OfKind<K> for Cow<'_, T> {}
impl<K, T: OfKind<K> + ?Sized> OfKind<K> for Unbounded<'_, T> {}

macro_rules! pointers {
    ($($ty:ty),*) => {$(
        impl<K, T: OfKind<K> + ?Sized> OfKind<K> for $ty {}
    )*};
}

pointers!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<K: ArrayKind, T: Element + OfKind<K::Element>> OfKind<K> for [T] {}
impl<K: ArrayKind, T: Element + OfKind<K::Element>, const N: usize> OfKind<K> for [T; N] {}
impl<K: ArrayKind, T: Element + OfKind<K::Element>> OfKind<K> for Vec<T> {}
