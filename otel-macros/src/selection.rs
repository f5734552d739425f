//! Which functions of a block are meant: options that all macros have.

use proc_macro2::{Ident, Span};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use crate::args::{self, Slot};
use crate::errors::Errors;

#[derive(Default)]
pub(crate) struct Selection {
    /// On a function: not this one.
    pub(crate) skip: Slot<()>,
    /// On a block: those with `pub`.
    pub(crate) only_pub: Slot<()>,
    /// On a block: not these.
    pub(crate) except: Slot<Vec<Ident>>,
}

impl Selection {
    pub(crate) const OPTIONS: &[&str] = &["skip", "only", "except"];

    pub(crate) fn option(&mut self, option: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let place = option.span();
        match option.to_string().as_str() {
            "skip" => self.skip.set(place, "`skip`", args::flag(input, option)?),
            "only" => {
                let only = args::list(input, option, "only(pub)", errors, |input| {
                    input.parse::<Token![pub]>().map_err(|_| input.error("`only` knows nothing but `pub`: `only(pub)`"))
                })?;
                if only.is_empty() {
                    return Err(syn::Error::new(place, "`only` wants to know which functions: `only(pub)`"));
                }
                self.only_pub.set(place, "`only`", ())
            }
            _ => {
                let except = args::list(input, option, "except(new, len)", errors, Ident::parse_any)?;
                self.except.set(place, "`except`", except)
            }
        }
    }

    /// Where something stands that has a meaning on blocks alone.
    pub(crate) fn place_of_block_option(&self) -> Option<(Span, &'static str)> {
        let only = self.only_pub.place().map(|place| (place, "only"));
        only.or_else(|| self.except.place().map(|place| (place, "except")))
    }
}
