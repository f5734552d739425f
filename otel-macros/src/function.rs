//! The item that an attribute was written on: its attributes, its signature, and its body as the tokens that the user wrote.
//!
//! The body is neither parsed nor rebuilt, so compiler errors, debuggers and coverage keep pointing at the user's own lines.

use proc_macro2::{Group, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, GenericArgument, PathArguments, ReturnType, Signature, Token, Type, TypeParamBound, Visibility, parse_quote};

/// A function or method as written.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    /// `None`: a trait's method without a default body.
    pub(crate) body: Option<Group>,
}

/// How a function gives its value, by its signature alone.
pub(crate) enum Shape {
    /// The value is there when the function returns.
    Sync { returned: Type },
    /// `async fn`.
    Async { returned: Type },
    /// Returns `Pin<Box<dyn Future<Output = …>>>`, as `#[async_trait]` makes it.
    BoxedFuture { output: Type, boxed: Box<Type> },
    /// Returns `impl Future<Output = …>`.
    Future { output: Type },
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let signature = input.parse()?;
        let body = if input.peek(Token![;]) {
            input.parse::<Token![;]>()?;
            None
        } else {
            Some(input.parse()?)
        };
        Ok(Self { attributes, visibility, signature, body })
    }
}

impl Function {
    pub(crate) fn shape(&self) -> Shape {
        let returned = match &self.signature.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, written) => (**written).clone(),
        };
        if self.signature.asyncness.is_some() {
            return Shape::Async { returned: inferable(returned) };
        }
        if let Some(output) = boxed_future_output(&returned) {
            return Shape::BoxedFuture { output: inferable(output), boxed: Box::new(inferable(returned)) };
        }
        if let Type::ImplTrait(opaque) = &returned
            && let Some(output) = future_output(opaque.bounds.iter())
        {
            return Shape::Future { output: inferable(output) };
        }
        Shape::Sync { returned: inferable(returned) }
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

/// `Pin<Box<dyn Future<Output = T> + …>>` gives `T`.
fn boxed_future_output(returned: &Type) -> Option<Type> {
    let Type::TraitObject(object) = only_argument(only_argument(returned, "Pin")?, "Box")? else { return None };
    future_output(object.bounds.iter())
}

/// The single type argument of a path that ends in `name`.
fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(argument) if arguments.args.len() == 1 => Some(argument),
        _ => None,
    }
}

/// Among the bounds of an opaque type or trait object, `Future<Output = T>` gives `T`.
fn future_output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<Type> {
    bounds.into_iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|segment| segment.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(output.ty.clone()),
            _ => None,
        })
    })
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
