//! What is emitted when an item cannot be expanded: the item as it was written, and the mistakes beside it. Callers of the item then
//! still compile, and the user reads one message instead of one for each use.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use syn::{Meta, Path};

use crate::errors::Errors;
use crate::expand;
use crate::function::Function;
use crate::items::Block;
use crate::written::Macro;

pub(crate) fn item_and_errors(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    let is_block = Block::parse(item).is_some();
    let mut folded = Vec::new();
    let item = without_ours(item, is_block, &mut folded);
    if is_block {
        let imports = expand::imports(&folded);
        return quote!(#errors #item #imports);
    }
    let item = match syn::parse2::<Function>(item.clone()) {
        Ok(function) if !folded.is_empty() => expand::untouched(function, &folded),
        _ => item,
    };
    quote!(#errors #item)
}

/// The item without those attributes of ours that would otherwise be expanded after this one, to report the same mistakes again; of a block,
/// those inside as well, which mean something else without it. `folded` gets the macros of those on the item itself.
fn without_ours(item: &TokenStream, is_block: bool, folded: &mut Vec<Path>) -> TokenStream {
    let mut tokens: Vec<TokenTree> = Vec::new();
    for token in item.clone() {
        match (token, tokens.last()) {
            (TokenTree::Group(group), Some(TokenTree::Punct(hash))) if hash.as_char() == '#' && ours(&group).is_some() => {
                folded.extend(ours(&group));
                tokens.pop();
            }
            (TokenTree::Group(group), _) if is_block => {
                let mut without = Group::new(group.delimiter(), without_ours(&group.stream(), is_block, &mut Vec::new()));
                without.set_span(group.span());
                tokens.push(without.into());
            }
            (token, _) => tokens.push(token),
        }
    }
    tokens.into_iter().collect()
}

fn ours(attribute: &Group) -> Option<Path> {
    let meta: Meta = syn::parse2(attribute.stream()).ok()?;
    Macro::of(meta.path(), None).map(|_| meta.path().clone())
}
