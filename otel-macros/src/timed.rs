//! The options of `#[timed]`.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Expr, LitStr, Path};

use crate::args::{self, Name, Options, Slot};
use crate::errors::Errors;
use crate::field::Field;
use crate::selection::Selection;

/// The options as written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Slot<Name>,
    pub(crate) description: Slot<LitStr>,
    pub(crate) buckets: Slot<Expr>,
    pub(crate) fields: Slot<Vec<Field>>,
    pub(crate) selection: Selection,
    pub(crate) runtime: Slot<Path>,
}

impl Options for Args {
    const CHOICES: &[&str] = &["name", "description", "buckets", "fields", "skip", "only", "except", "crate"];

    fn option(&mut self, option: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let place = option.span();
        match option.to_string().as_str() {
            "name" => self.name.set(place, "the name of the histogram", args::name(input, option, "name = \"shop.order.duration\"")?),
            "description" => {
                self.description.set(place, "`description`", args::text(input, option, "description = \"Time to place an order.\"")?)
            }
            "buckets" => self.buckets.set(place, "`buckets`", args::value(input, option, "buckets = [0.01, 0.1, 1.0]")?),
            "fields" => {
                let fields = args::list(input, option, "fields(payment.method = method)", errors, Field::parse_metric)?;
                self.fields.set(place, "`fields`", fields)
            }
            "unit" => Err(syn::Error::new(place, "a duration is measured in seconds, whose unit is set already; remove `unit`")),
            "crate" => self.runtime.set(place, "`crate`", args::runtime(input, option)?),
            name if Selection::OPTIONS.contains(&name) => self.selection.option(option, input, errors),
            _ => Err(args::unknown(option, Self::CHOICES)),
        }
    }

    fn literal(&mut self, literal: LitStr) -> syn::Result<()> {
        self.name.set(literal.span(), "the name of the histogram", Name::Literal(literal))
    }
}

impl Args {
    /// Takes over from the attribute of a block what is not said here.
    pub(crate) fn inherit(&mut self, block: &Self) {
        if self.name.get().is_none() {
            self.name.inherit(&block.name);
            self.description.inherit(&block.description);
            self.buckets.inherit(&block.buckets);
        }
        self.runtime.inherit(&block.runtime);
    }
}
