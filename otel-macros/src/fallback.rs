//! What is emitted when an item cannot be expanded: the item as it was written, and the mistakes beside it. Callers of the item then
//! still compile, and the user reads one message instead of one for each use.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

use crate::errors::Errors;
use crate::items::Block;
use crate::written::Macro;

pub(crate) fn item_and_errors(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let item = without_ours(item, Block::parse(item).is_some());
    quote!(#errors #item)
}

/// The item without those attributes of ours that would otherwise be expanded after this one, to report the same mistakes again; of a block,
/// those inside as well, which mean something else without it.
fn without_ours(item: &TokenStream, is_block: bool) -> TokenStream {
    let mut tokens: Vec<TokenTree> = Vec::new();
    for token in item.clone() {
        match (token, tokens.last()) {
            (TokenTree::Group(group), Some(TokenTree::Punct(hash))) if hash.as_char() == '#' && is_ours(&group) => {
                tokens.pop();
            }
            (TokenTree::Group(group), _) if is_block => {
                let mut without = Group::new(group.delimiter(), without_ours(&group.stream(), is_block));
                without.set_span(group.span());
                tokens.push(without.into());
            }
            (token, _) => tokens.push(token),
        }
    }
    tokens.into_iter().collect()
}

fn is_ours(attribute: &Group) -> bool {
    syn::parse2::<syn::Meta>(attribute.stream()).is_ok_and(|meta| Macro::of(meta.path()).is_some())
}
