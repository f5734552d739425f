//! How attributes are written, and baggage: the entries of `fields(…)`, `ok(…)`, `err(…)` and `baggage(…)`.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, LitStr, Path, Token, parenthesized, token};

use crate::args::at_end;

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

/// One entry of a list of attributes.
pub(crate) struct Field {
    pub(crate) key: Key,
    pub(crate) sigil: Sigil,
    pub(crate) value: Expr,
    /// `key = unbounded(value)`, on a metric.
    pub(crate) unbounded: bool,
}

/// One entry of the `fields(…)` of a span.
pub(crate) enum SpanField {
    One(Field),
    /// `..value`: all attributes of a value.
    Spread(Expr),
}

/// The key of a field.
pub(crate) struct Key {
    /// As in messages: the key, or the path of the constant that has it.
    pub(crate) text: String,
    pub(crate) form: KeyForm,
    /// If it can be an argument as well, for what is recorded under its own name.
    argument: Option<Ident>,
}

/// How a key is written. The literals have the key, and its place.
pub(crate) enum KeyForm {
    /// `server.address`: checked against the semantic conventions.
    Dotted(LitStr),
    /// `"server.address"`: taken as it is.
    Quoted(LitStr),
    /// `keys::SERVER_ADDRESS`.
    Constant(Path),
}

impl Field {
    /// ```text
    /// field = [sigil] ident | key "=" [sigil] expr
    /// ```
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Self::parse_named(input, "attributes are")
    }

    /// An entry of baggage.
    pub(crate) fn parse_entry(input: ParseStream<'_>) -> syn::Result<Self> {
        Self::parse_named(input, "entries of baggage are")
    }

    fn parse_named(input: ParseStream<'_>, what: &str) -> syn::Result<Self> {
        if input.peek(Token![..]) {
            return Err(input.error(format!("{what} named one by one here: `key = value`")));
        }
        let sigil = Sigil::parse(input)?;
        let key: Key = input.parse()?;
        if sigil != Sigil::Typed || at_end(input) {
            let argument = key.argument.clone().filter(|_| at_end(input));
            let argument = argument.ok_or_else(|| key.incomplete(sigil))?;
            return Ok(Self::new(key, sigil, ident_as_expr(argument)));
        }
        key.equals(input)?;
        let sigil = Sigil::parse(input)?;
        Ok(Self::new(key, sigil, input.parse()?))
    }

    /// A field of a metric, whose values must be few.
    ///
    /// ```text
    /// field = ident | key "=" expr | key "=" "unbounded" "(" [sigil] expr ")"
    /// ```
    pub(crate) fn parse_metric(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        let has_key = ahead.parse::<Key>().and_then(|key| key.equals(&ahead)).is_ok();
        if has_key && ahead.peek2(token::Paren) && ahead.call(Ident::parse_any).is_ok_and(|word| word == "unbounded") {
            let key: Key = input.parse()?;
            key.equals(input)?;
            input.parse::<Ident>()?;
            let content;
            parenthesized!(content in input);
            let sigil = Sigil::parse(&content)?;
            return Ok(Self { unbounded: true, ..Self::new(key, sigil, content.parse()?) });
        }
        let field = Self::parse(input)?;
        if field.sigil == Sigil::Typed {
            return Ok(field);
        }
        let message = "a text may have many values, and each is a time series of its own; if it has few, write `key = unbounded(%value)`";
        Err(syn::Error::new_spanned(&field.value, message))
    }

    fn new(key: Key, sigil: Sigil, value: Expr) -> Self {
        Self { key, sigil, value, unbounded: false }
    }
}

impl SpanField {
    pub(crate) fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![..]) {
            let dots: Token![..] = input.parse()?;
            if at_end(input) {
                return Err(syn::Error::new_spanned(dots, "`..` wants a value whose type derives `Attributes`: `..order`"));
            }
            return input.parse().map(Self::Spread);
        }
        Field::parse(input).map(Self::One)
    }
}

impl Sigil {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(Token![%]) {
            input.parse::<Token![%]>().map(|_| Self::Display)
        } else if input.peek(Token![?]) {
            input.parse::<Token![?]>().map(|_| Self::Debug)
        } else {
            Ok(Self::Typed)
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Typed => "",
            Self::Display => "%",
            Self::Debug => "?",
        }
    }
}

