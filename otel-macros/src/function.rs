//! The item that an attribute was written on: its attributes, its signature, and its body as the tokens that the user wrote.
//!
//! The body is neither parsed nor rebuilt, so compiler errors, debuggers and coverage keep pointing at the user's own lines.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{
    AngleBracketedGenericArguments, Attribute, GenericArgument, PathArguments, ReturnType, Signature, Token, Type, TypeParamBound,
    Visibility, parse_quote,
};

/// A function or method as written.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `None`: a trait's method without a default body.
    pub(crate) body: Option<Group>,
}

/// How a function gives its value, by its signature alone: that is all a macro can see, so `Future`, `Stream`, `Pin` and `Box` are known by these
/// names, and an alias of such a type is not seen through.
pub(crate) enum Shape {
    /// The value is there when the function returns.
    Sync { returned: Type },
    /// `async fn`.
    Async { returned: Type },
    /// Returns `Pin<Box<dyn Future<Output = …>>>`, as `#[async_trait]` makes it.
    BoxedFuture { output: Type, boxed: Box<Type> },
    /// Returns `impl Future<Output = …>`.
    Future { output: Type },
    /// Returns `Pin<Box<dyn Stream<Item = …>>>`.
    BoxedStream { item: Type, boxed: Box<Type> },
    /// Returns `impl Stream<Item = …>`.
    Stream { item: Type },
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let body = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            None
        } else {
            Some(outer_attributes(braces(input)?, &mut attributes))
        };
        Ok(Self { attributes, visibility, signature, body })
    }
}

impl Function {
    pub(crate) fn shape(&self) -> Shape {
        let returned = match &self.signature.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, written) => bare(written).clone(),
        };
        if self.signature.asyncness.is_some() {
            return Shape::Async { returned: inferable(returned) };
        }
        if let Some(bounds) = pinned_box(&returned) {
            let boxed = || Box::new(inferable(returned.clone()));
            if let Some(output) = associated(bounds, "Future", "Output") {
                return Shape::BoxedFuture { output: inferable(output), boxed: boxed() };
            }
            if let Some(item) = associated(bounds, "Stream", "Item") {
                return Shape::BoxedStream { item: inferable(item), boxed: boxed() };
            }
        }
        if let Type::ImplTrait(opaque) = &returned {
            if let Some(output) = associated(&opaque.bounds, "Future", "Output") {
                return Shape::Future { output: inferable(output) };
            }
            if let Some(item) = associated(&opaque.bounds, "Stream", "Item") {
                return Shape::Stream { item: inferable(item) };
            }
        }
        Shape::Sync { returned: inferable(returned) }
    }

    /// `#[track_caller]`, on a function where it has a meaning.
    pub(crate) fn track_caller(&self) -> Option<&Attribute> {
        let is_sync = self.signature.asyncness.is_none();
        self.attributes.iter().find(|attribute| is_sync && attribute.path().is_ident("track_caller"))
    }

    /// The line of the function's name, from 1; 0 outside of a compiler, in this crate's own tests.
    pub(crate) fn line(&self) -> usize {
        if proc_macro::is_available() { self.signature.ident.span().unwrap().line() } else { 0 }
    }

    /// Attributes, visibility and signature, before a new body.
    pub(crate) fn head(&self) -> TokenStream {
        let Self { attributes, visibility, signature, .. } = self;
        quote!(#(#attributes)* #visibility #signature)
    }
}

/// The body, which a `macro_rules` may have handed on as a `$body:block`.
fn braces(input: ParseStream<'_>) -> syn::Result<Group> {
    input.step(|cursor| {
        let brace = cursor.token_tree().and_then(|(token, rest)| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some((group, rest)),
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => match group.stream().into_iter().next()? {
                TokenTree::Group(inner) => Some((inner, rest)),
                _ => None,
            },
            _ => None,
        });
        brace.ok_or_else(|| cursor.error("expected the body of a function"))
    })
}

/// Moves the attributes at the head of a body (`#![allow(…)]`) to those of the function, where they mean the same: the body becomes that of a
/// closure, which takes none.
fn outer_attributes(body: Group, attributes: &mut Vec<Attribute>) -> Group {
    let starts_with_one = matches!(
        body.stream().into_iter().take(2).collect::<Vec<_>>().as_slice(),
        [TokenTree::Punct(hash), TokenTree::Punct(bang)] if hash.as_char() == '#' && bang.as_char() == '!'
    );
    if !starts_with_one {
        return body;
    }
    let split = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, input.parse::<TokenStream>()?));
    let Ok((inner, rest)) = split.parse2(body.stream()) else { return body };
    attributes.extend(inner.into_iter().map(|attribute| Attribute { style: syn::AttrStyle::Outer, ..attribute }));
    let mut without = Group::new(body.delimiter(), rest);
    without.set_span(body.span());
    without
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

/// The type without parentheses, and without the group that a `macro_rules` puts around a `$ty:ty`.
fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(inner) => bare(&inner.elem),
        Type::Paren(inner) => bare(&inner.elem),
        _ => ty,
    }
}

/// `Pin<Box<dyn A + B>>` gives the bounds `A + B`.
fn pinned_box(returned: &Type) -> Option<&Bounds> {
    let Type::TraitObject(object) = bare(only_argument(bare(only_argument(returned, "Pin")?), "Box")?) else { return None };
    Some(&object.bounds)
}

/// The single type argument of a path that ends in `name`.
fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    match arguments(&last.arguments)?.args.first()? {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    }
}

/// Among bounds, `Future<Output = T>` gives `T`, and `Future` gives `_`.
fn associated(bounds: &Bounds, name: &str, associated: &str) -> Option<Type> {
    let mut traits = bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last(),
        _ => None,
    });
    let found = traits.find(|segment| segment.ident == name)?;
    let said = arguments(&found.arguments).and_then(|arguments| {
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == associated => Some(output.ty.clone()),
            _ => None,
        })
    });
    // `impl Future` does not say what it gives; the compiler knows.
    Some(said.unwrap_or_else(|| parse_quote!(_)))
}

fn arguments(arguments: &PathArguments) -> Option<&AngleBracketedGenericArguments> {
    match arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

/// The type as it can be written inside of the function, where the compiler infers what an `impl Trait` stands for.
///
/// Input: `Result<impl Iterator<Item = u8>, Error>`. Output: `Result<_, Error>`.
fn inferable(mut ty: Type) -> Type {
    replace_opaque(&mut ty);
    ty
}

fn replace_opaque(ty: &mut Type) {
    match ty {
        Type::ImplTrait(_) => *ty = parse_quote!(_),
        Type::Array(inner) => replace_opaque(&mut inner.elem),
        Type::Group(inner) => replace_opaque(&mut inner.elem),
        Type::Paren(inner) => replace_opaque(&mut inner.elem),
        Type::Ptr(inner) => replace_opaque(&mut inner.elem),
        Type::Reference(inner) => replace_opaque(&mut inner.elem),
        Type::Slice(inner) => replace_opaque(&mut inner.elem),
        Type::Tuple(inner) => inner.elems.iter_mut().for_each(replace_opaque),
        Type::Path(path) => path.path.segments.iter_mut().for_each(|segment| {
            let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else { return };
            arguments.args.iter_mut().for_each(|argument| {
                if let GenericArgument::Type(argument) = argument {
                    replace_opaque(argument);
                }
            });
        }),
        _ => {}
    }
}
