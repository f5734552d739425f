//! `span_names!`, `metric_names!`, `attribute_keys!`: a project's names, declared in one place.
//!
//! A crate that says `#![deny(literals)]` there has a function in its root that the names of its annotations go through, and that refuses all
//! of them; see `gated!` of the runtime.

use std::mem;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Expr, ExprPath, LitStr, Meta, Path, Token, Visibility, braced};

use crate::args::Slot;
use crate::errors::Errors;
use crate::plan::{SPAN_KEYS, refuse_own_key};
use crate::{checked, runtime_path, semconv};

/// What names a registry has.
#[derive(Clone, Copy)]
pub(crate) struct Registry {
    /// The macro, without its exclamation mark.
    macro_name: &'static str,
    /// The type of its constants.
    ty: &'static str,
    /// What is named.
    what: &'static str,
    /// What is wrong with a name, that of a constant's type not being able to tell.
    refused: fn(&LitStr, &mut Errors),
    /// The function in the root of a crate that lets no literals through, for names that annotations give.
    gate: Option<&'static str>,
}

pub(crate) const SPAN_NAMES: Registry =
    Registry { macro_name: "span_names", ty: "SpanName", what: "span", refused: |_, _| (), gate: Some(checked::SPAN_GATE) };
pub(crate) const METRIC_NAMES: Registry =
    Registry { macro_name: "metric_names", ty: "MetricName", what: "metric", refused: refuse_metric, gate: Some(checked::METRIC_GATE) };
pub(crate) const ATTRIBUTE_KEYS: Registry =
    Registry { macro_name: "attribute_keys", ty: "AttributeKey", what: "attribute", refused: refuse_key, gate: None };

/// A metric of the conventions has its unit and its instrument where it is a literal, and a constant has neither.
fn refuse_metric(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if let Some(message) = semconv::misspelt_metric(&text) {
        errors.at(name, message);
    } else if semconv::metric(&text).is_some() {
        errors.at(name, format!("`{text}` is declared by the semantic conventions; write it as a literal, which has their unit"));
    }
}

/// A key of the conventions has its type where it is written without quotes, and a constant has none.
fn refuse_key(key: &LitStr, errors: &mut Errors) {
    let text = key.value();
    if refuse_own_key(key, SPAN_KEYS, errors) {
        return;
    }
    if let Some(message) = semconv::misspelt_attribute(&text) {
        errors.at(key, message);
    } else if semconv::attribute(&text).is_some() {
        errors.at(key, format!("`{text}` is declared by the semantic conventions; write it without quotes, and its values are checked"));
    }
}

/// The module as written.
struct Declared {
    inner: Vec<Attribute>,
    attributes: Vec<Attribute>,
    visibility: Visibility,
    module: Ident,
    names: Vec<DeclaredName>,
    /// What could not be read of it.
    errors: Errors,
}

/// `PLACE_ORDER = "shop.place_order";`
struct DeclaredName {
    attributes: Vec<Attribute>,
    constant: Ident,
    name: LitStr,
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let inner = input.call(Attribute::parse_inner)?;
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let example = "expected a module: `pub mod names { PLACE_ORDER = \"shop.place_order\"; }`";
        input.parse::<Token![mod]>().map_err(|error| syn::Error::new(error.span(), example))?;
        let module = input.parse()?;
        let content;
        braced!(content in input);
        let (mut names, mut errors) = (Vec::new(), Errors::default());
        while !content.is_empty() {
            match content.parse() {
                Ok(name) => names.push(name),
                Err(error) => {
                    errors.push(error);
                    skip_past_semicolon(&content)?;
                }
            }
        }
        Ok(Self { inner, attributes, visibility, module, names, errors })
    }
}

fn skip_past_semicolon(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() {
        if matches!(input.parse()?, TokenTree::Punct(punct) if punct.as_char() == ';') {
            break;
        }
    }
    Ok(())
}

impl Parse for DeclaredName {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let wrong = |error: syn::Error| syn::Error::new(error.span(), "expected a declaration: `PLACE_ORDER = \"shop.place_order\";`");
        let constant = input.parse().map_err(wrong)?;
        input.parse::<Token![=]>().map_err(wrong)?;
        let name = input.parse()?;
        input.parse::<Token![;]>()?;
        Ok(Self { attributes, constant, name })
    }
}

/// What stands before the module.
#[derive(Default)]
struct Settings {
    runtime: Slot<Path>,
    denies_literals: Slot<()>,
}

