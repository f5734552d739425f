//! [`Plan`] → tokens. Cannot fail, and branches on nothing but the plan.
//!
//! The locals stand at the macro's own place ([`Span::mixed_site`]): the user's body cannot name them, nor they the user's.

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Path, Type};

use crate::checked;
use crate::field::{Field, KeyForm, Sigil, SpanField};
use crate::function::{Function, Shape};
use crate::plan::{CountPlan, Origin, Plan, SpanPlan, TimePlan};
use crate::runtime_path;

/// The function with a new body: a site, one start, one tail; or no more than a count.
pub(crate) fn function(plan: &Plan) -> TokenStream {
    let head = plan.function.head();
    let statements = match &plan.shape {
        Shape::Sync { returned } if plan.only_counts() => counted(plan, returned),
        _ => {
            let call = local("__call");
            let (start, tail) = (start(plan), tail(plan, &call));
            quote!(let #call = #start; #tail)
        }
    };
    let imports = imports(&plan.folded);
    // At the user's own braces: an item that ends in ours counts as the macro's, and the compiler says nothing of it if nobody uses it.
    let mut body = Group::new(Delimiter::Brace, quote!(#imports #statements));
    body.set_span(plan.body.span());
    quote!(#head #body)
}

/// Uses the macros of attributes that were taken off, which the compiler never gets to see: it would call their imports unused.
pub(crate) fn imports(folded: &[Path]) -> TokenStream {
    quote!(#(#[allow(unused_imports)] use #folded as _;)*)
}

/// A function that is not instrumented, but has lost attributes.
pub(crate) fn untouched(mut function: Function, folded: &[Path]) -> TokenStream {
    let body = function.body.take().map_or_else(
        || quote!(;),
        |body| {
            let (imports, statements) = (imports(folded), body.stream());
            let mut with_imports = Group::new(body.delimiter(), quote!(#imports #statements));
            with_imports.set_span(body.span());
            with_imports.to_token_stream()
        },
    );
    let head = function.head();
    quote!(#head #body)
}

fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn start(plan: &Plan) -> TokenStream {
    let runtime = &plan.runtime;
    let site = site(plan);
    let fields = fields(plan);
    let parent = match plan.span.as_ref().map(|span| &span.origin) {
        None | Some(Origin::Current) => None,
        Some(Origin::Root) => Some(quote!(#runtime::__private::no_parent)),
        Some(Origin::Explicit(parent)) => {
            let runtime = runtime_path::at(runtime, parent.span());
            let parent = quote_spanned!(parent.span()=> #runtime::__private::AsParent::as_parent(&(#parent)));
            Some(quote!(|| #parent))
        }
    };
    let entries = plan.span.as_ref().map(|span| span.baggage.as_slice()).unwrap_or_default();
    match (parent, entries) {
        (None, []) => quote!(#site.start(#fields)),
        (Some(parent), []) => quote!(#site.start_in(#parent, #fields)),
        (parent, entries) => {
            let parent = parent.unwrap_or_else(|| quote!(#runtime::__private::current_context));
            let target = local("__baggage");
            let values: TokenStream = entries.iter().zip(0..).map(|(entry, index)| entry_of(runtime, &target, index, entry)).collect();
            quote!(#site.start_with(#parent, |#target| { #values }, #fields))
        }
    }
}

/// An entry of baggage is a text, whatever the conventions say of an attribute of that name.
fn entry_of(runtime: &Path, target: &Ident, index: usize, entry: &Field) -> TokenStream {
    let place = place_of(entry, false);
    set_to(target, "set", index, &written(runtime, place, entry, &entry.value), place)
}

/// The static data of this place.
fn site(plan: &Plan) -> TokenStream {
    let runtime = &plan.runtime;
    let ident = &plan.function.signature.ident;
    let name = ident.unraw().to_string();
    let function = Literal::string(&plan.owner.as_ref().map_or_else(|| name.clone(), |owner| format!("{owner}::{name}")));
    let line = Literal::usize_unsuffixed(plan.function.line());
    let span = plan.span.as_ref().map(|span| {
        let own_name = (ident.span(), &function);
        span_of_site(runtime, span, own_name)
    });
    let count = plan.count.as_ref().map(|count| count_of_site(runtime, count));
    let time = plan.time.as_ref().map(|time| time_of_site(runtime, time));
    let attributes = attributes(plan);
    quote!(#runtime::__private::site!(#function, #line, [#attributes], #span #count #time))
}

/// What the source shows of the attributes of the span, of the counter and of the histogram, if there are any.
fn attributes(plan: &Plan) -> Option<TokenStream> {
    let span = plan.span.iter().flat_map(SpanPlan::named);
    let count = plan.count.iter().flat_map(|count| &count.fields);
    let time = plan.time.iter().flat_map(|time| &time.fields);
    let is_empty = span.clone().chain(count.clone()).chain(time.clone()).next().is_none();
    let (span, count, time) = (span.map(checked::kind), count.map(checked::kind), time.map(checked::kind));
    (!is_empty).then(|| quote!([#(#span),*] [#(#count),*] [#(#time),*]))
}

fn span_of_site(runtime: &Path, span: &SpanPlan, (place, function): (Span, &Literal)) -> TokenStream {
    let name = match &span.name {
        None => checked::text(runtime, "SpanName", place, function),
        Some(name) => checked::span(runtime, name),
    };
    let kind = &span.kind;
    let keys = checked::keys(runtime, span.named(), Some((span.ok.len(), span.err.len())));
    let scope = span.scope.as_ref().map(|scope| quote!(.scope(#scope)));
    let baggage = (!span.baggage.is_empty()).then(|| {
        let names = checked::names(runtime, &span.baggage);
        quote!(.baggage(#names))
    });
    let exceptions = span.exceptions.as_ref().map(|way| quote!(.exceptions(#runtime::__private::Exceptions::#way)));
    quote!(.span(#name, #runtime::__private::SpanKind::#kind, #keys) #scope #baggage #exceptions)
}

fn count_of_site(runtime: &Path, count: &CountPlan) -> TokenStream {
    let CountPlan { name, unit, description, in_flight, fields } = count;
    let mut set = Vec::new();
    set.extend(name.as_ref().map(|name| {
        let name = checked::metric(runtime, name);
        // What was said of the default counter is not true of this one.
        let unit = unit.is_none().then(|| quote!(, unit: #runtime::__private::Unit::new("{call}")));
        let description = description.is_none().then(|| quote!(, description: ""));
        quote!(name: #name #unit #description)
    }));
    set.extend(unit.as_ref().map(|unit| {
        let unit = checked::unit(runtime, unit);
        quote!(unit: #unit)
    }));
    set.extend(description.as_ref().map(|description| quote!(description: #description)));
    set.extend(in_flight.then(|| quote!(in_flight: true)));
    set.extend((!fields.is_empty()).then(|| {
        let keys = checked::keys(runtime, fields.iter(), None);
        quote!(keys: #keys)
    }));
    let is_all = name.is_some() && *in_flight && !fields.is_empty();
    changed(runtime, "Count", &set, is_all, "count")
}

fn time_of_site(runtime: &Path, time: &TimePlan) -> TokenStream {
    let TimePlan { name, description, buckets, fields } = time;
    let mut set = Vec::new();
    set.extend(name.as_ref().map(|name| {
        let name = checked::metric(runtime, name);
        let description = description.is_none().then(|| quote!(, description: ""));
        quote!(name: #name #description)
    }));
    set.extend(description.as_ref().map(|description| quote!(description: #description)));
    set.extend(buckets.as_ref().map(|buckets| {
        let runtime = runtime_path::at(runtime, buckets.span());
        let slice = if matches!(buckets, Expr::Array(_)) { quote_spanned!(buckets.span()=> &#buckets) } else { buckets.to_token_stream() };
        quote_spanned!(buckets.span()=> buckets: #runtime::__private::Time::rising(#slice))
    }));
    set.extend((!fields.is_empty()).then(|| {
        let keys = checked::keys(runtime, fields.iter(), None);
        quote!(keys: #keys)
    }));
    let is_all = name.is_some() && buckets.is_some() && !fields.is_empty();
    changed(runtime, "Time", &set, is_all, "time")
}

/// `.count(Count { name: …, ..Count::DEFAULT })`; without the default where nothing of it would be left, which Clippy would remark on.
fn changed(runtime: &Path, ty: &str, set: &[TokenStream], is_all: bool, method: &str) -> TokenStream {
    let (ty, method) = (Ident::new(ty, Span::call_site()), Ident::new(method, Span::call_site()));
    if set.is_empty() {
        quote!(.#method(#runtime::__private::#ty::DEFAULT))
    } else {
        let rest = (!is_all).then(|| quote!(..#runtime::__private::#ty::DEFAULT));
        quote!(.#method(#runtime::__private::#ty { #(#set,)* #rest }))
    }
}

/// The closure that gives the values which are known when the call starts.
fn fields(plan: &Plan) -> TokenStream {
    let runtime = &plan.runtime;
    let fields = local("__fields");
    let span = plan.span.as_ref().map(|span| span_fields(runtime, span, &fields)).unwrap_or_default();
    let count = plan.count.as_ref().map(|count| values(runtime, &fields, "count", &count.fields, 0)).unwrap_or_default();
    let time = plan.time.as_ref().map(|time| values(runtime, &fields, "time", &time.fields, 0)).unwrap_or_default();
    if span.is_empty() && count.is_empty() && time.is_empty() {
        return quote!(#runtime::__private::no_fields);
    }
    let guarded = |values: TokenStream, wanted: &str| {
        let wanted = Ident::new(wanted, Span::call_site());
        (!values.is_empty()).then(|| quote!(if #fields.#wanted() { #values }))
    };
    let (span, count, time) = (guarded(span, "records"), guarded(count, "counts"), guarded(time, "times"));
    quote!(|#fields| { #span #count #time })
}

fn span_fields(runtime: &Path, span: &SpanPlan, fields: &Ident) -> TokenStream {
    let mut index = 0;
    let mut tokens = TokenStream::new();
    for field in &span.fields {
        tokens.extend(match field {
            SpanField::One(field) => {
                index += 1;
                set(runtime, fields, "set", index - 1, field, None)
            }
            SpanField::Spread(value) => quote_spanned!(value.span()=> #fields.spread(&(#value));),
        });
    }
    tokens.extend(span.links.as_ref().map(|links| quote_spanned!(links.span()=> #fields.links(&(#links));)));
    tokens
}

fn values(runtime: &Path, target: &Ident, method: &str, fields: &[Field], from: usize) -> TokenStream {
    fields.iter().zip(from..).map(|(field, index)| set(runtime, target, method, index, field, None)).collect()
}

/// `fields.set(0, &(value));`, at the user's value, so that a value of a wrong type is reported there. What is written for `part`, if there
/// is one, is not the value but a closure that makes it of this.
fn set(runtime: &Path, target: &Ident, method: &str, index: usize, field: &Field, part: Option<&Ident>) -> TokenStream {
    let place = place_of(field, part.is_some());
    let value = part.map_or_else(|| field.value.to_token_stream(), |part| applied(runtime, part, &field.value, None));
    let value = written(runtime, place, field, &value);
    let value = match &field.key.form {
        KeyForm::Dotted(key) => checked::value(runtime, key, value, place),
        KeyForm::Quoted(_) | KeyForm::Constant(_) => value,
    };
    set_to(target, method, index, &value, place)
}

/// Where what is wrong with a value is to be reported.
fn place_of(field: &Field, is_of_part: bool) -> Span {
    let is_bare = !is_of_part && field.sigil == Sigil::Typed && !field.unbounded;
    if is_bare { field.value.span() } else { runtime_path::around(&field.value) }
}

/// A reference to a value, as its sigil has it.
fn written(runtime: &Path, place: Span, field: &Field, value: &dyn ToTokens) -> TokenStream {
    let runtime = runtime_path::at(runtime, place);
    let value = match field.sigil {
        Sigil::Typed => quote_spanned!(place=> (#value)),
        Sigil::Display => quote_spanned!(place=> #runtime::__private::Displayed(&(#value))),
        Sigil::Debug => quote_spanned!(place=> #runtime::__private::Debugged(&(#value))),
    };
    let value = if field.unbounded { quote_spanned!(place=> #runtime::__private::Unbounded(&#value)) } else { value };
    quote_spanned!(place=> &#value)
}

fn set_to(target: &Ident, method: &str, index: usize, value: &TokenStream, place: Span) -> TokenStream {
    let (method, index) = (Ident::new(method, place), Literal::usize_unsuffixed(index));
    quote_spanned!(place=> #target.#method(#index, #value);)
}

/// A function that is counted, and nothing else.
fn counted(plan: &Plan, returned: &Type) -> TokenStream {
    let (site, body) = (site(plan), &plan.body);
    let (annotation, outcome) = (annotation(returned), outcome(plan, returned, None));
    quote!(#site.counted(move || #annotation #body, #outcome))
}

/// The last expression: runs the body under the call and hands on what it returns.
fn tail(plan: &Plan, call: &Ident) -> TokenStream {
    let runtime = &plan.runtime;
    let body = &plan.body;
    let made = local("__made");
    match &plan.shape {
        Shape::Sync { returned } => {
            let (annotation, outcome) = (annotation(returned), outcome(plan, returned, Some(call)));
            quote!(#call.in_scope(move || #annotation #body, #outcome))
        }
        Shape::Async { returned } => {
            let (body, outcome) = (typed(runtime, body, returned), outcome(plan, returned, Some(call)));
            quote!(#call.in_future(async move #body, #outcome).await)
        }
        Shape::BoxedFuture { output, boxed } => {
            let outcome = outcome(plan, output, Some(call));
            let wrap = quote!(|#call, #made| #runtime::__private::pinned(#call.in_future(#made, #outcome)));
            quote!(#call.in_boxed(move || -> #boxed #body, #wrap))
        }
        Shape::Future { output } => {
            let outcome = outcome(plan, output, Some(call));
            quote! {
                let (#call, #made) = #call.enter(move || #body);
                #call.in_future(#made, #outcome)
            }
        }
        Shape::BoxedStream { item, boxed } => {
            let items = items(plan, item);
            let wrap = quote!(|#call, #made| #runtime::__private::pinned(#call.in_stream(#made, #items)));
            quote!(#call.in_boxed(move || -> #boxed #body, #wrap))
        }
        Shape::Stream { item } => {
            let items = items(plan, item);
            quote! {
                let (#call, #made) = #call.enter(move || #body);
                #call.in_stream(#made, #items)
            }
        }
    }
}

/// The closure that classifies what was returned, and gives the values which are known then to the call, if there is one. It stands here and not
/// in a macro of the runtime, whose file would then turn up in the user's coverage.
fn outcome(plan: &Plan, returned: &Type, call: Option<&Ident>) -> TokenStream {
    let runtime = &plan.runtime;
    let unused = call.map(|_| quote!(, _));
    if let Type::Never(_) = returned {
        return quote!(|_ #unused| #runtime::__private::Outcome::OK);
    }
    let value = local("__returned");
    let classified = plan.span.as_ref().and_then(|span| span.verdict.as_ref()).map_or_else(
        || quote!(#runtime::__private::outcome!(#value)),
        |(method, predicate)| {
            let judged = applied(runtime, &value, predicate, Some(quote!(::core::primitive::bool)));
            quote!(#runtime::__private::outcome!(#value).#method(#runtime::__private::verdict(|| #judged)))
        },
    );
    match (plan.span.as_ref(), call) {
        (Some(span), Some(call)) if !(span.ok.is_empty() && span.err.is_empty()) => {
            let known = results_of(runtime, span, &value, call);
            quote! {
                |#value: &#returned, #call| {
                    #call.give(|| { #known });
                    #classified
                }
            }
        }
        _ => quote!(|#value: &#returned #unused| { #classified }),
    }
}

/// The values of `ok(…)` and `err(…)`.
fn results_of(runtime: &Path, span: &SpanPlan, value: &Ident, call: &Ident) -> TokenStream {
    let named = span.fields.iter().filter(|field| matches!(field, SpanField::One(_))).count();
    let part = local("__part");
    let part_values = |fields: &[Field], from: usize| -> TokenStream {
        fields.iter().zip(from..).map(|(field, index)| set(runtime, call, "set", index, field, Some(&part))).collect()
    };
    let ok = (!span.ok.is_empty()).then(|| {
        let values = part_values(&span.ok, named);
        quote!(if let ::core::option::Option::Some(#part) = #runtime::__private::ok_part!(#value) { #values })
    });
    let err = (!span.err.is_empty()).then(|| {
        let values = part_values(&span.err, named + span.ok.len());
        // At the user's closure, where a function without an error is to be reported.
        let place = runtime_path::around(&span.err[0].value);
        let (runtime, value) = (runtime_path::at(runtime, place), Ident::new(&value.to_string(), place));
        let error = quote_spanned!(place=> #runtime::__private::error_of(#value));
        quote!(if let ::core::option::Option::Some(#part) = #error { #values })
    });
    quote!(#ok #err)
}

/// A closure of the user's, called where it stands, so that what is wrong with it is reported there, or inside of it if it is known what it
/// `gives`.
fn applied(runtime: &Path, value: &Ident, closure: &Expr, gives: Option<TokenStream>) -> TokenStream {
    let place = runtime_path::around(closure);
    let (runtime, value) = (runtime_path::at(runtime, place), Ident::new(&value.to_string(), place));
    let gives = gives.map(|gives| quote_spanned!(place=> ::<_, #gives>));
    quote_spanned!(place=> #runtime::__private::apply #gives (#value, #closure))
}

/// The last arguments of `in_stream`.
fn items(plan: &Plan, item: &Type) -> TokenStream {
    let runtime = &plan.runtime;
    let value = local("__item");
    let events = plan.span.as_ref().is_some_and(|span| span.item_events);
    let variant = Ident::new(if events { "Events" } else { "Counted" }, Span::call_site());
    quote!(#runtime::__private::Items::#variant, |#value: &#item| { #runtime::__private::outcome!(#value) })
}

/// The body of an async block, with the type of its value said first: a closure could be annotated with it, an async block cannot.
/// The user's tokens follow as they are, within braces that stand where theirs stood.
fn typed(runtime: &Path, body: &Group, returned: &Type) -> Group {
    let statements = body.stream();
    // Items at the head of the body stay at the head of a block; behind a statement, Clippy would call them confusing.
    let statements = if starts_with_item(&statements) { quote!({ #statements }) } else { statements };
    let mut typed = Group::new(Delimiter::Brace, quote!(#runtime::__private::returns!(#returned); #statements));
    typed.set_span(body.span());
    typed
}

fn starts_with_item(statements: &TokenStream) -> bool {
    let words = ["const", "enum", "extern", "fn", "impl", "macro_rules", "mod", "static", "struct", "trait", "type", "use"];
    match statements.clone().into_iter().next() {
        Some(TokenTree::Ident(first)) => words.iter().any(|word| first == word),
        Some(TokenTree::Punct(first)) => first.as_char() == '#',
        _ => false,
    }
}

/// What a closure says of its return type; nothing where the compiler is to infer it.
fn annotation(returned: &Type) -> TokenStream {
    match returned {
        Type::Infer(_) => TokenStream::new(),
        returned => quote!(-> #returned),
    }
}
