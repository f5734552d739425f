//! What was written on one item: the attribute that is being expanded, and those of ours beside it, folded into one.
//!
//! `#[traced] #[counted] #[timed]` on one function are one guard. The compiler expands the first of them, which finds the others among the
//! item's attributes and takes them off.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::{Attribute, Meta, Path};

use crate::args::{Options, Slot};
use crate::errors::Errors;
use crate::selection::Selection;
use crate::{counted, timed, traced};

/// Which of the three macros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Macro {
    Traced,
    Counted,
    Timed,
}

impl Macro {
    pub(crate) const ALL: [Self; 3] = [Self::Traced, Self::Counted, Self::Timed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traced => "traced",
            Self::Counted => "counted",
            Self::Timed => "timed",
        }
    }

    /// The macro that an attribute calls, if it is one of ours: by its name alone, after `otel_runtime::`, or after what `crate = …` says.
    pub(crate) fn of(path: &Path, runtime: Option<&Path>) -> Option<Self> {
        let mut words: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
        let last = words.pop()?;
        let is_runtime = |runtime: &Path| runtime.segments.iter().map(|segment| &segment.ident).eq(words.iter().copied());
        let is_ours = words.is_empty() || matches!(words.as_slice(), [only] if *only == "otel_runtime") || runtime.is_some_and(is_runtime);
        Self::ALL.into_iter().find(|candidate| is_ours && last == candidate.name())
    }
}

/// The options of all three; those of a macro that was not written are absent.
#[derive(Default)]
pub(crate) struct Written {
    pub(crate) traced: Option<traced::Args>,
    pub(crate) counted: Option<counted::Args>,
    pub(crate) timed: Option<timed::Args>,
    /// The macros of attributes that were taken out.
    pub(crate) folded: Vec<Path>,
}

