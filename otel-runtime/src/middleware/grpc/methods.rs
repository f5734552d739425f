//! [`Methods`]: which methods a server has. Whoever calls can send any, and the ones that a server knows are few.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::semconv::rpc::Method;

/// So many methods are found out: more than a server has, and less than would be too many for labels.
const LIMIT: usize = 500;

/// Those that were declared; or, where none were, those of which a call has shown that they are there.
#[derive(Clone, Debug, Default)]
pub(super) struct Methods {
    declared: Option<Arc<HashSet<Arc<str>>>>,
    found: Arc<RwLock<HashSet<Arc<str>>>>,
}

impl Methods {
    pub(super) fn declare(&mut self, names: impl IntoIterator<Item = impl Into<String>>) {
        let mut declared = self.declared.as_deref().cloned().unwrap_or_default();
        declared.extend(names.into_iter().map(|name| {
            let name = name.into();
            Arc::from(crate::semconv::rpc::name(&name))
        }));
        self.declared = Some(Arc::new(declared));
    }

    /// The method with this name; `None` if it is not known yet.
    pub(super) fn get(&self, name: &str) -> Option<Method> {
        match &self.declared {
            Some(declared) => Some(declared.get(name).map_or(Method::Other, |name| Method::Known(Arc::clone(name)))),
            None => self.found.read().unwrap_or_else(PoisonError::into_inner).get(name).map(|name| Method::Known(Arc::clone(name))),
        }
    }

    /// Notes that the server has this method.
    fn find(&self, name: &str) -> Method {
        let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(name) = found.get(name) {
            return Method::Known(Arc::clone(name));
        }
        if found.len() >= LIMIT {
            return Method::Other;
        }
        let name: Arc<str> = Arc::from(name);
        found.insert(Arc::clone(&name));
        Method::Known(name)
    }
}

/// What shows whether a server has a method that is not known yet. Who answers what is not there, or lets nobody in, neither reads a message nor
/// answers with one.
#[derive(Debug)]
pub(super) struct Proof {
    methods: Methods,
    /// As the caller has sent it.
    pub(super) path: String,
    is_there: Arc<AtomicBool>,
}

impl Proof {
    pub(super) fn new(methods: &Methods, path: &str) -> Self {
        Self { methods: methods.clone(), path: path.to_owned(), is_there: Arc::default() }
    }

    /// Is set when somebody wants to have a message of the request.
    pub(super) fn is_there(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_there)
    }

    /// An answer has come that may have messages.
    pub(super) fn answered(&self) {
        self.is_there.store(true, Ordering::Relaxed);
    }

    pub(super) fn method(&self) -> Method {
        if self.is_there.load(Ordering::Relaxed) { self.methods.find(crate::semconv::rpc::name(&self.path)) } else { Method::Other }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(name: &str) -> Method {
        Method::Known(Arc::from(name))
    }

    #[test]
    fn what_is_declared_is_all_that_there_is() {
        let mut methods = Methods::default();
        methods.declare(["shop.Orders/Place", "/shop.Orders/Cancel"]);
        methods.declare(["shop.Stock/Take"]);
        for name in ["shop.Orders/Place", "shop.Orders/Cancel", "shop.Stock/Take"] {
            assert_eq!(methods.get(name), Some(known(name)));
        }
        assert_eq!(methods.get("shop.Orders/Burn"), Some(Method::Other));
    }

    #[test]
    fn what_nobody_has_read_or_answered_is_not_found() {
        let methods = Methods::default();
        let refused = Proof::new(&methods, "/shop.Orders/Burn");
        assert_eq!((refused.method(), methods.get("shop.Orders/Burn")), (Method::Other, None));
        let read = Proof::new(&methods, "/shop.Orders/Place");
        read.is_there().store(true, Ordering::Relaxed);
        assert_eq!((read.method(), methods.get("shop.Orders/Place")), (known("shop.Orders/Place"), Some(known("shop.Orders/Place"))));
    }

    #[test]
    fn a_service_for_all_paths_fills_no_labels() {
        let methods = Methods::default();
        let found = (0..2 * LIMIT).filter(|number| {
            let proof = Proof::new(&methods, &format!("/any.Path/{number}"));
            proof.answered();
            proof.method() != Method::Other
        });
        assert_eq!(found.count(), LIMIT);
        assert_eq!(methods.clone().get("any.Path/7"), Some(known("any.Path/7")), "clones find together");
    }
}
