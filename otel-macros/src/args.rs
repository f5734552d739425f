//! How options are written: the pieces of grammar that the macros share.
//!
//! An option is `name = value`, `name(…)` or, for the name of a span, a bare string literal. Each is set at most once ([`Slot`]); an
//! unknown one is an error that lists the choices ([`each_option`]).

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Expr, LitStr, Path, Token, parenthesized, token};

use crate::errors::{Errors, listed};

/// An option that can be written once.
pub(crate) struct Slot<T>(Option<T>);

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
        self.0 = Some(value);
        Ok(())
    }

    pub(crate) fn take(self) -> Option<T> {
        self.0
    }
}

/// A name: `"shop.place_order"`, or the path of a constant.
pub(crate) enum Name {
    Literal(LitStr),
    Constant(Path),
}

impl Parse for Name {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            input.parse().map(Self::Literal)
        } else if input.peek(syn::Lit) {
            Err(input.error("expected a string literal or the path of a constant, e.g. `name = \"shop.place_order\"`"))
        } else {
            input.call(Path::parse_mod_style).map(Self::Constant)
        }
    }
}

/// How the value of a field becomes an attribute's value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sigil {
    /// `key = value`: by its type.
    Typed,
    /// `key = %value`: the text of its `Display`.
    Display,
    /// `key = ?value`: the text of its `Debug`.
    Debug,
}

/// One entry of `fields(…)`.
pub(crate) struct Field {
    pub(crate) key: Key,
    pub(crate) sigil: Sigil,
    pub(crate) value: Expr,
}

/// The key of a field: `server.address`, or a string literal.
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) literal: LitStr,
}

impl Field {
    /// ```text
    /// field = [sigil] ident | key "=" [sigil] expr
    /// ```
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![..]) {
            return Err(input.error("`..value` is not part of `fields` yet; name the attributes one by one: `key = value`"));
        }
        if let Some(sigil) = Sigil::parse(input)? {
            let argument: Ident = input.parse()?;
            return Ok(Self { key: Key::shorthand(&argument), sigil, value: ident_as_expr(argument) });
        }
        if input.peek(syn::Ident) && !input.peek2(Token![.]) && !input.peek2(Token![=]) {
            let argument: Ident = input.parse()?;
            if !(input.is_empty() || input.peek(Token![,])) {
                return Err(input.error("expected `key = value`; the key is written with dots: `order.id = order.id`"));
            }
            return Ok(Self { key: Key::shorthand(&argument), sigil: Sigil::Typed, value: ident_as_expr(argument) });
        }
        let key: Key = input.parse()?;
        if !input.peek(Token![=]) {
            let message = format!("the attribute `{0}` has no value; write `{0} = value`", key.text);
            return Err(syn::Error::new(key.literal.span(), message));
        }
        input.parse::<Token![=]>()?;
        let sigil = Sigil::parse(input)?.unwrap_or(Sigil::Typed);
        Ok(Self { key, sigil, value: input.parse()? })
    }
}

impl Sigil {
    fn parse(input: ParseStream<'_>) -> syn::Result<Option<Self>> {
        if input.peek(Token![%]) {
            input.parse::<Token![%]>().map(|_| Some(Self::Display))
        } else if input.peek(Token![?]) {
            input.parse::<Token![?]>().map(|_| Some(Self::Debug))
        } else {
            Ok(None)
        }
    }
}

impl Key {
    fn shorthand(argument: &Ident) -> Self {
        Self::new(argument.unraw().to_string(), argument.span())
    }

    fn new(text: String, span: Span) -> Self {
        Self { literal: LitStr::new(&text, span), text }
    }
}

impl Parse for Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            return Ok(Self { text: literal.value(), literal });
        }
        let first = input.call(Ident::parse_any).map_err(|_| {
            input.error("expected an attribute: `key = value`, `key = %value` (Display), `key = ?value` (Debug) or an argument's name")
        })?;
        let mut text = first.unraw().to_string();
        let mut span = first.span();
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            let part = input.call(Ident::parse_any)?;
            text.push('.');
            text.push_str(&part.unraw().to_string());
            span = span.join(part.span()).unwrap_or(span);
        }
        Ok(Self::new(text, span))
    }
}

fn ident_as_expr(ident: Ident) -> Expr {
    Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: ident.into() })
}

/// Parses `fields(…)`'s inside: every entry is looked at, whatever is wrong with the ones before it.
pub(crate) fn fields(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Field> {
    let mut fields = Vec::new();
    separated(input, errors, |input, _| {
        fields.push(Field::parse(input)?);
        Ok(())
    });
    fields
}

/// Parses `name = value`, after the name.
pub(crate) fn value<T: Parse>(input: ParseStream<'_>, option: &Ident, example: &str) -> syn::Result<T> {
    if !input.peek(Token![=]) {
        return Err(syn::Error::new(option.span(), format!("`{option}` wants a value: `{example}`")));
    }
    input.parse::<Token![=]>()?;
    input.parse()
}

/// Parses `name = word`, after the name.
pub(crate) fn word(input: ParseStream<'_>, option: &Ident, example: &str) -> syn::Result<Ident> {
    value::<Word>(input, option, example)?
        .0
        .map_err(|place| syn::Error::new(place, format!("`{option}` wants a word without quotes: `{example}`")))
}

/// An identifier, or the place of what stands there instead.
struct Word(Result<Ident, Span>);

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Ident::peek_any) { input.call(Ident::parse_any).map(|word| Self(Ok(word))) } else { Ok(Self(Err(input.span()))) }
    }
}

/// Parses `name(…)`, after the name.
pub(crate) fn list<T>(input: ParseStream<'_>, option: &Ident, example: &str, parse: impl FnOnce(ParseStream<'_>) -> T) -> syn::Result<T> {
    if !input.peek(token::Paren) {
        return Err(syn::Error::new(option.span(), format!("`{option}` wants a list: `{example}`")));
    }
    let content;
    parenthesized!(content in input);
    Ok(parse(&content))
}

/// Runs `option` for each option's name, which it finds consumed; `name` for a bare string literal.
pub(crate) fn each_option(
    args: TokenStream,
    errors: &mut Errors,
    mut option: impl FnMut(&Ident, ParseStream<'_>, &mut Errors) -> syn::Result<()>,
    mut name: impl FnMut(LitStr) -> syn::Result<()>,
) {
    let parser = |input: ParseStream<'_>| {
        separated(input, errors, |input, errors| {
            if input.peek(LitStr) {
                return name(input.parse()?);
            }
            let ident = input.call(Ident::parse_any)?;
            option(&ident, input, errors)
        });
        Ok(())
    };
    if let Err(error) = syn::parse::Parser::parse2(parser, args) {
        errors.push(error);
    }
}

/// The error for an option that there is not.
pub(crate) fn unknown(option: &Ident, choices: &[&str]) -> syn::Error {
    syn::Error::new(option.span(), format!("there is no option `{option}`; the options are {}", listed(choices)))
}

/// Parses entries separated by commas. A mistake in one is kept, and the next begins after the next comma.
fn separated(input: ParseStream<'_>, errors: &mut Errors, mut entry: impl FnMut(ParseStream<'_>, &mut Errors) -> syn::Result<()>) {
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

impl ToTokens for Name {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Constant(path) => path.to_tokens(tokens),
        }
    }
}
