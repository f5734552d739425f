//! The options of `#[counted]`.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{LitStr, Path};

use crate::args::{self, Name, Options, Slot};
use crate::errors::Errors;
use crate::field::Field;
use crate::selection::Selection;

/// The options as written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Slot<Name>,
    pub(crate) unit: Slot<Name>,
    pub(crate) description: Slot<LitStr>,
    pub(crate) in_flight: Slot<()>,
    pub(crate) fields: Slot<Vec<Field>>,
    pub(crate) selection: Selection,
    pub(crate) runtime: Slot<Path>,
}

impl Options for Args {
    const CHOICES: &[&str] = &["name", "unit", "description", "in_flight", "fields", "skip", "only", "except", "crate"];

    fn option(&mut self, option: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let place = option.span();
        match option.to_string().as_str() {
            "name" => self.name.set(place, "the name of the counter", args::name(input, option, "name = \"shop.orders\"")?),
            "unit" => self.unit.set(place, "`unit`", args::name(input, option, "unit = \"{order}\"")?),
            "description" => self.description.set(place, "`description`", args::text(input, option, "description = \"Orders placed.\"")?),
            "in_flight" => self.in_flight.set(place, "`in_flight`", args::flag(input, option)?),
            "fields" => {
                let fields = args::list(input, option, "fields(payment.method = method)", errors, Field::parse_metric)?;
                self.fields.set(place, "`fields`", fields)
            }
            "crate" => self.runtime.set(place, "`crate`", args::runtime(input, option)?),
            name if Selection::OPTIONS.contains(&name) => self.selection.option(option, input, errors),
            _ => Err(args::unknown(option, Self::CHOICES)),
        }
    }

    fn literal(&mut self, literal: LitStr) -> syn::Result<()> {
        self.name.set(literal.span(), "the name of the counter", Name::Literal(literal))
    }
}

impl Args {
    /// Takes over from the attribute of a block what is not said here.
    pub(crate) fn inherit(&mut self, block: &Self) {
        if self.name.get().is_none() {
            self.name.inherit(&block.name);
            self.unit.inherit(&block.unit);
            self.description.inherit(&block.description);
        }
        self.in_flight.inherit(&block.in_flight);
        self.runtime.inherit(&block.runtime);
    }
}
