//! What is emitted when an item cannot be expanded: the item as it was written, and the mistakes beside it. Callers of the item then
//! still compile, and the user reads one message instead of one for each use.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use crate::errors::Errors;
use crate::written::Macro;

pub(crate) fn item_and_errors(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let item = without_ours(item);
    quote!(#errors #item)
}

/// The item without those attributes of ours that would otherwise be expanded after this one, to report the same mistakes again.
fn without_ours(item: &TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = Vec::new();
    for token in item.clone() {
        let is_ours = match (&token, tokens.last()) {
            (TokenTree::Group(group), Some(TokenTree::Punct(hash))) if hash.as_char() == '#' => {
                syn::parse2::<syn::Meta>(group.stream()).is_ok_and(|meta| Macro::of(meta.path()).is_some())
            }
            _ => false,
        };
        if is_ours {
            tokens.pop();
        } else {
            tokens.push(token);
        }
    }
    tokens.into_iter().collect()
}
