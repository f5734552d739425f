//! What was written on one item: the attribute that is being expanded, and those of ours beside it, folded into one.
//!
//! `#[traced] #[counted] #[timed]` on one function are one guard. The compiler expands the first of them, which finds the others among the
//! item's attributes and takes them off.

use proc_macro2::{Span, TokenStream};
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

    /// The macro that an attribute calls, if it is one of ours: by its name alone, or after `otel_runtime::`.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let mut segments = path.segments.iter().rev();
        let last = segments.next()?;
        let before = segments.next();
        if before.is_some_and(|segment| segment.ident != "otel_runtime") {
            return None;
        }
        Self::ALL.into_iter().find(|candidate| last.ident == candidate.name())
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
        written.fold_more(attributes, errors);
        written
    }

    /// Those of ours among `attributes`, which are taken out.
    pub(crate) fn fold_more(&mut self, attributes: &mut Vec<Attribute>, errors: &mut Errors) {
        attributes.retain(|attribute| {
            let Some(found) = Macro::of(attribute.path()) else { return true };
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
