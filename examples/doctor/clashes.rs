//! Versions of `opentelemetry` that are in one program, and do not hear of each other.

use std::collections::BTreeMap;
use std::fmt;

use cargo_lock::{Lockfile, Version};
use semver::VersionReq;

/// The version that `otel-runtime` speaks.
const OURS: &str = "0.33";

/// The crates whose types or globals must be the same for everybody.
const SHARED: [&str; 2] = ["opentelemetry", "opentelemetry_sdk"];

/// Another version than ours, and who brings it.
pub(crate) struct Clash {
    name: &'static str,
    version: Version,
    dependents: Vec<String>,
}

pub(crate) fn find(lock: &Lockfile) -> Vec<Clash> {
    let ours = VersionReq::parse(OURS).unwrap_or_default();
    let mut clashes: BTreeMap<(&'static str, Version), Vec<String>> = BTreeMap::new();
    for package in &lock.packages {
        if let Some(name) = SHARED.into_iter().find(|name| package.name.as_str() == *name && !ours.matches(&package.version)) {
            clashes.entry((name, package.version.clone())).or_default();
        }
    }
    for package in &lock.packages {
        for dependency in &package.dependencies {
            for ((name, version), dependents) in &mut clashes {
                if dependency.name.as_str() == *name && dependency.version == *version {
                    dependents.push(format!("{} {}", package.name, package.version));
                }
            }
        }
    }
    clashes.into_iter().map(|((name, version), dependents)| Clash { name, version, dependents }).collect()
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, version, dependents } = self;
        write!(
            f,
            "{name} {version} beside {OURS}: what {} does with it is not seen by otel-runtime, and the other way round; ",
            dependents.join(", ")
        )?;
        f.write_str("update them, or the version that you name yourself")
    }
}
