//! Which functions of a block are meant: options that all macros have.

use proc_macro2::{Group, Ident, Span};
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
        let names_none = || input.fork().parse::<Group>().is_ok_and(|list| list.stream().is_empty());
        if option != "skip" && names_none() {
            return Err(syn::Error::new(place, format!("`{option}` wants to know which functions: `only(pub)`, `except(new, len)`")));
        }
        match option.to_string().as_str() {
            "skip" => self.skip.set(place, "`skip`", args::flag(input, option)?),
            "only" => {
                args::list(input, option, "only(pub)", errors, |input| {
                    input.parse::<Token![pub]>().map_err(|_| input.error("`only` knows nothing but `pub`: `only(pub)`"))
                })?;
                self.only_pub.set(place, "`only`", ())
            }
            _ => {
                let except = args::list(input, option, "except(new, len)", errors, |input| {
                    let name = input.call(Ident::parse_any);
                    name.map_err(|_| input.error("expected the name of a function, without quotes: `except(new, len)`"))
                })?;
                self.except.set(place, "`except`", except)
            }
        }
    }

    /// Takes over from the block around this one what is not said here.
    pub(crate) fn inherit(&mut self, around: &Self) {
        self.only_pub.inherit(&around.only_pub);
        let mut names = self.except.get().cloned().unwrap_or_default();
        names.extend(around.except.get().into_iter().flatten().cloned());
        if let Some(place) = self.except.place().or_else(|| around.except.place()) {
            self.except = Slot::at(place, names);
        }
    }

    /// Where something stands that has a meaning on blocks alone.
    pub(crate) fn block_options(&self) -> impl Iterator<Item = (Span, &'static str)> {
        let options = [(self.only_pub.place(), "only"), (self.except.place(), "except")];
        options.into_iter().filter_map(|(place, option)| Some((place?, option)))
    }
}
