//! `#[traced]`: its options, and the way from them to a [`Plan`].

use proc_macro2::{Ident, TokenStream};
use syn::Path;
use syn::parse::ParseStream;

use crate::args::{self, Field, Name, Slot};
use crate::errors::Errors;
use crate::function::Function;
use crate::plan::Plan;
use crate::{expand, fallback};

const OPTIONS: &[&str] = &["name", "kind", "fields", "crate"];

/// The options as written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Slot<Name>,
    pub(crate) kind: Slot<Ident>,
    pub(crate) fields: Slot<Vec<Field>>,
    pub(crate) runtime: Slot<Path>,
}

impl Args {
    fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let mut name = Slot::default();
        args::each_option(
            tokens,
            errors,
            |option, input, errors| args.option(option, input, errors),
            |literal| name.set(literal.span(), "the name of the span", Name::Literal(literal)),
        );
        if let Some(literal) = name.take()
            && let Name::Literal(place) = &literal
            && let Err(error) = args.name.set(place.span(), "the name of the span", literal)
        {
            errors.push(error);
        }
        args
    }

    fn option(&mut self, option: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let place = option.span();
        match option.to_string().as_str() {
            "name" => self.name.set(place, "the name of the span", args::value(input, option, "name = names::PLACE_ORDER")?),
            "kind" => self.kind.set(place, "`kind`", args::word(input, option, "kind = client")?),
            "fields" => {
                let fields = args::list(input, option, "fields(order.id = order.id)", |list| args::fields(list, errors))?;
                self.fields.set(place, "`fields`", fields)
            }
            "crate" => self.runtime.set(place, "`crate`", args::value(input, option, "crate = ::path::to::otel_runtime")?),
            _ => Err(args::unknown(option, OPTIONS)),
        }
    }
}

pub(crate) fn expand(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    let function = syn::parse2::<Function>(item.clone());
    if function.is_err() {
        errors.at(item.clone().into_iter().next(), "`#[traced]` goes on a function or a method");
    }
    let plan = function.ok().and_then(|function| Plan::new(args, function, &mut errors));
    match plan {
        Some(plan) if errors.is_empty() => expand::function(&plan),
        _ => fallback::item_and_errors(item, errors),
    }
}
