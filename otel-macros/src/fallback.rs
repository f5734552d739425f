//! What is emitted when an item cannot be expanded: the item as it was written, and the mistakes beside it. Callers of the item then
//! still compile, and the user reads one message instead of one for each use.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;

pub(crate) fn item_and_errors(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#errors #item)
}
