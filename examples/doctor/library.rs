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
    /// The versions that fit, the feature of `otel-runtime`, and what is written. Without an optional one, nothing is missing in traces.
    Layer { versions: &'static str, feature: &'static str, line: &'static str, is_optional: bool },
    /// What to do without a layer.
    Advice(&'static str),
}

/// All of them, in the order of the page.
pub(crate) fn libraries() -> Vec<Library> {
    let sections = PAGE.split("\n# ");
    let rows = sections.flat_map(|section| {
        let is_optional = section.lines().next().is_some_and(|heading| heading.ends_with("optional"));
        section.lines().filter_map(move |row| Some((row.strip_prefix("| `")?.strip_suffix(" |")?, is_optional)))
    });
    rows.flat_map(|(row, is_optional)| {
        let columns: Vec<&str> = row.split(" | ").collect();
        let (names, versions, help) = match columns[..] {
            [names, versions, feature, line] => {
                (names, versions, Help::Layer { versions, feature: feature.trim_matches('`'), line, is_optional })
            }
            [names, advice] => (names, "", Help::Advice(advice)),
            _ => return Vec::new(),
        };
        // Crates that stand in one row have a version each.
        let versions = versions.split(", ").chain(std::iter::repeat(versions));
        let libraries = names.trim_end_matches('`').split("`, `").zip(versions).map(|(name, versions)| match help {
            Help::Layer { feature, line, .. } => Library { name, help: Help::Layer { versions, feature, line, is_optional } },
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

/// What has no source in a lock file as well, where it is depended on by its path.
const OURS: [&str; 2] = ["otel-runtime", "otel-macros"];

/// Whether a package is of the workspace.
pub(crate) fn is_member(package: &Package) -> bool {
    package.source.is_none() && !OURS.contains(&package.name.as_str())
}

/// Those of a lock file that members of the workspace depend on themselves: what others use inside is not theirs to put a layer around.
pub(crate) fn find(lock: &Lockfile) -> Vec<Found<'_>> {
    let direct = dependencies(lock, is_member);
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
    /// The feature that is for it, if that is certain, and not for the program to choose.
    pub(crate) fn feature(&self) -> Option<&'static str> {
        match self.library.help {
            Help::Layer { versions, feature, is_optional: false, .. } if self.fits(versions) && !self.is_choice => Some(feature),
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
            Help::Layer { versions, feature, line, is_optional } if self.fits(versions) => {
                let optional = if is_optional { "optional: " } else { "" };
                write!(f, "{found:28} feature {feature:16} {optional}{line}")?;
                if self.is_choice { write!(f, "; one of {OF_DRIVERS}-…, that of your database") } else { Ok(()) }
            }
            Help::Layer { versions, feature, .. } => {
                write!(f, "{found:28} does not fit: the feature {feature} is for {} {versions}", self.library.name)
            }
            Help::Advice(advice) => write!(f, "{found:28} has no layer: {advice}"),
        }
    }
}
