//! Golden expansions: what the macros make of each file in `tests/expand` of the workspace, readable in a diff.
//!
//! A file `case.rs` holds one annotated item; `case.expanded.rs` beside it holds its expansion. `GOLDEN=overwrite cargo test -p otel-macros`
//! writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Attribute;
use syn::parse::{ParseStream, Parser};

use crate::written::Macro;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("the folder can be read").path()).collect();
    cases.retain(|path| path.to_string_lossy().ends_with(".rs") && !path.to_string_lossy().ends_with(".expanded.rs"));
    cases.sort();
    cases
}

/// The last item of a file, which is the annotated one, expanded by hand as the compiler would do it.
fn expand(source: &str) -> String {
    let file = syn::parse_file(source).expect("a case is valid Rust");
    let item = file.items.into_iter().last().expect("a case has an item").into_token_stream();
    let parser = |input: ParseStream<'_>| Ok((input.call(Attribute::parse_outer)?, input.parse::<TokenStream>()?));
    let (mut attributes, rest) = parser.parse2(item.clone()).expect("a case is valid Rust");
    let derived = attributes.iter().find(|attribute| attribute.path().is_ident("derive"));
    let expanded = if let Some(derived) = derived {
        let derive: syn::Ident = derived.parse_args().expect("a case derives one trait");
        match derive.to_string().as_str() {
            "Attributes" => crate::attributes::DERIVE.expand(item),
            "ErrorType" => crate::error_type::DERIVE.expand(item),
            _ => crate::metric_value::DERIVE.expand(item),
        }
    } else {
        let at = attributes.iter().position(|attribute| Macro::of(attribute.path(), None).is_some()).expect("a case is annotated");
        let own = attributes.remove(at);
        let args = own.meta.require_list().map_or_else(|_| TokenStream::new(), |list| list.tokens.clone());
        let own = Macro::of(own.path(), None).expect("it was found by this");
        crate::instrument::expand(own, args, &quote!(#(#attributes)* #rest))
    };
    prettyplease::unparse(&syn::parse2(expanded).expect("an expansion is valid Rust"))
}

#[test]
fn expansions_are_as_recorded() {
    let overwrite = std::env::var_os("GOLDEN").is_some_and(|value| value == "overwrite");
    let cases = cases();
    assert!(!cases.is_empty());
    for case in cases {
        let source = fs::read_to_string(&case).expect("a case can be read");
        let expanded = expand(&source);
        let golden = case.with_extension("expanded.rs");
        if overwrite {
            fs::write(&golden, &expanded).expect("a golden file can be written");
        }
        let recorded = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(recorded, expanded, "\n{} has changed; GOLDEN=overwrite records it anew", golden.display());
    }
}

/// Of a plain `#[traced]`. The type of a boxed future is said a second time, by its closure, and a field is a line or two.
#[test]
fn an_expansion_adds_at_most_fifteen_lines() {
    for case in ["sync.rs", "async_fn.rs", "impl_future.rs", "impl_trait.rs", "never.rs", "unit.rs"] {
        let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/expand").join(case);
        let source = fs::read_to_string(&case).expect("a case can be read");
        let written = prettyplease::unparse(&syn::parse_file(&source).expect("a case is valid Rust"));
        let added = expand(&source).lines().count() - written.lines().count();
        assert!(added <= 15, "{}: {added} more lines", case.display());
    }
}
