//! The instrumentation scope of a place (OpenTelemetry specification, "Instrumentation scope":
//! <https://opentelemetry.io/docs/specs/otel/common/instrumentation-scope/>).

use opentelemetry::InstrumentationScope;

/// The instrumentation scope of a place: the user's crate, with its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) name: &'static str,
    /// Empty: not known.
    version: &'static str,
}

impl Scope {
    /// Of what belongs to no place of the user's.
    pub(crate) const OWN: Self = Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") };

    /// The scope of the crate that `module` belongs to. Without Cargo there is no package name; then the crate's own is used.
    pub(crate) const fn of_crate(module: &'static str, package: Option<&'static str>, version: Option<&'static str>) -> Self {
        let name = match package {
            Some(package) => package,
            None => crate_of(module),
        };
        let version = match version {
            Some(version) => version,
            None => "",
        };
        Self { name, version }
    }

    pub(crate) const fn named(name: &'static str) -> Self {
        Self { name, version: "" }
    }

    pub(crate) fn build(self) -> InstrumentationScope {
        let scope = InstrumentationScope::builder(self.name);
        if self.version.is_empty() { scope.build() } else { scope.with_version(self.version).build() }
    }
}

/// The part of a module's path before the first `::`.
const fn crate_of(module: &'static str) -> &'static str {
    let bytes = module.as_bytes();
    let mut end = 0;
    while end < bytes.len() && bytes[end] != b':' {
        end += 1;
    }
    module.split_at(end).0
}