impl Written {
    /// The attribute `own(args)`, and those of ours among `attributes`, which are taken out.
    pub(crate) fn fold(own: Macro, args: TokenStream, attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Self {
        let mut written = Self::default();
        written.add(own, args, errors);
        let runtime = written.runtime();
        written.fold_more(attributes, runtime.get(), false, errors);
        written
    }

    /// Those of ours among `attributes`, which are taken out. `runtime` is what `crate = …` says around them; in a block, what is behind a
    /// `cfg_attr` would be expanded once more after it.
    pub(crate) fn fold_more(&mut self, attributes: &mut Vec<Attribute>, runtime: Option<&Path>, in_block: bool, errors: &mut Errors) {
        attributes.retain(|attribute| {
            if in_block && hides_ours(attribute) {
                errors
                    .at(attribute, "an annotated block does not see what is behind `cfg_attr`; put `cfg` on two versions of the function");
            }
            let Some(found) = Macro::of(attribute.path(), runtime) else { return true };
            if self.has(found) {
                let name = found.name();
                errors.at(attribute, format!("`#[{name}]` is given twice; write its options into one"));
                return false;
            }
            match &attribute.meta {
                Meta::Path(_) => self.add(found, TokenStream::new(), errors),
                Meta::List(list) => self.add(found, list.tokens.clone(), errors),
                Meta::NameValue(other) => errors.at(other, format!("write `#[{0}]` or `#[{0}(…)]`", found.name())),
            }
            self.folded.push(attribute.path().clone());
            false
        });
    }

    fn has(&self, which: Macro) -> bool {
        match which {
            Macro::Traced => self.traced.is_some(),
            Macro::Counted => self.counted.is_some(),
            Macro::Timed => self.timed.is_some(),
        }
    }

    fn add(&mut self, which: Macro, args: TokenStream, errors: &mut Errors) {
        match which {
            Macro::Traced => self.traced = Some(Options::parse(args, errors)),
            Macro::Counted => self.counted = Some(Options::parse(args, errors)),
            Macro::Timed => self.timed = Some(Options::parse(args, errors)),
        }
    }

    /// Takes over from the attributes of a block what is not said here, of those macros whose selection means this function.
    pub(crate) fn inherit(&mut self, block: &Self, is_meant: impl Fn(&Selection) -> bool) {
        if let Some(block) = &block.traced
            && (self.traced.is_some() || is_meant(&block.selection))
        {
            self.traced.get_or_insert_default().inherit(block);
        }
        if let Some(block) = &block.counted
            && (self.counted.is_some() || is_meant(&block.selection))
        {
            self.counted.get_or_insert_default().inherit(block);
        }
        if let Some(block) = &block.timed
            && (self.timed.is_some() || is_meant(&block.selection))
        {
            self.timed.get_or_insert_default().inherit(block);
        }
    }

    /// As [`inherit`](Self::inherit), for a block that stands in another one, with what that says of which functions are meant.
    pub(crate) fn inherit_selection(&mut self, block: &Self) {
        self.inherit(block, |_| true);
        let selections = [
            (self.traced.as_mut().map(|args| &mut args.selection), block.traced.as_ref().map(|args| &args.selection)),
            (self.counted.as_mut().map(|args| &mut args.selection), block.counted.as_ref().map(|args| &args.selection)),
            (self.timed.as_mut().map(|args| &mut args.selection), block.timed.as_ref().map(|args| &args.selection)),
        ];
        for (own, block) in selections {
            if let (Some(own), Some(block)) = (own, block) {
                own.inherit(block);
            }
        }
    }

    /// The names in `except(…)`.
    pub(crate) fn excepted(&self) -> Vec<Ident> {
        self.selections().filter_map(|selection| selection.except.get()).flatten().cloned().collect()
    }

    /// Takes away what says `skip`.
    pub(crate) fn drop_skipped(&mut self) {
        self.traced.take_if(|args| args.selection.skip.get().is_some());
        self.counted.take_if(|args| args.selection.skip.get().is_some());
        self.timed.take_if(|args| args.selection.skip.get().is_some());
    }

    pub(crate) fn selections(&self) -> impl Iterator<Item = &Selection> {
        let selections = [
            self.traced.as_ref().map(|args| &args.selection),
            self.counted.as_ref().map(|args| &args.selection),
            self.timed.as_ref().map(|args| &args.selection),
        ];
        selections.into_iter().flatten()
    }

    /// Where something stands that cannot be said of a whole block.
    pub(crate) fn options_of_functions(&self) -> Vec<(Span, &'static str)> {
        let mut found = Vec::new();
        if let Some(args) = &self.traced {
            let places = [
                (args.name.place(), "name"),
                (args.fields.place(), "fields"),
                (args.ok.place(), "ok"),
                (args.err.place(), "err"),
                (args.error_if.place(), "error_if"),
                (args.ok_if.place(), "ok_if"),
                (args.parent.place(), "parent"),
                (args.root.place(), "root"),
                (args.links.place(), "links"),
                (args.baggage.place(), "baggage"),
                (args.item_events.place(), "item_events"),
            ];
            found.extend(places);
        }
        found.extend(self.counted.as_ref().map(|args| (args.fields.place(), "fields")));
        found.extend(self.timed.as_ref().map(|args| (args.fields.place(), "fields")));
        found.into_iter().filter_map(|(place, option)| Some((place?, option))).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.traced.is_none() && self.counted.is_none() && self.timed.is_none()
    }

    /// Where the runtime is found, as any of them says.
    pub(crate) fn runtime(&self) -> Slot<Path> {
        let mut runtime = Slot::default();
        let written = [
            self.traced.as_ref().map(|args| &args.runtime),
            self.counted.as_ref().map(|args| &args.runtime),
            self.timed.as_ref().map(|args| &args.runtime),
        ];
        written.into_iter().flatten().for_each(|slot| runtime.inherit(slot));
        runtime
    }
}

/// Whether an attribute is a `cfg_attr` with one of ours in it.
fn hides_ours(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let is_ours = |token| matches!(token, TokenTree::Ident(word) if Macro::ALL.iter().any(|candidate| word == candidate.name()));
    attribute.path().is_ident("cfg_attr") && list.tokens.clone().into_iter().any(is_ours)
}
