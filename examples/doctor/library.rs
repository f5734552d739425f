//! The libraries that `otel-runtime` has something for, or that it has not: the page `otel_runtime::libraries` of the documentation, which is the table
//! here as well.

use std::fmt;

use cargo_lock::{Lockfile, Package};
use semver::VersionReq;

const PAGE: &str = include_str!("../../otel-runtime/docs/libraries.md");

/// A library, and what is for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Library {
    /// The crate that tells that a program has it.
    name: &'static str,
    help: Help,
}

#[derive(Clone, Copy, Debug)]
enum Help {
    /// The versions that fit, the feature of `otel-runtime`, and what is written.
    Layer { versions: &'static str, feature: &'static str, line: &'static str },
    /// What to do without a layer.
    Advice(&'static str),
}

/// All of them, in the order of the page.
pub(crate) fn libraries() -> Vec<Library> {
    let rows = PAGE.lines().filter_map(|row| row.strip_prefix("| `")?.strip_suffix(" |"));
    rows.flat_map(|row| {
        let columns: Vec<&str> = row.split(" | ").collect();
        let (names, versions, help) = match columns[..] {
            [names, versions, feature, line] => (names, versions, Help::Layer { versions, feature: feature.trim_matches('`'), line }),
            [names, advice] => (names, "", Help::Advice(advice)),
            _ => return Vec::new(),
        };
        // Crates that stand in one row have a version each.
        let versions = versions.split(", ").chain(std::iter::repeat(versions));
        let libraries = names.trim_end_matches('`').split("`, `").zip(versions).map(|(name, versions)| match help {
            Help::Layer { feature, line, .. } => Library { name, help: Help::Layer { versions, feature, line } },
            Help::Advice(_) => Library { name, help },
        });
        libraries.collect()
    })
    .collect()
}

/// A library that was found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    library: Library,
    package: &'a Package,
}

impl Library {
    pub(crate) fn find(self, lock: &Lockfile) -> impl Iterator<Item = Found<'_>> {
        let packages = lock.packages.iter().filter(move |package| package.name.as_str() == self.name);
        packages.map(move |package| Found { library: self, package })
    }
}

impl Found<'_> {
    /// The feature that is for it.
    pub(crate) fn feature(&self) -> Option<&'static str> {
        match self.library.help {
            Help::Layer { versions, feature, .. } if self.fits(versions) => Some(feature),
            _ => None,
        }
    }

    fn fits(&self, versions: &str) -> bool {
        VersionReq::parse(versions).is_ok_and(|versions| versions.matches(&self.package.version))
    }
}

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = format!("{} {}", self.package.name, self.package.version);
        match self.library.help {
            Help::Layer { versions, feature, line } if self.fits(versions) => write!(f, "{found:28} feature {feature:16} {line}"),
            Help::Layer { versions, feature, .. } => {
                write!(f, "{found:28} does not fit: the feature {feature} is for {} {versions}", self.library.name)
            }
            Help::Advice(advice) => write!(f, "{found:28} has no layer: {advice}"),
        }
    }
}
