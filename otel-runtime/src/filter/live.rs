//! [`LiveFilter`]: the filter of a pipeline, which can be replaced while places ask it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use super::{Filter, Rule};

#[derive(Debug)]
pub(crate) struct LiveFilter {
    /// Whether there is anything to ask: without a filter, asking costs one load.
    says_something: AtomicBool,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    filter: Filter,
    /// What was found for places of a local pipeline, by their address; those of the global one keep it themselves.
    known: HashMap<usize, Rule>,
}

impl LiveFilter {
    pub(crate) fn new(filter: Filter) -> Self {
        Self { says_something: AtomicBool::new(!filter.is_empty()), state: RwLock::new(State { filter, known: HashMap::new() }) }
    }

    /// Replaces the filter. What was found with the old one goes with it.
    pub(crate) fn replace(&self, filter: Filter) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        self.says_something.store(!filter.is_empty(), Ordering::Release);
        *state = State { filter, known: HashMap::new() };
    }

    /// The rule of a place, found anew.
    pub(crate) fn rule(&self, path: &str) -> Rule {
        if !self.says_something.load(Ordering::Acquire) {
            return Rule::On;
        }
        self.state.read().unwrap_or_else(PoisonError::into_inner).filter.rule(path)
    }

    /// The rule of a place, which is found once for each filter.
    pub(crate) fn known_rule(&self, site: usize, path: &str) -> Rule {
        if !self.says_something.load(Ordering::Acquire) {
            return Rule::On;
        }
        if let Some(rule) = self.state.read().unwrap_or_else(PoisonError::into_inner).known.get(&site) {
            return *rule;
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let rule = state.filter.rule(path);
        state.known.insert(site, rule);
        rule
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(text: &str) -> LiveFilter {
        LiveFilter::new(Filter::parse(text).filter)
    }

    #[test]
    fn what_was_found_with_one_filter_does_not_outlive_it() {
        let filter = live("shop=off");
        for _ in 0..2 {
            assert_eq!((filter.known_rule(1, "shop::a"), filter.known_rule(2, "b")), (Rule::Off, Rule::On));
        }
        filter.replace(Filter::parse("b=off").filter);
        for _ in 0..2 {
            assert_eq!((filter.known_rule(1, "shop::a"), filter.known_rule(2, "b")), (Rule::On, Rule::Off));
        }
        filter.replace(Filter::default());
        assert_eq!((filter.known_rule(2, "b"), filter.rule("b")), (Rule::On, Rule::On));
        filter.replace(Filter::parse("off").filter);
        assert_eq!((filter.known_rule(2, "b"), filter.rule("b")), (Rule::Off, Rule::Off));
    }
}
