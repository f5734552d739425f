//! [`Plan`] → tokens. Cannot fail, and branches on nothing but the plan.
//!
//! The locals stand at the macro's own place ([`Span::mixed_site`]): the user's body cannot name them, nor they the user's.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Path, Type};

use crate::args::{Field, Name, Sigil};
use crate::function::Shape;
use crate::plan::Plan;
use crate::runtime_path;

/// The function with a new body: a site, one start, one tail.
pub(crate) fn function(plan: &Plan) -> TokenStream {
    let head = plan.function.head();
    let span = Ident::new("span", Span::mixed_site());
    let start = start(plan);
    let tail = tail(plan, &span);
    quote! {
        #head {
            let #span = #start;
            #tail
        }
    }
}

fn start(plan: &Plan) -> TokenStream {
    let runtime = &plan.runtime;
    let site = site(plan);
    if plan.fields.is_empty() {
        return quote!(#site.start(#runtime::__private::no_fields));
    }
    let fields = Ident::new("fields", Span::mixed_site());
    let values = plan.fields.iter().enumerate().map(|(index, field)| set(runtime, &fields, index, field));
    quote!(#site.start(|#fields| { #(#values)* }))
}

/// The static data of this place.
fn site(plan: &Plan) -> TokenStream {
    let runtime = &plan.runtime;
    let kind = &plan.kind;
    let ident = &plan.function.signature.ident;
    let function = Literal::string(&ident.unraw().to_string());
    let line = Literal::usize_unsuffixed(plan.function.line());
    // At the user's own tokens, because that is where a name that breaks a rule is reported.
    let span_name = |span: Span, name: &dyn ToTokens| {
        let runtime = runtime_path::at(runtime, span);
        quote_spanned!(span=> #runtime::__private::SpanName::new(#name))
    };
    let name = match &plan.name {
        None => span_name(ident.span(), &function),
        Some(Name::Literal(name)) => span_name(name.span(), name),
        Some(Name::Constant(path)) => path.to_token_stream(),
    };
    let keys = plan.fields.iter().map(|field| {
        let key = &field.key.literal;
        let runtime = runtime_path::at(runtime, key.span());
        quote_spanned!(key.span()=> #runtime::__private::AttributeKey::new(#key))
    });
    quote!(#runtime::__private::site!(#name, #kind, [#(#keys),*], #function, #line))
}

/// `fields.set(0, &(value));`, at the user's value, so that a value of a wrong type is reported there.
fn set(runtime: &Path, fields: &Ident, index: usize, field: &Field) -> TokenStream {
    let index = Literal::usize_unsuffixed(index);
    let value = &field.value;
    let value = match field.sigil {
        Sigil::Typed => quote_spanned!(value.span()=> &(#value)),
        Sigil::Display => quote_spanned!(value.span()=> &#runtime::__private::Displayed(&(#value))),
        Sigil::Debug => quote_spanned!(value.span()=> &#runtime::__private::Debugged(&(#value))),
    };
    quote_spanned!(field.value.span()=> #fields.set(#index, #value);)
}

/// The last expression: runs the body under the span and hands on what it returns.
fn tail(plan: &Plan, span: &Ident) -> TokenStream {
    let runtime = &plan.runtime;
    let body = &plan.body;
    let future = Ident::new("future", Span::mixed_site());
    match &plan.shape {
        Shape::Sync { returned } => {
            let annotation = annotation(returned);
            let outcome = outcome(runtime, returned);
            quote!(#span.in_scope(move || #annotation #body, #outcome))
        }
        Shape::Async { returned } => {
            let (body, outcome) = (typed(runtime, body, returned), outcome(runtime, returned));
            quote!(#span.in_future(async move #body, #outcome).await)
        }
        Shape::BoxedFuture { output, boxed } => {
            let outcome = outcome(runtime, output);
            quote! {
                #span.in_boxed(
                    move || -> #boxed #body,
                    |#span, #future| #runtime::__private::pinned(#span.in_future(#future, #outcome)),
                )
            }
        }
        Shape::Future { output } => {
            let outcome = outcome(runtime, output);
            quote! {
                let (#span, #future) = #span.enter(move || #body);
                #span.in_future(#future, #outcome)
            }
        }
    }
}

/// The closure that classifies what was returned. It stands here and not in a macro of the runtime, whose file would then turn up in the
/// user's coverage.
fn outcome(runtime: &Path, returned: &Type) -> TokenStream {
    let value = Ident::new("returned", Span::mixed_site());
    match returned {
        Type::Never(_) => quote!(|_| #runtime::__private::Outcome::OK),
        returned => quote!(|#value: &#returned| #runtime::__private::outcome!(#value)),
    }
}

/// The body of an async block, with the type of its value said first: a closure could be annotated with it, an async block cannot.
/// The user's tokens follow as they are, within braces that stand where theirs stood.
fn typed(runtime: &Path, body: &Group, returned: &Type) -> Group {
    let statements = body.stream();
    let mut typed = Group::new(Delimiter::Brace, quote!(#runtime::__private::returns!(#returned); #statements));
    typed.set_span(body.span());
    typed
}

/// What a closure says of its return type; nothing where the compiler is to infer it.
fn annotation(returned: &Type) -> TokenStream {
    match returned {
        Type::Infer(_) => TokenStream::new(),
        returned => quote!(-> #returned),
    }
}
