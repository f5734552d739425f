//! `#[derive(Attributes)]`: fields become attributes.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Field, Fields, LitInt, LitStr, Member, Path, parenthesized};

use crate::args::{self, Name, Slot};
use crate::checked;
use crate::derive::{Derive, each_entry, lints, local, misplaced, snake_case};
use crate::errors::Errors;
use crate::plan::{SPAN_KEYS, refuse_own_key, refuse_text};
use crate::{runtime_path, semconv};

const CONTAINER_OPTIONS: &[&str] = &["prefix", "crate"];
const OPTIONS: &[&str] = &["\"a.key\"", "key", "display", "debug", "flatten", "nested", "redact", "skip"];

/// What `#[attribute(…)]` says of a field.
#[derive(Default)]
struct Options {
    key: Slot<Name>,
    treatment: Slot<Treatment>,
    redaction: Slot<Redaction>,
}

#[derive(Clone, Copy, PartialEq)]
enum Treatment {
    Typed,
    Display,
    Debug,
    /// The attributes of the field's own value, under their own keys.
    Flatten,
    /// The same behind the field's key.
    Nested,
    Skip,
}

enum Redaction {
    Erase,
    Hash,
    Truncate(LitInt),
}

pub(crate) const DERIVE: Derive = Derive { body, implementation };

