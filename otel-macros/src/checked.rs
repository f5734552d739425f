//! Names and keys as tokens that the compiler checks: a call of the `const fn` that has the rules, at the user's own token, because that is
//! where a name that breaks one is reported.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Expr, ExprLit, Lit, LitStr, Path};

use crate::args::Name;
use crate::field::{Field, Key, KeyForm, Sigil};
use crate::semconv::{self, Attribute, Kind};
use crate::{derive, runtime_path};

/// The functions that literal names of annotations go through: those of the runtime, unless the root of the user's crate has one.
pub(crate) const SPAN_GATE: &str = "__otel_span_name";
pub(crate) const METRIC_GATE: &str = "__otel_metric_name";

/// The name of a span.
pub(crate) fn span(runtime: &Path, name: &Name) -> TokenStream {
    match name {
        Name::Literal(literal) => gated(runtime, SPAN_GATE, literal),
        Name::Constant(path) => path.to_token_stream(),
    }
}

/// The name of a metric.
pub(crate) fn metric(runtime: &Path, name: &Name) -> TokenStream {
    match name {
        Name::Literal(literal) if semconv::metric(&literal.value()).is_some() => conventional_metric(runtime, literal),
        Name::Literal(literal) => gated(runtime, METRIC_GATE, literal),
        Name::Constant(path) => path.to_token_stream(),
    }
}

/// The unit of a metric.
pub(crate) fn unit(runtime: &Path, unit: &Name) -> TokenStream {
    match unit {
        Name::Literal(literal) => text(runtime, "Unit", literal.span(), literal),
        Name::Constant(path) => path.to_token_stream(),
    }
}

