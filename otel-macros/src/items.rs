//! Blocks: `#[traced]` on an `impl`, a `trait` or a `mod` is `#[traced]` on every function in it.
//!
//! Nothing of a block is parsed but its head and the signatures of its functions; what stands between them is copied.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, ItemImpl, Token, Type, TypeParamBound, Visibility};

use crate::errors::{Errors, listed};
use crate::expand;
use crate::function::Function;
use crate::plan::Plan;
use crate::selection::Selection;
use crate::written::Written;

/// A block as written: attributes, head, and what is in its braces.
pub(crate) struct Block {
    pub(crate) attributes: Vec<Attribute>,
    head: TokenStream,
    content: Group,
    /// The type or trait; `None` for a module, whose functions stand by themselves.
    owner: Option<String>,
    /// Whether functions in it can be `pub`.
    has_visibility: bool,
}

impl Block {
    /// `None`: the item is no block.
    pub(crate) fn parse(item: &TokenStream) -> Option<Self> {
        let parser = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?));
        let (attributes, rest) = parser.parse2(item.clone()).ok()?;
        let mut head: Vec<TokenTree> = rest.into_iter().collect();
        let Some(TokenTree::Group(content)) = head.pop() else { return None };
        if content.delimiter() != Delimiter::Brace {
            return None;
        }
        let head: TokenStream = head.into_iter().collect();
        let (owner, has_visibility) = match keyword(&head)?.as_str() {
            "impl" => {
                let parsed: ItemImpl = syn::parse2(quote!(#head {})).ok()?;
                (Some(type_name(&parsed.self_ty)), parsed.trait_.is_none())
            }
            "trait" => (Some(word_after(&head, "trait")?), false),
            "mod" => (None, true),
            _ => return None,
        };
        Some(Self { attributes, head, content, owner, has_visibility })
    }

    /// The block with every function in it expanded that is meant.
    pub(crate) fn expand(&self, written: &Written, errors: &mut Errors) -> TokenStream {
        self.check(written, false, errors);
        let mut seen = Vec::new();
        let content = self.content(written, &mut seen, errors);
        refuse_unseen(&written.excepted(), &seen, errors);
        let block = self.with_content(content);
        let imports = expand::imports(&written.folded);
        quote!(#block #imports)
    }

    fn with_content(&self, content: TokenStream) -> TokenStream {
        let Self { attributes, head, .. } = self;
        let mut group = Group::new(Delimiter::Brace, content);
        group.set_span(self.content.span());
        quote!(#(#attributes)* #head #group)
    }

    fn check(&self, written: &Written, is_inside: bool, errors: &mut Errors) {
        for (place, option) in written.options_of_functions() {
            errors.at_span(place, format!("`{option}` is said of one function, and this is a block of them; write it on the function"));
        }
        for selection in written.selections() {
            if let Some(place) = selection.only_pub.place().filter(|_| !self.has_visibility) {
                errors.at_span(place, "the functions of a trait or of its implementation have no visibility of their own; name those to leave out: `except(…)`");
            }
            if let Some(place) = selection.skip.place().filter(|_| !is_inside) {
                errors.at_span(place, "`skip` is for a function inside of the block; to leave out all of it, remove the attribute");
            }
        }
    }

    /// What is in the braces, item by item. `seen` gets the names of all functions.
    fn content(&self, written: &Written, seen: &mut Vec<String>, errors: &mut Errors) -> TokenStream {
        let parser = |input: ParseStream<'_>| {
            let mut expanded = TokenStream::new();
            while !input.is_empty() {
                if input.peek(Token![#]) && input.peek2(Token![!]) {
                    input.call(Attribute::parse_inner)?.into_iter().for_each(|attribute| attribute.to_tokens(&mut expanded));
                    continue;
                }
                let ahead = input.fork();
                if let Ok(function) = ahead.parse::<Function>() {
                    input.advance_to(&ahead);
                    seen.push(function.signature.ident.unraw().to_string());
                    expanded.extend(self.function(function, written, errors));
                } else {
                    expanded.extend(self.other_item(input, written, seen, errors)?);
                }
            }
            Ok(expanded)
        };
        parser.parse2(self.content.stream()).unwrap_or_else(|error| {
            errors.push(error);
            TokenStream::new()
        })
    }

    fn function(&self, mut function: Function, block: &Written, errors: &mut Errors) -> TokenStream {
        let mut own = Written::default();
        own.fold_more(&mut function.attributes, block.runtime().get(), true, errors);
        // What cannot be instrumented is not what was meant, unless it says so itself.
        if function.body.is_some() && function.signature.constness.is_none() && function.track_caller().is_none() {
            own.inherit(block, |selection| is_meant(&function, selection));
        }
        own.drop_skipped();
        if own.is_empty() {
            return expand::untouched(function, &own.folded);
        }
        let plan = Plan::new(own, function, self.owner.clone(), errors);
        plan.map(|plan| expand::function(&plan)).unwrap_or_default()
    }

    /// An item that is no function: a block in a module is expanded like this one, and everything else is copied.
    fn other_item(
        &self,
        input: ParseStream<'_>,
        written: &Written,
        seen: &mut Vec<String>,
        errors: &mut Errors,
    ) -> syn::Result<TokenStream> {
        let item = next_item(input)?;
        if self.owner.is_some() {
            return Ok(item);
        }
        let Some(mut block) = Self::parse(&item) else { return Ok(item) };
        let mut own = Written::default();
        own.fold_more(&mut block.attributes, written.runtime().get(), true, errors);
        // What the block says itself is looked at before it takes over what the module around it says.
        block.check(&own, true, errors);
        let own_names = own.excepted();
        own.inherit_selection(written);
        own.drop_skipped();
        let mut inside = Vec::new();
        let content = block.content(&own, &mut inside, errors);
        refuse_unseen(&own_names, &inside, errors);
        seen.append(&mut inside);
        let (block, imports) = (block.with_content(content), expand::imports(&own.folded));
        Ok(quote!(#block #imports))
    }
}

fn refuse_unseen(names: &[Ident], seen: &[String], errors: &mut Errors) {
    for name in names.iter().filter(|name| !seen.contains(&name.unraw().to_string())) {
        let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
        errors.at(name, format!("there is no function `{name}` here; the functions are {}", listed(&seen)));
    }
}

fn is_meant(function: &Function, selection: &Selection) -> bool {
    let own = function.signature.ident.unraw();
    let is_excepted = selection.except.get().is_some_and(|names| names.iter().any(|name| name.unraw() == own));
    let is_private = selection.only_pub.get().is_some() && !matches!(function.visibility, Visibility::Public(_));
    !is_excepted && !is_private
}

/// The tokens of the next item: up to a semicolon, or a group in braces that is not an argument (`Foo<{ N }>`).
fn next_item(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens: Vec<TokenTree> = Vec::new();
    while !input.is_empty() {
        let token: TokenTree = input.parse()?;
        let is_end = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let is_argument = matches!(tokens.last(), Some(TokenTree::Punct(before)) if matches!(before.as_char(), '<' | ',' | '='));
                !is_argument
            }
            _ => false,
        };
        tokens.push(token);
        if is_end {
            break;
        }
    }
    Ok(tokens.into_iter().collect())
}

/// `impl`, `trait` or `mod`: the first of these words before anything else than visibility and `unsafe`.
fn keyword(head: &TokenStream) -> Option<String> {
    let words = head.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word.to_string()),
        _ => None,
    });
    words.into_iter().find(|word| !matches!(word.as_str(), "pub" | "unsafe" | "auto"))
}

fn word_after(head: &TokenStream, before: &str) -> Option<String> {
    let mut words = head.clone().into_iter().filter_map(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    words.find(|word| word == before)?;
    words.next().map(|word: Ident| word.unraw().to_string())
}

/// The name of a type without its path and arguments: `Shop` for `crate::Shop<T>`.
fn type_name(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.unraw().to_string()).unwrap_or_default(),
        Type::Reference(inner) => type_name(&inner.elem),
        Type::Group(inner) => type_name(&inner.elem),
        Type::Paren(inner) => type_name(&inner.elem),
        Type::Ptr(inner) => type_name(&inner.elem),
        Type::TraitObject(object) => {
            let first = object.bounds.iter().find_map(|bound| match bound {
                TypeParamBound::Trait(bound) => bound.path.segments.last(),
                _ => None,
            });
            first.map(|segment| segment.ident.unraw().to_string()).unwrap_or_default()
        }
        other => other.to_token_stream().to_string().split_whitespace().collect(),
    }
}
