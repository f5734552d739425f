//! What the derives share.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, DeriveInput, Meta, Path};

use crate::errors::Errors;

/// One derive.
pub(crate) struct Derive {
    /// Where the runtime is found, and the body of the trait's method.
    pub(crate) body: fn(&DeriveInput, &mut Errors) -> (Path, TokenStream),
    /// The trait's implementation, with that body.
    pub(crate) implementation: fn(&DeriveInput, &Path, &TokenStream) -> TokenStream,
}

impl Derive {
    /// Expands the item. Beside mistakes stands an implementation that does nothing, so that those who use the trait do not report that it is
    /// missing.
    pub(crate) fn expand(&self, item: TokenStream) -> TokenStream {
        let input = match syn::parse2::<DeriveInput>(item) {
            Ok(input) => input,
            Err(error) => return error.to_compile_error(),
        };
        let mut errors = Errors::default();
        let (runtime, body) = (self.body)(&input, &mut errors);
        if errors.is_empty() {
            return (self.implementation)(&input, &runtime, &body);
        }
        let implementation = (self.implementation)(&input, &runtime, &quote!(::core::unreachable!()));
        let errors = errors.into_tokens();
        quote!(#errors #implementation)
    }
}

/// Runs `entry` for each entry of each `#[name(entry, …)]` among the attributes. A mistake in one is kept, and the next is looked at.
pub(crate) fn each_entry(
    attributes: &[Attribute],
    name: &str,
    errors: &mut Errors,
    mut entry: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        let Meta::List(list) = &attribute.meta else {
            errors.at(attribute, format!("`#[{name}]` wants something in parentheses: `#[{name}(…)]`"));
            continue;
        };
        let parser = |input: ParseStream<'_>| {
            crate::args::separated(input, errors, |input, _| entry(input));
            Ok(())
        };
        if let Err(error) = parser.parse2(list.tokens.clone()) {
            errors.push(error);
        }
    }
}

/// Refuses `#[name]` where it means nothing.
pub(crate) fn misplaced(attributes: &[Attribute], name: &str, message: &str, errors: &mut Errors) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        errors.at(attribute, message);
    }
}

/// What is said of lints: `#[allow(deprecated)]` on a type is meant for what is derived from it as well. What is expected is allowed here: that
/// it comes is known where it was written.
pub(crate) fn lints(attributes: &[Attribute]) -> impl Iterator<Item = TokenStream> {
    let levels = ["allow", "expect", "warn", "deny", "forbid"];
    attributes.iter().filter(move |attribute| levels.iter().any(|level| attribute.path().is_ident(level))).map(|attribute| match &attribute
        .meta
    {
        Meta::List(list) if list.path.is_ident("expect") => {
            let lints = &list.tokens;
            quote!(#[allow(#lints)])
        }
        _ => quote!(#attribute),
    })
}

/// `OutOfStock` as `out_of_stock`.
pub(crate) fn snake_case(ident: &Ident) -> String {
    let camel: Vec<char> = ident.unraw().to_string().chars().collect();
    let mut snake = String::with_capacity(camel.len() + 4);
    for (index, letter) in camel.iter().enumerate() {
        let after_small = index > 0 && !camel[index - 1].is_uppercase();
        let before_small = index > 0 && camel.get(index + 1).is_some_and(|next| next.is_lowercase());
        if letter.is_uppercase() && (after_small || before_small) && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// A local that the user's code cannot name.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_snake_case() {
        let cases = [
            ("OutOfStock", "out_of_stock"),
            ("Io", "io"),
            ("HTTPError", "http_error"),
            ("V2", "v2"),
            ("r#Self_", "self_"),
            ("TooMany429", "too_many429"),
            ("already_snake", "already_snake"),
        ];
        for (camel, snake) in cases {
            let ident = syn::parse_str::<Ident>(camel).unwrap_or_else(|_| Ident::new(&camel.replace("r#", ""), Span::call_site()));
            assert_eq!(snake_case(&ident), snake);
        }
    }
}
