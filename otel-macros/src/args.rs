//! How options are written: the pieces of grammar that the macros share.
//!
//! An option is `name = value`, `name(…)`, `name`, or, for the name of what is recorded, a bare string literal. Each is set at most once
//! ([`Slot`]); an unknown one is an error that lists the choices ([`unknown`]).

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Expr, LitStr, Path, Token, parenthesized, token};

use crate::errors::{Errors, listed};

/// The options of one macro.
pub(crate) trait Options: Default {
    /// Their names.
    const CHOICES: &[&str];

    /// Takes an option whose name was consumed.
    fn option(&mut self, option: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()>;

    /// Takes a bare string literal.
    fn literal(&mut self, literal: LitStr) -> syn::Result<()>;

    /// Takes what stands in the parentheses of the attribute.
    fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        let parser = |input: ParseStream<'_>| {
            separated(input, errors, |input, errors| {
                if input.peek(LitStr) {
                    return options.literal(input.parse()?);
                }
                let option = option(input, Self::CHOICES)?;
                options.option(&option, input, errors)
            });
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
        options
    }
}

/// An option that can be written once. It remembers where.
#[derive(Clone)]
pub(crate) struct Slot<T>(Option<(Span, T)>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Slot<T> {
    /// Takes the value written at `place` for the option called `what`; a second one is a mistake at `place`.
    pub(crate) fn set(&mut self, place: Span, what: &str, value: T) -> syn::Result<()> {
        if self.0.is_some() {
            return Err(syn::Error::new(place, format!("{what} is given twice; keep one of them")));
        }
        self.0 = Some((place, value));
        Ok(())
    }

    pub(crate) fn at(place: Span, value: T) -> Self {
        Self(Some((place, value)))
    }

    pub(crate) fn place(&self) -> Option<Span> {
        self.0.as_ref().map(|(place, _)| *place)
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }

    pub(crate) fn take(self) -> Option<T> {
        self.0.map(|(_, value)| value)
    }

    /// Takes over what `other` has, unless something was written here.
    pub(crate) fn inherit(&mut self, other: &Self)
    where
        T: Clone,
    {
        if self.0.is_none() {
            self.0.clone_from(&other.0);
        }
    }
}

/// A name: `"shop.place_order"`, or the path of a constant.
#[derive(Clone)]
pub(crate) enum Name {
    Literal(LitStr),
    Constant(Path),
}

/// Parses the name of an option, which stands first.
pub(crate) fn option(input: ParseStream<'_>, choices: &[&str]) -> syn::Result<Ident> {
    input.call(Ident::parse_any).map_err(|_| input.error(format!("expected an option; {}", offered(choices))))
}

/// Parses `name = value`, after the name.
pub(crate) fn value<T: Parse>(input: ParseStream<'_>, option: &Ident, example: &str) -> syn::Result<T> {
    if !at_end(input) && !input.peek(Token![=]) {
        return Err(input.error(format!("expected `=` after `{option}`: `{example}`")));
    }
    input.parse::<Option<Token![=]>>()?;
    if at_end(input) {
        return Err(syn::Error::new(option.span(), format!("`{option}` wants a value: `{example}`")));
    }
    input.parse()
}

/// Parses `name = "text"`, after the name.
pub(crate) fn text(input: ParseStream<'_>, option: &Ident, example: &str) -> syn::Result<LitStr> {
    let mut value = expression(input, option, example)?;
    // What a `macro_rules` hands on comes in a group of its own.
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    match value {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Ok(text),
        other => Err(syn::Error::new_spanned(other, format!("`{option}` wants a string literal: `{example}`"))),
    }
}

/// Parses `name = "text"` or `name = PATH`, after the name.
pub(crate) fn name(input: ParseStream<'_>, option: &Ident, example: &str) -> syn::Result<Name> {
    match expression(input, option, example)? {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Ok(Name::Literal(text)),
        Expr::Path(syn::ExprPath { qself: None, path, .. }) => Ok(Name::Constant(path)),
        other => {
            let message = format!("`{option}` wants a string literal or the path of a constant: `{example}`");
            Err(syn::Error::new_spanned(other, message))
        }
    }
}

/// Parses `crate = path`, after `crate`.
pub(crate) fn runtime(input: ParseStream<'_>, option: &Ident) -> syn::Result<Path> {
    let example = "crate = ::path::to::otel_runtime";
    match expression(input, option, example)? {
        Expr::Path(syn::ExprPath { qself: None, path, .. }) => Ok(path),
        other => Err(syn::Error::new_spanned(other, format!("`{option}` wants a path without quotes: `{example}`"))),
    }
}

/// Parses `name = expression`, after the name; without the invisible group around what a `macro_rules` handed on.
fn expression(input: ParseStream<'_>, option: &Ident, example: &str) -> syn::Result<Expr> {
    let mut value: Expr = value(input, option, example)?;
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    Ok(value)
}

/// Parses `name = word`, after the name.
pub(crate) fn word(input: ParseStream<'_>, option: &Ident, example: &str) -> syn::Result<Ident> {
    value::<Word>(input, option, example)?
        .0
        .map_err(|place| syn::Error::new(place, format!("`{option}` wants a single word without quotes: `{example}`")))
}

/// An identifier, or the place of what stands there instead, a path included.
struct Word(Result<Ident, Span>);

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let place = input.span();
        let word = input.call(Ident::parse_any).ok().filter(|_| !input.peek(Token![::]));
        Ok(Self(word.ok_or(place)))
    }
}

/// Whether nothing more belongs to this entry of a list.
pub(crate) fn at_end(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Parses an option that is nothing but its name.
pub(crate) fn flag(input: ParseStream<'_>, option: &Ident) -> syn::Result<()> {
    if at_end(input) {
        return Ok(());
    }
    Err(syn::Error::new(option.span(), format!("`{option}` takes no value; write `{option}` alone")))
}

/// Parses `name(entry, …)`, after the name. Every entry is looked at, whatever is wrong with the ones before it.
pub(crate) fn list<T>(
    input: ParseStream<'_>,
    option: &Ident,
    example: &str,
    errors: &mut Errors,
    entry: impl Fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    if !input.peek(token::Paren) {
        return Err(syn::Error::new(option.span(), format!("`{option}` wants a list in parentheses: `{example}`")));
    }
    let content;
    parenthesized!(content in input);
    let mut entries = Vec::new();
    separated(&content, errors, |input, _| {
        entries.push(entry(input)?);
        Ok(())
    });
    Ok(entries)
}

/// The error for an option that there is not.
pub(crate) fn unknown(option: &Ident, choices: &[&str]) -> syn::Error {
    syn::Error::new(option.span(), format!("there is no option `{option}`; {}", offered(choices)))
}

fn offered(choices: &[&str]) -> String {
    let verb = if choices.len() == 1 { "the only option is" } else { "the options are" };
    format!("{verb} {}", listed(choices))
}

/// Parses entries separated by commas. A mistake in one is kept, and the next begins after the next comma.
pub(crate) fn separated(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut entry: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>,
) {
    while !input.is_empty() {
        let outcome = entry(input, errors);
        let failed = outcome.is_err();
        if let Err(error) = outcome {
            errors.push(error);
        }
        if !failed && !input.is_empty() && !input.peek(Token![,]) {
            errors.push(input.error("expected `,`"));
        }
        skip_past_comma(input);
    }
}

fn skip_past_comma(input: ParseStream<'_>) {
    while !input.is_empty() {
        if let Ok(TokenTree::Punct(punct)) = input.parse::<TokenTree>()
            && punct.as_char() == ','
        {
            return;
        }
    }
}
