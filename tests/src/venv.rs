//! Python packages that tests need, in virtual environments below the target folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::fetched;

/// How long an installation may take.
const LIMIT: Duration = Duration::from_secs(600);

/// Installs packages, unless an earlier test has, and returns what `find` finds
/// in their environment, which is nothing as long as they are not installed. It
/// has the name of the first.
///
/// # Errors
///
/// If there is no Python, a package is missing, or there is nothing to be found.
pub fn with<T>(packages: &[&str], find: impl Fn(&Path) -> Option<T>) -> Result<T, String> {
    let name = packages.first().copied().unwrap_or("empty");
    fetched::folder_with(&format!("{name}-venv"), find, |folder| {
        fetched::run(Command::new("python3").args(["-m", "venv"]).arg(folder), LIMIT)?;
        fetched::run(Command::new(python(folder)).args(["-m", "pip", "install", "--retries", "1"]).args(packages), LIMIT)
    })
}

/// The interpreter of an environment.
#[must_use]
pub fn python(folder: &Path) -> PathBuf {
    folder.join("bin/python3")
}
