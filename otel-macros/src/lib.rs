//! The macros of `otel-runtime`. Depend on that crate: it re-exports everything here, and an expansion names nothing but
//! `otel_runtime::__private`.
//!
//! # How an attribute becomes code
//!
//! ```text
//! attribute tokens ──► Args      what was written            (args; traced, counted, timed; folded in written)
//! item tokens      ──► Function  what it was written on      (function; blocks of them in items)
//!                      Plan      what we decided             (plan)       every check is here; if a Plan exists, it expands
//!                      tokens    a site, one start, one tail (expand)     cannot fail
//! ```
//!
//! Imports run one way: `lib → instrument → items → written → traced, counted, timed → args`, and `plan → expand`. Mistakes are collected in
//! `errors` and reported together, beside the item as it was written (`fallback`), so that one mistake gives one message.
//!
//! The derives are a module each: `attributes`, `error_type`, `metric_value`, over what they share in `derive`.

mod args;
mod attributes;
mod checked;
mod counted;
mod derive;
mod error_type;
mod errors;
mod expand;
mod fallback;
mod field;
mod function;
#[cfg(test)]
mod golden;
mod instrument;
mod items;
mod metric_value;
mod plan;
mod registry;
mod runtime_path;
mod selection;
mod semconv;
mod timed;
mod traced;
mod written;

use proc_macro::TokenStream;

use written::Macro;

/// Records a span for every call of a function, with its outcome: ok, error, cancelled or panicked.
///
/// See `otel_runtime::traced`, the same macro under its public name, for the options and examples.
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(Macro::Traced, args.into(), &item.into()).into()
}

/// Counts every call of a function, by its outcome.
///
/// See `otel_runtime::counted`, the same macro under its public name, for the options and examples.
#[proc_macro_attribute]
pub fn counted(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(Macro::Counted, args.into(), &item.into()).into()
}

/// Times every call of a function, by its outcome.
///
/// See `otel_runtime::timed`, the same macro under its public name, for the options and examples.
#[proc_macro_attribute]
pub fn timed(args: TokenStream, item: TokenStream) -> TokenStream {
    instrument::expand(Macro::Timed, args.into(), &item.into()).into()
}

/// Makes the fields of a struct, or of the variants of an enum, attributes: `#[traced(fields(..value))]`.
///
/// See `otel_runtime::Attributes`, the trait that it implements, for the options and examples.
#[proc_macro_derive(Attributes, attributes(attribute, attributes))]
pub fn derive_attributes(item: TokenStream) -> TokenStream {
    attributes::DERIVE.expand(item.into()).into()
}

/// Makes the variants of an error its classes, for `error.type`.
///
/// See `otel_runtime::ErrorType`, the trait that it implements, for the options and examples.
#[proc_macro_derive(ErrorType, attributes(error_type))]
pub fn derive_error_type(item: TokenStream) -> TokenStream {
    error_type::DERIVE.expand(item.into()).into()
}

/// Makes the variants of an enum values of a metric's attribute.
///
/// See `otel_runtime::MetricValue`, the trait that it implements, for the options and examples.
#[proc_macro_derive(MetricValue, attributes(metric_value))]
pub fn derive_metric_value(item: TokenStream) -> TokenStream {
    metric_value::DERIVE.expand(item.into()).into()
}

/// Declares the names of a project's spans as constants.
///
/// See `otel_runtime::span_names`, the same macro under its public name, for examples.
#[proc_macro]
pub fn span_names(names: TokenStream) -> TokenStream {
    registry::SPAN_NAMES.expand(names.into()).into()
}

/// Declares the names of a project's metrics as constants.
///
/// See `otel_runtime::metric_names`, the same macro under its public name, for examples.
#[proc_macro]
pub fn metric_names(names: TokenStream) -> TokenStream {
    registry::METRIC_NAMES.expand(names.into()).into()
}

/// Declares the keys of a project's attributes as constants.
///
/// See `otel_runtime::attribute_keys`, the same macro under its public name, for examples.
#[proc_macro]
pub fn attribute_keys(names: TokenStream) -> TokenStream {
    registry::ATTRIBUTE_KEYS.expand(names.into()).into()
}

/// What `otel-runtime` has for the attributes of the semantic conventions, made from the table that the macros have.
#[doc(hidden)]
#[proc_macro]
pub fn __conventions(_: TokenStream) -> TokenStream {
    checked::conventions().into()
}

/// The table of these attributes, for the inventory.
#[doc(hidden)]
#[proc_macro]
pub fn __convention_table(_: TokenStream) -> TokenStream {
    checked::convention_table().into()
}
