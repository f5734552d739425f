//! From tokens to tokens: what the attribute macros have in common.

use proc_macro2::{TokenStream, TokenTree};
use syn::{ForeignItem, Item};

use crate::errors::Errors;
use crate::function::Function;
use crate::items::Block;
use crate::plan::Plan;
use crate::written::{Macro, Written};
use crate::{expand, fallback};

/// Expands `#[own(args)] item`.
pub(crate) fn expand(own: Macro, args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = if let Ok(mut written_on) = syn::parse2::<Function>(item.clone()) {
        let written = Written::fold(own, args, &mut written_on.attributes, &mut errors);
        function(written, written_on, &mut errors)
    } else if let Some(mut block) = Block::parse(item) {
        let written = Written::fold(own, args, &mut block.attributes, &mut errors);
        Some(block.expand(&written, &mut errors))
    } else if is_no_rust(item) && item.clone().into_iter().any(|token| matches!(&token, TokenTree::Ident(word) if word == "fn")) {
        // A function that is no valid Rust: the compiler says so itself, and better.
        return item.clone();
    } else {
        let name = own.name();
        let message =
            format!("`#[{name}]` goes on a function or a method, or on a whole `impl`, `trait` or `mod` with its items in braces");
        errors.at(item.clone().into_iter().next(), message);
        None
    };
    match expanded {
        Some(expanded) if errors.is_empty() => expanded,
        _ => fallback::item_and_errors(item, errors),
    }
}

/// Expands a function that stands by itself.
fn function(written: Written, function: Function, errors: &mut Errors) -> Option<TokenStream> {
    for selection in written.selections() {
        if let Some(place) = selection.skip.place() {
            errors.at_span(
                place,
                "`skip` leaves out one function of an annotated `impl`, `trait` or `mod`; here, remove the whole attribute",
            );
        }
        for (place, option) in selection.block_options() {
            errors
                .at_span(place, format!("`{option}` chooses among the functions of an `impl`, `trait` or `mod`, and this is one function"));
        }
    }
    let plan = Plan::new(written, function, None, errors)?;
    errors.is_empty().then(|| expand::function(&plan))
}

/// Whether the compiler will have something to say of the item itself. A constant that is a function pointer is fine, and so is what stands
/// in an `extern` block.
fn is_no_rust(item: &TokenStream) -> bool {
    syn::parse2::<Item>(item.clone()).is_err() && syn::parse2::<ForeignItem>(item.clone()).is_err()
}
