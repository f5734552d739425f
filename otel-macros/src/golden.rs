//! Golden expansions: what the macros make of each file in `tests/expand` of the workspace, readable in a diff.
//!
//! A file `case.rs` holds one annotated item; `case.expanded.rs` beside it holds its expansion. `GOLDEN=overwrite cargo test -p otel-macros`
//! writes them anew.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Item, Meta};

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
    let Some(Item::Fn(mut function)) = file.items.into_iter().last() else { panic!("a case ends with a function") };
    let at = function.attrs.iter().position(|attribute| attribute.path().is_ident("traced")).expect("a case is annotated");
    let args = match function.attrs.remove(at).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    let expanded = crate::traced::expand(args, &function.into_token_stream());
    let expanded = syn::parse2(expanded).expect("an expansion is valid Rust");
    prettyplease::unparse(&expanded)
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

/// About the same for every function. The type of a boxed future is said a second time, by its closure.
#[test]
fn an_expansion_adds_at_most_fifteen_lines() {
    for case in cases() {
        let source = fs::read_to_string(&case).expect("a case can be read");
        let written = prettyplease::unparse(&syn::parse_file(&source).expect("a case is valid Rust"));
        let expanded = expand(&source);
        let repeated =
            expanded.split_once("in_boxed(").map_or(0, |(_, tail)| tail.split_once("> {").map_or(0, |(ty, _)| ty.lines().count()));
        let added = expanded.lines().count() - written.lines().count() - repeated;
        assert!(added <= 15, "{}: {added} more lines", case.display());
    }
}
