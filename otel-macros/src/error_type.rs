//! `#[derive(ErrorType)]`: the variant's name is the error's class.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Member, Path};

use crate::args;
use crate::derive::{Derive, each_entry, misplaced, snake_case};
use crate::errors::Errors;
use crate::runtime_path;

/// How a type or a variant says its class.
enum Class {
    /// Its name, or what was given instead.
    Text(String),
    /// It asks its only field.
    Transparent,
}

pub(crate) const DERIVE: Derive = Derive { body, implementation };

fn body(input: &DeriveInput, errors: &mut Errors) -> (Path, TokenStream) {
    let mut runtime_path = None;
    let whole = class(&input.attrs, errors, Some(&mut runtime_path));
    let runtime = runtime_path::or_default(runtime_path);
    let name = &input.ident;
    let body = match &input.data {
        Data::Enum(data) => {
            if whole.is_some() {
                errors.at(&input.ident, "an enum's class is that of its variant; put `#[error_type(…)]` on the variants");
            }
            let arms = data.variants.iter().map(|variant| {
                let class = class(&variant.attrs, errors, None).unwrap_or_else(|| Class::Text(snake_case(&variant.ident)));
                let ident = &variant.ident;
                arm(&runtime, &quote!(Self::#ident), &class, &variant.fields, ident, errors)
            });
            let arms: Vec<TokenStream> = arms.collect();
            if arms.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms)* }) }
        }
        Data::Struct(data) => {
            let class = whole.unwrap_or_else(|| Class::Text(snake_case(name)));
            let arm = arm(&runtime, &quote!(Self), &class, &data.fields, name, errors);
            quote!(match self { #arm })
        }
        Data::Union(_) => {
            errors.at(name, "a union has no variants that could be classes; implement `ErrorType` by hand");
            TokenStream::new()
        }
    };
    (runtime, body)
}

fn implementation(input: &DeriveInput, runtime: &Path, body: &TokenStream) -> TokenStream {
    let name = &input.ident;
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics #runtime::__private::ErrorType for #name #arguments #conditions {
            fn error_type(&self) -> ::std::borrow::Cow<'static, str> {
                #body
            }
        }
    }
}

fn arm(runtime: &Path, pattern: &TokenStream, class: &Class, fields: &Fields, name: &Ident, errors: &mut Errors) -> TokenStream {
    for field in fields {
        misplaced(&field.attrs, "error_type", "`#[error_type(…)]` goes on the variant or the struct, and not on its fields", errors);
    }
    match class {
        Class::Text(text) => quote!(#pattern { .. } => ::std::borrow::Cow::Borrowed(#text),),
        Class::Transparent => {
            let only = fields.iter().next().filter(|_| fields.len() == 1);
            let Some(field) = only else {
                errors.at(name, "`transparent` asks the one field that there is, and here there is not exactly one");
                return TokenStream::new();
            };
            let place = runtime_path::around(&field.ty);
            let (runtime, inner) = (runtime_path::at(runtime, place), Ident::new("__otel_inner", place));
            let member = field.ident.clone().map_or_else(|| Member::from(0), Member::Named);
            let asked = quote_spanned!(place=> #runtime::__private::ErrorType::error_type(#inner));
            quote!(#pattern { #member: #inner } => #asked,)
        }
    }
}

/// What the attributes say, if anything.
fn class(attributes: &[Attribute], errors: &mut Errors, mut runtime_path: Option<&mut Option<Path>>) -> Option<Class> {
    let mut found = None;
    each_entry(attributes, "error_type", errors, |input: ParseStream<'_>| {
        let place = input.span();
        let class = if input.peek(LitStr) {
            Class::Text(non_empty(&input.parse()?)?)
        } else {
            let choices: &[&str] =
                if runtime_path.is_some() { &["\"a_class\"", "transparent", "crate"] } else { &["\"a_class\"", "transparent"] };
            let option = args::option(input, choices)?;
            match (option.to_string().as_str(), runtime_path.as_deref_mut()) {
                ("transparent", _) => Class::Transparent,
                ("crate", Some(path)) => {
                    *path = Some(args::runtime(input, &option)?);
                    return Ok(());
                }
                _ => return Err(args::unknown(&option, choices)),
            }
        };
        if found.replace(class).is_some() {
            return Err(syn::Error::new(place, "the class is given twice; keep one of them"));
        }
        Ok(())
    });
    found
}

fn non_empty(text: &LitStr) -> syn::Result<String> {
    let class = text.value();
    if class.is_empty() || class.contains(|letter: char| letter.is_whitespace() || letter == '{' || letter.is_control()) {
        return Err(syn::Error::new(text.span(), "a class is a short name without spaces, like \"card_declined\""));
    }
    Ok(class)
}
