//! The attribute macros of `otel-runtime`. Depend on that crate: it re-exports everything here, and an expansion names nothing but
//! `otel_runtime::__private`.
//!
//! # How an attribute becomes code
//!
//! ```text
//! attribute tokens ──► Args      what was written            (args, traced)
//! item tokens      ──► Function  what it was written on      (function)
//!                      Plan      what we decided             (plan)       every check is here; if a Plan exists, it expands
//!                      tokens    a site, one start, one tail (expand)     cannot fail
//! ```
//!
//! Imports run one way: `lib → traced → args, function → plan → expand`. Mistakes are collected in `errors` and reported together,
//! beside the item as it was written (`fallback`), so that one mistake gives one message.

mod args;
mod errors;
mod expand;
mod fallback;
mod function;
#[cfg(test)]
mod golden;
mod plan;
mod runtime_path;
mod traced;

use proc_macro::TokenStream;

/// Records a span for every call of a function, with its outcome: ok, error, cancelled or panicked.
///
/// See `otel_runtime::traced`, the same macro under its public name, for the options and examples.
#[proc_macro_attribute]
pub fn traced(args: TokenStream, item: TokenStream) -> TokenStream {
    traced::expand(args.into(), &item.into()).into()
}
