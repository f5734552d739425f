//! Which methods of HTTP are known (semantic conventions, "HTTP", `http.request.method`:
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/http/>): all others are one, so that nobody who calls can make more of them.

use std::sync::Arc;

use ::http::Method;

/// The methods that are known unless something else is said: those of RFC 9110, PATCH and QUERY.
pub(crate) const DEFAULT: [&str; 10] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"];

/// The methods that are known, in the case in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownMethods(Option<Arc<[Arc<str>]>>);

/// The name of a method that is known.
#[cfg(feature = "http")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Static(&'static str),
    Listed(Arc<str>),
}

impl KnownMethods {
    /// Those of a list, in place of all others; those of the conventions if it is empty.
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self((!names.is_empty()).then(|| names.into_iter().map(Arc::from).collect()))
    }

    /// Those of the list; none are those of the conventions.
    #[cfg(feature = "config-file")]
    pub(crate) fn listed(&self) -> Vec<String> {
        self.0.iter().flat_map(|listed| listed.iter()).map(ToString::to_string).collect()
    }

    /// The name of a method; `None` if it is not known.
    #[cfg(feature = "http")]
    pub(crate) fn name(&self, method: &Method) -> Option<Name> {
        match &self.0 {
            None => DEFAULT.iter().find(|known| **known == method.as_str()).map(|known| Name::Static(known)),
            Some(listed) => listed.iter().find(|known| ***known == *method.as_str()).cloned().map(Name::Listed),
        }
    }
}

/// What stands in a list of known methods.
pub(crate) fn check(name: &str) -> Result<(), String> {
    // Longer ones exist nowhere, and would be cut off somewhere.
    if name.len() <= 64 && Method::from_bytes(name.as_bytes()).is_ok() {
        Ok(())
    } else {
        Err(format!("`{}` is no method of HTTP", shown(name)))
    }
}

fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

#[cfg(feature = "http")]
impl Name {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Static(name) => name,
            Self::Listed(name) => name,
        }
    }
}
