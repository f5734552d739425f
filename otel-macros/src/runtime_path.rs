//! Where the runtime is found in the user's crate: `::otel_runtime`, or what `crate = …` says.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Path, parse_quote_spanned};

pub(crate) fn or_default(written: Option<Path>) -> Path {
    written.unwrap_or_else(|| parse_quote_spanned!(Span::mixed_site()=> ::otel_runtime))
}

/// The path as if it stood at `place`, so that an error in what begins with it is shown there. What its parts mean stays as it was.
pub(crate) fn at(path: &Path, place: Span) -> TokenStream {
    let moved = path.to_token_stream().into_iter().map(|mut token: TokenTree| {
        token.set_span(place.resolved_at(token.span()));
        token
    });
    moved.collect()
}

/// The place for what we write around something of the user's: errors are shown there, but our locals are meant, and the compiler does not
/// suggest to change what nobody sees.
pub(crate) fn around(written: &impl Spanned) -> Span {
    written.span().resolved_at(Span::mixed_site())
}
