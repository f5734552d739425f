//! What we decided: every check of what was written against what it was written on. If a [`Plan`] exists, it expands.

use proc_macro2::{Group, Ident, Span};
use syn::Path;
use syn::spanned::Spanned;

use crate::args::{Field, Name};
use crate::errors::{Errors, listed};
use crate::function::{Function, Shape};
use crate::runtime_path;
use crate::traced::Args;

/// The kinds of a span as the user writes them, and the variants they stand for.
const KINDS: [(&str, &str); 5] =
    [("internal", "Internal"), ("server", "Server"), ("client", "Client"), ("producer", "Producer"), ("consumer", "Consumer")];

pub(crate) struct Plan {
    pub(crate) runtime: Path,
    /// `None`: the function's own name.
    pub(crate) name: Option<Name>,
    /// A variant of `SpanKind`, at the place where the user wrote it.
    pub(crate) kind: Ident,
    pub(crate) fields: Vec<Field>,
    pub(crate) shape: Shape,
    pub(crate) body: Group,
    pub(crate) function: Function,
}

impl Plan {
    pub(crate) fn new(args: Args, mut function: Function, errors: &mut Errors) -> Option<Self> {
        let kind = kind(args.kind.take(), errors);
        let fields = args.fields.take().unwrap_or_default();
        refuse_same_key_twice(&fields, errors);
        refuse_const(&function, errors);
        let Some(body) = function.body.take() else {
            errors.at(
                &function.signature,
                "a method without a body does nothing that a span could record; put `#[traced]` on the implementations, or give it a default body",
            );
            return None;
        };
        Some(Self {
            runtime: runtime_path::or_default(args.runtime.take()),
            name: args.name.take(),
            kind,
            fields,
            shape: function.shape(),
            body,
            function,
        })
    }
}

fn kind(written: Option<Ident>, errors: &mut Errors) -> Ident {
    let Some(written) = written else { return Ident::new("Internal", Span::call_site()) };
    let known = KINDS.iter().find(|(name, _)| written == name);
    if known.is_none() {
        let choices = KINDS.map(|(name, _)| name);
        errors.at(&written, format!("`{written}` is no kind of a span; the kinds are {}", listed(&choices)));
    }
    Ident::new(known.map_or("Internal", |(_, variant)| variant), written.span())
}

fn refuse_same_key_twice(fields: &[Field], errors: &mut Errors) {
    for (index, field) in fields.iter().enumerate() {
        if fields[..index].iter().any(|earlier| earlier.key.text == field.key.text) {
            errors.at(&field.key.literal, format!("the attribute `{}` is given twice; a span has one value for each key", field.key.text));
        }
    }
}

fn refuse_const(function: &Function, errors: &mut Errors) {
    if let Some(constness) = &function.signature.constness {
        errors.at_span(
            constness.span(),
            "a `const fn` may run inside the compiler, where no span can be recorded; remove `const`, or `#[traced]`",
        );
    }
}