impl Registry {
    pub(crate) fn expand(self, tokens: TokenStream) -> TokenStream {
        let mut declared = match Declared::parse.parse2(tokens) {
            Ok(declared) => declared,
            Err(error) => return error.to_compile_error(),
        };
        let mut errors = mem::take(&mut declared.errors);
        let settings = self.settings(&declared.inner, &mut errors);
        self.check(&mut declared.names, &mut errors);
        let errors = errors.into_tokens();
        let runtime = runtime_path::or_default(settings.runtime.get().cloned());
        let gate = self.gate(&settings, &declared, &runtime);
        let module = self.module(&declared, &runtime);
        quote!(#errors #module #gate)
    }

    fn settings(self, attributes: &[Attribute], errors: &mut Errors) -> Settings {
        let mut settings = Settings::default();
        for attribute in attributes {
            let place = runtime_path::around(attribute);
            let set = match &attribute.meta {
                Meta::NameValue(pair) if pair.path.is_ident("crate") => match &pair.value {
                    Expr::Path(ExprPath { qself: None, path, .. }) => settings.runtime.set(place, "`crate`", path.clone()),
                    other => {
                        Err(syn::Error::new_spanned(other, "`crate` wants a path without quotes: `#![crate = ::path::to::otel_runtime]`"))
                    }
                },
                Meta::List(list) if self.gate.is_some() && list.path.is_ident("deny") && list.tokens.to_string() == "literals" => {
                    settings.denies_literals.set(place, "`deny(literals)`", ())
                }
                _ => {
                    let choices = if self.gate.is_some() { "`#![deny(literals)]` and `#![crate = path]`" } else { "`#![crate = path]`" };
                    Err(syn::Error::new_spanned(attribute, format!("only {choices} may stand before the module of `{}!`", self.macro_name)))
                }
            };
            set.err().into_iter().for_each(|error| errors.push(error));
        }
        settings
    }

    /// No name twice, and none that cannot be declared.
    fn check(self, names: &mut Vec<DeclaredName>, errors: &mut Errors) {
        for (index, DeclaredName { name, .. }) in names.iter().enumerate() {
            let text = name.value();
            if let Some(first) = names[..index].iter().find(|other| other.name.value() == text) {
                errors.at(
                    name,
                    format!("`{text}` is declared already, as `{}`; use that, or give this one a name of its own", first.constant),
                );
            }
            (self.refused)(name, errors);
        }
        names.retain(|DeclaredName { constant, .. }| {
            let is_ours = constant == "ALL";
            if is_ours {
                errors.at(constant, "`ALL` has all names that are declared here; give this one another name");
            }
            !is_ours
        });
    }

    fn module(self, declared: &Declared, runtime: &Path) -> TokenStream {
        let Declared { attributes, visibility, module, names, .. } = declared;
        let (ty, place) = (Ident::new(self.ty, Span::call_site()), Span::call_site());
        let at_call = runtime_path::at(runtime, place);
        let constants = names.iter().map(|DeclaredName { attributes, constant, name }| {
            let value = checked::text(runtime, self.ty, name.span(), name);
            let summary = summary(attributes, &format!("`{}`", name.value()));
            quote_spanned!(constant.span()=> #summary #(#attributes)* pub const #constant: #at_call::__private::#ty = #value;)
        });
        let all = names.iter().map(|DeclaredName { attributes, constant, .. }| {
            let conditions = conditions(attributes);
            quote!(#(#conditions)* #constant)
        });
        let (about, about_all) = (format!("Names of {}s.", self.what), format!("Every name of a {} that is declared here.", self.what));
        let summary = summary(attributes, &about);
        quote! {
            #summary
            #(#attributes)*
            #[allow(unreachable_pub)]
            #visibility mod #module {
                #(#constants)*
                #[doc = #about_all]
                #[allow(dead_code)]
                pub const ALL: &[#at_call::__private::#ty] = &[#(#all),*];
            }
        }
    }

    /// The gate of a crate that lets no literals through.
    fn gate(self, settings: &Settings, declared: &Declared, runtime: &Path) -> Option<TokenStream> {
        let (place, gate) = (settings.denies_literals.place()?, self.gate?);
        let (gate, ty) = (Ident::new(gate, Span::call_site()), Ident::new(self.ty, Span::call_site()));
        let (what, module, conditions) = (self.what, &declared.module, conditions(&declared.attributes).collect::<Vec<_>>());
        let message = format!("this crate declares the names of its {what}s: add this one to `{module}`, and write `name = {module}::…`");
        let root = format!("`{}!` with `deny(literals)` stands in the root of the crate, which it speaks for", self.macro_name);
        let check = format_ident!("{gate}_root");
        Some(quote_spanned! {place=>
            #(#conditions)*
            #[doc(hidden)]
            #[allow(dead_code)]
            #[track_caller]
            const fn #gate(_: &'static str) -> #runtime::__private::#ty {
                ::core::panic!(#message)
            }
            #(#conditions)*
            #[doc(hidden)]
            #[allow(dead_code, non_upper_case_globals)]
            const #check: () = #runtime::__private::in_root(::core::module_path!(), #root);
        })
    }
}

/// Under which conditions something is there.
fn conditions(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"))
}

/// Documentation for what has none: a name says what it is.
fn summary(attributes: &[Attribute], text: &str) -> Option<TokenStream> {
    let is_documented = attributes.iter().any(|attribute| attribute.path().is_ident("doc"));
    (!is_documented).then(|| quote!(#[doc = #text]))
}