impl Key {
    /// The `=` after the key, with something behind it.
    fn equals(&self, input: ParseStream<'_>) -> syn::Result<()> {
        if at_end(input) {
            return Err(self.incomplete(Sigil::Typed));
        }
        if input.peek(token::Paren) {
            let message = format!("`{0}(…)` has no key; write `key = {0}(…)`", self.text);
            return Err(syn::Error::new(self.span(), message));
        }
        if input.peek(Token![-]) {
            return Err(input.error("a key with characters other than letters, digits, `.` and `_` is written in quotes: `\"http.request.header.x-id\" = value`"));
        }
        if !input.peek(Token![=]) {
            return Err(input.error(format!("expected `=` after the key: `{} = value`", self.text)));
        }
        input.parse::<Token![=]>()?;
        if at_end(input) { Err(self.incomplete(Sigil::Typed)) } else { Ok(()) }
    }

    /// The error for a key without a value, which may well be a value without a key.
    fn incomplete(&self, sigil: Sigil) -> syn::Error {
        let text = &self.text;
        let key = if text == "self" { Some("key") } else { text.strip_prefix("self.").or((sigil != Sigil::Typed).then_some(text)) };
        let message = match (key, sigil.as_str()) {
            (Some(key), sigil) => format!("`{sigil}{text}` has no key; write `{key} = {sigil}{text}`"),
            (None, _) => format!("the attribute `{text}` has no value; write `{text} = value`"),
        };
        syn::Error::new(self.span(), message)
    }

    fn constant(path: Path) -> Self {
        Self { text: path.to_token_stream().to_string().replace(' ', ""), form: KeyForm::Constant(path), argument: None }
    }

    pub(crate) fn span(&self) -> Span {
        match &self.form {
            KeyForm::Dotted(literal) | KeyForm::Quoted(literal) => literal.span(),
            KeyForm::Constant(path) => path.span(),
        }
    }

    /// The key as it is recorded, if that is known here.
    pub(crate) fn literal(&self) -> Option<&LitStr> {
        match &self.form {
            KeyForm::Dotted(literal) | KeyForm::Quoted(literal) => Some(literal),
            KeyForm::Constant(_) => None,
        }
    }
}

impl Parse for Key {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            return Ok(Self { text: literal.value(), form: KeyForm::Quoted(literal), argument: None });
        }
        let expected = "expected an attribute: `key = value`, `key = %value` (Display), `key = ?value` (Debug) or an argument's name";
        if input.peek(Token![::]) || (input.peek(Ident::peek_any) && input.peek2(Token![::])) {
            let path = input.call(Path::parse_mod_style)?;
            let is_spelt_as_key = path.segments.iter().all(|segment| !is_in_capitals(&segment.ident));
            if is_spelt_as_key && input.peek(Token![=]) {
                let message = "the parts of a key are separated by dots: `order.id = value`; a constant is written in capitals";
                return Err(syn::Error::new_spanned(path, message));
            }
            return Ok(Self::constant(path));
        }
        let is_name = input.peek(syn::Ident);
        let first = input.call(Ident::parse_any).map_err(|_| input.error(expected))?;
        if input.peek(Token![=]) && is_in_capitals(&first) {
            return Ok(Self::constant(first.into()));
        }
        let argument = (is_name && !input.peek(Token![.])).then(|| first.clone());
        let mut text = first.unraw().to_string();
        let mut span = first.span();
        while input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            let part = input.call(Ident::parse_any).map_err(|_| {
                input.error("expected a name after the dot; a key of another form is written in quotes: `\"order.1\" = value`")
            })?;
            text.push('.');
            text.push_str(&part.unraw().to_string());
            span = span.join(part.span()).unwrap_or(span);
        }
        Ok(Self { form: KeyForm::Dotted(LitStr::new(&text, span)), text, argument })
    }
}

/// Whether a word is spelt like a constant, and no key is.
fn is_in_capitals(word: &Ident) -> bool {
    let word = word.to_string();
    word.contains(char::is_uppercase) && !word.contains(char::is_lowercase)
}

fn ident_as_expr(ident: Ident) -> Expr {
    Expr::Path(syn::ExprPath { attrs: Vec::new(), qself: None, path: ident.into() })
}
