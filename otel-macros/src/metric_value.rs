//! `#[derive(MetricValue)]`: the variants of an enum are the few values of a metric's attribute.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr, Path};

use crate::args;
use crate::derive::{Derive, each_entry, snake_case};
use crate::errors::Errors;
use crate::runtime_path;

pub(crate) const DERIVE: Derive = Derive { body, implementation };

fn body(input: &DeriveInput, errors: &mut Errors) -> (Path, TokenStream) {
    let mut runtime_path = None;
    rename(&input.attrs, errors, Some(&mut runtime_path));
    let runtime = runtime_path::or_default(runtime_path);
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        errors.at(name, "only an enum has few values by itself; write `unbounded(value)` where the attribute is given");
        return (runtime, TokenStream::new());
    };
    let arms = data.variants.iter().map(|variant| {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(&variant.fields, "a variant with fields has as many values as its fields; a value of a metric is a plain variant");
        }
        let value = rename(&variant.attrs, errors, None).unwrap_or_else(|| snake_case(&variant.ident));
        let ident = &variant.ident;
        quote!(Self::#ident => #value,)
    });
    let arms: Vec<TokenStream> = arms.collect();
    let text = if arms.is_empty() { quote!(match *self {}) } else { quote!(match self { #(#arms)* }) };
    (runtime, quote!(writer.static_str(#text)))
}

fn implementation(input: &DeriveInput, runtime: &Path, body: &TokenStream) -> TokenStream {
    let name = &input.ident;
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #generics #runtime::__private::AttributeValue for #name #arguments #conditions {
            fn write(&self, writer: #runtime::__private::ValueWriter<'_>) {
                #body
            }
        }

        #[automatically_derived]
        impl #generics #runtime::__private::MetricValue for #name #arguments #conditions {}

        #[automatically_derived]
        impl #generics #runtime::__private::OfKind<#runtime::__private::kind::String> for #name #arguments #conditions {}
    }
}

fn rename(attributes: &[Attribute], errors: &mut Errors, mut runtime_path: Option<&mut Option<Path>>) -> Option<String> {
    let mut found = None;
    each_entry(attributes, "metric_value", errors, |input: ParseStream<'_>| {
        if runtime_path.is_none() && input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            if found.replace(text.value()).is_some() {
                return Err(syn::Error::new(text.span(), "the value is given twice; keep one of them"));
            }
            return Ok(());
        }
        if input.peek(LitStr) {
            return Err(input.error("the values are those of the variants; put `#[metric_value(\"a_value\")]` on a variant"));
        }
        let choices: &[&str] = if runtime_path.is_some() { &["crate"] } else { &["\"a_value\""] };
        let option = args::option(input, choices)?;
        match (option.to_string().as_str(), runtime_path.as_deref_mut()) {
            ("crate", Some(path)) => *path = Some(args::runtime(input, &option)?),
            _ => return Err(args::unknown(&option, choices)),
        }
        Ok(())
    });
    found
}
