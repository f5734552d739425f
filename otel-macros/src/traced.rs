//! The options of `#[traced]`.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Expr, LitStr, Path};

use crate::args::{self, Name, Options, Slot};
use crate::errors::Errors;
use crate::field::{Field, SpanField};
use crate::selection::Selection;

/// The options as written.
#[derive(Default)]
pub(crate) struct Args {
    pub(crate) name: Slot<Name>,
    pub(crate) kind: Slot<Ident>,
    pub(crate) fields: Slot<Vec<SpanField>>,
    pub(crate) ok: Slot<Vec<Field>>,
    pub(crate) err: Slot<Vec<Field>>,
    pub(crate) error_if: Slot<Expr>,
    pub(crate) ok_if: Slot<Expr>,
    pub(crate) parent: Slot<Expr>,
    pub(crate) root: Slot<()>,
    pub(crate) links: Slot<Expr>,
    pub(crate) baggage: Slot<Vec<Field>>,
    pub(crate) exceptions: Slot<Ident>,
    pub(crate) scope: Slot<LitStr>,
    pub(crate) item_events: Slot<()>,
    pub(crate) selection: Selection,
    pub(crate) runtime: Slot<Path>,
}

impl Options for Args {
    const CHOICES: &[&str] = &[
        "name",
        "kind",
        "fields",
        "ok",
        "err",
        "error_if",
        "ok_if",
        "parent",
        "root",
        "links",
        "baggage",
        "exceptions",
        "scope",
        "item_events",
        "skip",
        "only",
        "except",
        "crate",
    ];

    fn option(&mut self, option: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
        let place = option.span();
        match option.to_string().as_str() {
            "name" => self.name.set(place, "the name of the span", args::name(input, option, "name = names::PLACE_ORDER")?),
            "kind" => self.kind.set(place, "`kind`", args::word(input, option, "kind = client")?),
            "fields" => {
                let fields = args::list(input, option, "fields(order.id = order.id)", errors, SpanField::parse)?;
                self.fields.set(place, "`fields`", fields)
            }
            "ok" => self.ok.set(place, "`ok`", args::list(input, option, "ok(order.total = |order| order.total)", errors, Field::parse)?),
            "err" => {
                self.err.set(place, "`err`", args::list(input, option, "err(retry.after = |error| error.after)", errors, Field::parse)?)
            }
            "error_if" => self.error_if.set(place, "`error_if`", args::value(input, option, "error_if = |count| *count == 0")?),
            "ok_if" => self.ok_if.set(place, "`ok_if`", args::value(input, option, "ok_if = |found| found.is_err()")?),
            "parent" => self.parent.set(place, "`parent`", args::value(input, option, "parent = request.context()")?),
            "root" => self.root.set(place, "`root`", args::flag(input, option)?),
            "links" => self.links.set(place, "`links`", args::value(input, option, "links = &batch.contexts")?),
            "baggage" => {
                let entries = args::list(input, option, "baggage(tenant.id = tenant)", errors, Field::parse_entry)?;
                self.baggage.set(place, "`baggage`", entries)
            }
            "exceptions" => self.exceptions.set(place, "`exceptions`", args::word(input, option, "exceptions = logs")?),
            "scope" => self.scope.set(place, "`scope`", args::text(input, option, "scope = \"shop\"")?),
            "item_events" => self.item_events.set(place, "`item_events`", args::flag(input, option)?),
            "crate" => self.runtime.set(place, "`crate`", args::runtime(input, option)?),
            name if Selection::OPTIONS.contains(&name) => self.selection.option(option, input, errors),
            _ => Err(args::unknown(option, Self::CHOICES)),
        }
    }

    fn literal(&mut self, literal: LitStr) -> syn::Result<()> {
        self.name.set(literal.span(), "the name of the span", Name::Literal(literal))
    }
}

impl Args {
    /// Takes over from the attribute of a block what is not said here.
    pub(crate) fn inherit(&mut self, block: &Self) {
        self.kind.inherit(&block.kind);
        self.exceptions.inherit(&block.exceptions);
        self.scope.inherit(&block.scope);
        self.runtime.inherit(&block.runtime);
    }
}