fn body(input: &DeriveInput, errors: &mut Errors) -> (Path, TokenStream) {
    let (prefix, runtime_path) = container(&input.attrs, errors);
    misplaced(&input.attrs, "attribute", "`#[attribute(…)]` is for a field; the whole type has `#[attributes(…)]`", errors);
    let runtime = runtime_path::or_default(runtime_path);
    let writer = local(WRITER);
    let body = match &input.data {
        Data::Struct(data) => arm(&runtime, &quote!(Self), &[], &data.fields, &prefix, &writer, errors),
        Data::Enum(data) => {
            let arms = data.variants.iter().map(|variant| {
                for name in ["attribute", "attributes"] {
                    misplaced(&variant.attrs, name, "a variant has no attribute of its own; write `#[attribute(…)]` on its fields", errors);
                }
                let ident = &variant.ident;
                arm(&runtime, &quote!(Self::#ident), &variant.attrs, &variant.fields, &prefix, &writer, errors)
            });
            arms.collect()
        }
        Data::Union(_) => {
            errors.at(&input.ident, "a union does not know which of its fields is there; implement `Attributes` by hand");
            TokenStream::new()
        }
    };
    let is_empty = matches!(&input.data, Data::Enum(data) if data.variants.is_empty());
    let body = if is_empty { quote!(match *self {}) } else { quote!(match self { #body }) };
    (runtime, body)
}

fn implementation(input: &DeriveInput, runtime: &Path, body: &TokenStream) -> TokenStream {
    let (name, writer) = (&input.ident, local(WRITER));
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    let lints = lints(&input.attrs);
    quote! {
        #(#lints)*
        #[automatically_derived]
        impl #generics #runtime::__private::Attributes for #name #arguments #conditions {
            fn record(&self, #writer: &mut #runtime::__private::AttributeWriter<'_>) {
                #body
            }
        }
    }
}

/// The argument of the trait's method.
const WRITER: &str = "attributes";

/// `#[attributes(prefix = "…", crate = …)]`. The prefix comes with its dot.
fn container(attributes: &[Attribute], errors: &mut Errors) -> (String, Option<Path>) {
    let mut prefix = Slot::default();
    let mut path = Slot::default();
    each_entry(attributes, "attributes", errors, |input| {
        let option = args::option(input, CONTAINER_OPTIONS)?;
        match option.to_string().as_str() {
            "prefix" => prefix.set(option.span(), "`prefix`", args::text(input, &option, "prefix = \"order\"")?),
            "crate" => path.set(option.span(), "`crate`", args::runtime(input, &option)?),
            _ => Err(args::unknown(&option, CONTAINER_OPTIONS)),
        }
    });
    let prefix = prefix.take().map(|prefix: LitStr| {
        let text = prefix.value();
        if text.is_empty() || text.contains(char::is_whitespace) || text.ends_with('.') || text.starts_with('.') {
            errors.at(&prefix, "a prefix is a name without spaces, and the dot after it comes by itself: `prefix = \"order\"`");
        }
        format!("{text}.")
    });
    (prefix.unwrap_or_default(), path.take())
}

/// One arm of the match: takes a struct or a variant apart and records its fields.
fn arm(
    runtime: &Path,
    pattern: &TokenStream,
    attributes: &[Attribute],
    fields: &Fields,
    prefix: &str,
    writer: &Ident,
    errors: &mut Errors,
) -> TokenStream {
    let lints = lints(attributes);
    let mut members = TokenStream::new();
    let mut records = TokenStream::new();
    let mut keys: Vec<(Treatment, Name)> = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let options = Options::of(field, errors);
        let treatment = options.treatment.get().copied().unwrap_or(Treatment::Typed);
        options.check(treatment, field, errors);
        if treatment == Treatment::Skip {
            continue;
        }
        let key = options.key(field, index, prefix);
        let bound = Ident::new(&format!("__otel_field{index}"), runtime_path::around(&field.ty));
        let member = field.ident.clone().map_or_else(|| Member::from(index), Member::Named);
        members.extend(quote!(#member: #bound,));
        records.extend(options.record(runtime, writer, &key, &bound, treatment, field));
        if treatment != Treatment::Flatten {
            check_key(&key, treatment, &keys, errors);
            options.check_kind(&key, treatment, errors);
            keys.push((treatment, key));
        }
    }
    let constants = checked_constants(runtime, &keys);
    quote!(#(#lints)* #pattern { #members .. } => { #constants #records })
}

/// What only the compiler can say of keys that are constants: whether they may stand there, beside the others.
fn checked_constants(runtime: &Path, keys: &[(Treatment, Name)]) -> Option<TokenStream> {
    let whole = || keys.iter().filter(|(treatment, _)| *treatment != Treatment::Nested).map(|(_, key)| key);
    let place = whole().filter(|key| matches!(key, Name::Constant(_))).map(Spanned::span).next_back()?;
    let each = whole().map(|key| match key {
        Name::Literal(literal) => checked::text(runtime, "AttributeKey", literal.span(), literal),
        Name::Constant(path) => path.to_token_stream(),
    });
    let runtime = runtime_path::at(runtime, place);
    Some(
        quote_spanned!(place=> const _: &[#runtime::__private::AttributeKey] = #runtime::__private::AttributeKey::of_span(&[#(#each),*], 0, 0);),
    )
}

impl Options {
    fn of(field: &Field, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        each_entry(&field.attrs, "attribute", errors, |input| options.entry(input));
        misplaced(&field.attrs, "attributes", "`#[attributes(…)]` is for the whole type; a field has `#[attribute(…)]`", errors);
        options
    }

    fn entry(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(LitStr) {
            let key: LitStr = input.parse()?;
            return self.key.set(key.span(), "the key", Name::Literal(key));
        }
        let option = args::option(input, OPTIONS)?;
        let treatment = match option.to_string().as_str() {
            "key" => return self.key.set(option.span(), "the key", args::name(input, &option, "key = keys::ORDER_ID")?),
            "display" => Treatment::Display,
            "debug" => Treatment::Debug,
            "flatten" => Treatment::Flatten,
            "nested" => Treatment::Nested,
            "skip" => Treatment::Skip,
            "redact" => return self.redaction.set(option.span(), "`redact`", redaction(input, &option)?),
            _ => return Err(args::unknown(&option, OPTIONS)),
        };
        args::flag(input, &option)?;
        self.treatment.set(option.span(), "how the field is recorded", treatment)
    }

    fn check(&self, treatment: Treatment, field: &Field, errors: &mut Errors) {
        let whole = matches!(treatment, Treatment::Flatten | Treatment::Nested | Treatment::Skip);
        if let Some(place) = self.redaction.place().filter(|_| whole) {
            errors.at_span(place, "`redact` is for one value, and this field is none; redact inside of its own type");
        }
        if let Some(place) = self.key.place().filter(|_| matches!(treatment, Treatment::Flatten | Treatment::Skip)) {
            errors.at_span(place, "a key is for a field that is recorded under it, and this one is not");
        }
        if field.ident.is_none() && self.key.get().is_none() && !matches!(treatment, Treatment::Flatten | Treatment::Skip) {
            errors.at(&field.ty, "a field without a name needs a key: `#[attribute(\"order.id\")]`, or `flatten`, or `skip`");
        }
    }

    /// What makes a string of a value stands at no key that is for something else.
    fn check_kind(&self, key: &Name, treatment: Treatment, errors: &mut Errors) {
        let Name::Literal(key) = key else { return };
        let place = match (self.redaction.place(), treatment) {
            (Some(place), _) => Some((place, "`redact` records")),
            (None, Treatment::Display | Treatment::Debug) => self.treatment.place().map(|place| (place, "this records")),
            _ => None,
        };
        if let Some((place, how)) = place {
            refuse_text(key, how, &place, errors);
        }
    }

    /// The key as written, or the field's name behind the prefix; it stands where the user gave it.
    fn key(&self, field: &Field, index: usize, prefix: &str) -> Name {
        match (self.key.get(), &field.ident) {
            (Some(key), _) => key.clone(),
            (None, Some(ident)) => Name::Literal(LitStr::new(&format!("{prefix}{}", snake_case(ident)), ident.span())),
            (None, None) => Name::Literal(LitStr::new(&format!("{prefix}{index}"), field.span())),
        }
    }

    fn record(&self, runtime: &Path, writer: &Ident, key: &Name, bound: &Ident, treatment: Treatment, field: &Field) -> TokenStream {
        let place = runtime_path::around(&field.ty);
        let checked = checked_key(runtime, key, treatment, &field.attrs);
        let own_runtime = runtime;
        let runtime = runtime_path::at(runtime, place);
        let value = match treatment {
            Treatment::Flatten => return quote_spanned!(place=> #runtime::__private::Attributes::record(#bound, #writer);),
            Treatment::Nested => return quote_spanned!(place=> #writer.nested(#checked, #bound);),
            Treatment::Display => quote_spanned!(place=> &#runtime::__private::Displayed(#bound)),
            Treatment::Debug => quote_spanned!(place=> &#runtime::__private::Debugged(#bound)),
            Treatment::Typed | Treatment::Skip => quote_spanned!(place=> #bound),
        };
        let value = match self.redaction.get() {
            None => value,
            Some(redaction) => {
                let redaction = match redaction {
                    Redaction::Erase => quote!(Erase),
                    Redaction::Hash => quote!(Hash),
                    Redaction::Truncate(length) => quote!(Truncate(#length)),
                };
                quote_spanned!(place=> &#runtime::__private::Redacted(#value, #runtime::__private::Redaction::#redaction))
            }
        };
        let value = match key {
            Name::Literal(key) => checked::value(own_runtime, key, value, place),
            Name::Constant(_) => value,
        };
        quote_spanned!(place=> #writer.set(#checked, #value);)
    }
}

/// A key is no other field's, and neither the runtime's own nor misspelt. What others are put behind is not whole, and is not looked at.
fn check_key(key: &Name, treatment: Treatment, others: &[(Treatment, Name)], errors: &mut Errors) {
    let text = key_text(key);
    if others.iter().any(|(_, other)| key_text(other) == text) {
        errors.at(key, format!("the attribute `{text}` is given twice; each field has a key of its own"));
    }
    let Name::Literal(literal) = key else { return };
    if treatment == Treatment::Nested || refuse_own_key(literal, SPAN_KEYS, errors) {
        return;
    }
    if let Some(message) = semconv::misspelt_attribute(&text) {
        errors.at(literal, format!("{message} A constant, `#[attribute(key = PATH)]`, is not checked"));
    }
}

/// The key, or the path of the constant that has it.
fn key_text(key: &Name) -> String {
    match key {
        Name::Literal(literal) => literal.value(),
        Name::Constant(path) => path.to_token_stream().to_string().replace(' ', ""),
    }
}

/// The key in an item, and in no `const` block, which is not looked at before code is made of it. What the field says of lints is true of it.
fn checked_key(runtime: &Path, key: &Name, treatment: Treatment, attributes: &[Attribute]) -> TokenStream {
    let Name::Literal(literal) = key else { return key.to_token_stream() };
    let place = literal.span();
    let (import, key) = match treatment {
        Treatment::Nested => (None, checked::text(runtime, "AttributeKey", place, literal)),
        _ => checked::imported_key(runtime, literal),
    };
    let (runtime, lints) = (runtime_path::at(runtime, place), lints(attributes));
    quote_spanned!(place=> {
        #import
        #(#lints)*
        const KEY: #runtime::__private::AttributeKey = #key;
        KEY
    })
}

fn redaction(input: ParseStream<'_>, option: &Ident) -> syn::Result<Redaction> {
    let how = args::word(input, option, "redact = hash")?;
    match how.to_string().as_str() {
        "erase" => Ok(Redaction::Erase),
        "hash" => Ok(Redaction::Hash),
        "truncate" if input.peek(syn::token::Paren) => {
            let content;
            parenthesized!(content in input);
            let place = content.span();
            let length =
                content.parse().ok().filter(|length: &LitInt| length.suffix().is_empty() && length.base10_parse::<usize>().is_ok());
            let length = length.ok_or_else(|| syn::Error::new(place, "expected a number of characters: `truncate(8)`"))?;
            Ok(Redaction::Truncate(length))
        }
        "truncate" => Err(syn::Error::new(how.span(), "`truncate` wants to know how much is left: `truncate(8)`")),
        _ => Err(syn::Error::new(how.span(), format!("there is no redaction `{how}`; there are `erase`, `hash` and `truncate(n)`"))),
    }
}