fn gated(runtime: &Path, gate: &str, name: &LitStr) -> TokenStream {
    let place = name.span();
    let (runtime, gate) = (runtime_path::at(runtime, place), Ident::new(gate, place));
    quote_spanned!(place=> #runtime::__private::gated!(#gate, #name))
}

/// A metric of the semantic conventions is their constant, so that the compiler says if it is deprecated.
pub(crate) fn conventional_metric(runtime: &Path, name: &LitStr) -> TokenStream {
    match semconv::metric(&name.value()) {
        None => text(runtime, "MetricName", name.span(), name),
        Some(metric) => text(runtime, "MetricName", name.span(), &constant(runtime, "metric", &metric.constant(), name.span())),
    }
}

/// `SpanName::new(name)`, at `place`.
pub(crate) fn text(runtime: &Path, ty: &str, place: Span, name: &dyn ToTokens) -> TokenStream {
    let runtime = runtime_path::at(runtime, place);
    let ty = Ident::new(ty, place);
    quote_spanned!(place=> #runtime::__private::#ty::new(#name))
}

/// The keys of the fields of a metric, or of a span, with the numbers of those of `ok` and of `err` among them. Where some are constants, it is
/// the compiler that sees whether they may stand there.
pub(crate) fn keys<'a>(runtime: &Path, fields: impl Iterator<Item = &'a Field> + Clone, results: Option<(usize, usize)>) -> TokenStream {
    let each = fields.clone().map(|field| key(runtime, &field.key));
    let list = quote!(&[#(#each),*]);
    let Some(constant) = fields.filter(|field| matches!(field.key.form, KeyForm::Constant(_))).last() else { return list };
    let place = constant.key.span();
    let runtime = runtime_path::at(runtime, place);
    match results {
        None => quote_spanned!(place=> #runtime::__private::AttributeKey::of_metric(#list)),
        Some((ok, err)) => {
            let (ok, err) = (Literal::usize_unsuffixed(ok), Literal::usize_unsuffixed(err));
            quote_spanned!(place=> #runtime::__private::AttributeKey::of_span(#list, #ok, #err))
        }
    }
}

/// The names of entries of baggage, which are keys that can stand in a header too.
pub(crate) fn names(runtime: &Path, entries: &[Field]) -> TokenStream {
    let each = entries.iter().map(|entry| {
        let (place, key) = (entry.key.span(), key(runtime, &entry.key));
        let runtime = runtime_path::at(runtime, place);
        quote_spanned!(place=> #runtime::__private::AttributeKey::of_baggage(#key))
    });
    let list = quote!(&[#(#each),*]);
    let Some(constant) = entries.iter().rfind(|entry| matches!(entry.key.form, KeyForm::Constant(_))) else { return list };
    let place = constant.key.span();
    let runtime = runtime_path::at(runtime, place);
    quote_spanned!(place=> #runtime::__private::AttributeKey::distinct(#list))
}

fn key(runtime: &Path, key: &Key) -> TokenStream {
    match &key.form {
        KeyForm::Dotted(literal) => conventional_key(runtime, literal),
        KeyForm::Quoted(literal) => text(runtime, "AttributeKey", literal.span(), literal),
        KeyForm::Constant(path) => path.to_token_stream(),
    }
}

/// A key that is written without quotes, or in a derive. One of the semantic conventions is their constant, so that the compiler says if it is
/// deprecated, and an editor leads to it.
pub(crate) fn conventional_key(runtime: &Path, key: &LitStr) -> TokenStream {
    match semconv::attribute(&key.value()) {
        None => text(runtime, "AttributeKey", key.span(), key),
        Some(attribute) => key_of(runtime, key, &attribute, &constant(runtime, "attribute", &attribute.constant(), key.span())),
    }
}

/// The same in a derive, behind an import of the constant: of what is deprecated the compiler says nothing there, unless the whole path of it
/// is the user's.
pub(crate) fn imported_key(runtime: &Path, key: &LitStr) -> (Option<TokenStream>, TokenStream) {
    let Some(attribute) = semconv::attribute(&key.value()) else { return (None, conventional_key(runtime, key)) };
    let path = constant(runtime, "attribute", &attribute.constant(), key.span());
    let name = Ident::new(&attribute.constant(), key.span());
    (Some(quote!(use #path;)), key_of(runtime, key, &attribute, &name))
}

fn key_of(runtime: &Path, key: &LitStr, attribute: &Attribute, constant: &dyn ToTokens) -> TokenStream {
    let place = key.span();
    if attribute.is_of_template {
        let runtime = runtime_path::at(runtime, place);
        return quote_spanned!(place=> #runtime::__private::AttributeKey::of_template(#constant, #key));
    }
    text(runtime, "AttributeKey", place, constant)
}

fn constant(runtime: &Path, module: &str, name: &str, place: Span) -> TokenStream {
    let runtime = runtime_path::at(runtime, place);
    let (module, name) = (Ident::new(module, place), Ident::new(name, place));
    quote_spanned!(place=> #runtime::__private::semconv::#module::#name)
}

/// `value`, a reference, if it has the type that the conventions give the values of `key`; if not, it does not compile.
pub(crate) fn value(runtime: &Path, key: &LitStr, value: TokenStream, place: Span) -> TokenStream {
    let Some(attribute) = semconv::attribute(&key.value()).filter(|attribute| attribute.kind != Kind::Any) else { return value };
    let (runtime, name) = (runtime_path::at(runtime, place), Ident::new(&attribute.constant(), place));
    quote_spanned!(place=> #runtime::__private::convention::#name(#value))
}

/// What the source shows of the kind of an attribute's values.
pub(crate) fn kind(field: &Field) -> Ident {
    let kind = match (field.sigil, &field.value) {
        (Sigil::Display | Sigil::Debug, _) | (_, Expr::Lit(ExprLit { lit: Lit::Str(_), .. })) => Kind::String,
        (_, Expr::Lit(ExprLit { lit: Lit::Int(_), .. })) => Kind::Int,
        (_, Expr::Lit(ExprLit { lit: Lit::Float(_), .. })) => Kind::Double,
        (_, Expr::Lit(ExprLit { lit: Lit::Bool(_), .. })) => Kind::Bool,
        _ => Kind::Any,
    };
    derive::local(kind.name())
}

/// For every attribute of the conventions a function that takes what can be its value, and a trait that says so: the message of the compiler
/// has its key.
pub(crate) fn conventions() -> TokenStream {
    let attributes = semconv::attributes().filter(|attribute| attribute.kind != Kind::Any);
    let checks = attributes.map(|attribute| {
        let (name, kind) = (derive::local(&attribute.constant()), derive::local(attribute.kind.name()));
        let key = if attribute.is_of_template { format!("{}.<name>", attribute.name) } else { attribute.name.to_owned() };
        let message = format!("`{key}` is {} in the semantic conventions, and `{{Self}}` is not", attribute.kind.described());
        let note = format!(
            "a type with an `AttributeValue` of its own says what it records with `otel_runtime::OfKind<kind::{kind}>`, a generic one has it as \
             a bound; a key that is a constant takes any value"
        );
        quote! {
            #[diagnostic::on_unimplemented(
                message = #message,
                label = "of another kind",
                note = #note
            )]
            pub trait #name {}
            #[diagnostic::do_not_recommend]
            impl<T: OfKind<kind::#kind> + ?Sized> #name for T {}
            #[inline(always)]
            pub const fn #name<T: #name + ?Sized>(value: &T) -> &T { value }
        }
    });
    checks.collect()
}

/// The keys of the conventions, with the kinds of their values and whether they are templates; sorted by key.
pub(crate) fn convention_table() -> TokenStream {
    let rows = semconv::attributes().map(|attribute| {
        let (name, is_of_template, kind) = (attribute.name, attribute.is_of_template, derive::local(attribute.kind.name()));
        quote!((#name, kinds::#kind, #is_of_template))
    });
    quote!(&[#(#rows),*])
}
