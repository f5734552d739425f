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

/// The library whose drivers, each of which has a feature, all stand in a lock file, whichever are built.
const OF_DRIVERS: &str = "sqlx";

/// A library that was found.
#[derive(Debug)]
pub(crate) struct Found<'a> {
    library: Library,
    package: &'a Package,
    /// It is one of several drivers, of which the lock file does not say which are built.
    is_choice: bool,
}

/// Those of a lock file that members of the workspace depend on themselves: what others use inside is not theirs to put a layer around.
pub(crate) fn find(lock: &Lockfile) -> Vec<Found<'_>> {
    let direct = dependencies(lock, |package| package.source.is_none());
    let of_drivers = |package: &Package| package.name.as_str() == OF_DRIVERS && direct.contains(&package);
    let drivers: Vec<&Package> = dependencies(lock, of_drivers)
        .into_iter()
        .filter(|package| libraries().iter().any(|library| library.is(package)) && !direct.contains(package))
        .filter(|package| package.name.as_str().starts_with(OF_DRIVERS))
        .collect();
    let found = |library: Library| {
        let direct = direct.iter().map(|package| (package, false));
        let packages = direct.chain(drivers.iter().map(|package| (package, drivers.len() > 1)));
        let packages = packages.filter(|(package, _)| library.is(package));
        packages.map(|(package, is_choice)| Found { library, package, is_choice }).collect::<Vec<_>>()
    };
    libraries().into_iter().flat_map(found).collect()
}

/// What packages like this depend on.
fn dependencies(lock: &Lockfile, of: impl Fn(&Package) -> bool) -> Vec<&Package> {
    let dependents: Vec<&Package> = lock.packages.iter().filter(|package| of(package)).collect();
    let depends = |package: &&Package| dependents.iter().flat_map(|dependent| &dependent.dependencies).any(|one| one.matches(package));
    lock.packages.iter().filter(depends).collect()
}

impl Library {
    fn is(self, package: &Package) -> bool {
        package.name.as_str() == self.name
    }
}

impl Found<'_> {
    /// The feature that is for it, if that is certain.
    pub(crate) fn feature(&self) -> Option<&'static str> {
        match self.library.help {
            Help::Layer { versions, feature, .. } if self.fits(versions) && !self.is_choice => Some(feature),
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
            Help::Layer { versions, feature, line } if self.fits(versions) => {
                write!(f, "{found:28} feature {feature:16} {line}")?;
                if self.is_choice { write!(f, "; one of {OF_DRIVERS}-…, that of your database") } else { Ok(()) }
            }
            Help::Layer { versions, feature, .. } => {
                write!(f, "{found:28} does not fit: the feature {feature} is for {} {versions}", self.library.name)
            }
            Help::Advice(advice) => write!(f, "{found:28} has no layer: {advice}"),
        }
    }
}
