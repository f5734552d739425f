//! Python packages that tests need, in virtual environments below the target
//! folder, where they stay from one run to the next.

use std::{
    env,
    ffi::OsStr,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// Installs packages, unless an earlier test has, and returns what `find` finds
/// in their environment, which is nothing as long as they are not installed. It
/// has the name of the first.
///
/// # Errors
///
/// If there is no Python, a package is missing, or there is nothing to be found.
pub fn with<T>(packages: &[&str], find: impl Fn(&Path) -> Option<T>) -> Result<T, String> {
    let target = target_folder()?;
    let package = packages.first().copied().unwrap_or("empty");
    let folder = target.join(format!("{package}-venv"));
    // Test binaries run at the same time; the first installs, the others wait.
    // The lock goes with the file.
    let lock = File::create(target.join(format!("{package}-venv.lock")))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| format!("cannot lock {}: {error}", folder.display()))?;
    if let Some(found) = find(&folder) {
        return Ok(found);
    }
    run("python3", ["-m".as_ref(), "venv".as_ref(), folder.as_os_str()])?;
    run(python(&folder), ["-m", "pip", "install", "--retries", "1"].iter().chain(packages))?;
    let found = find(&folder);
    drop(lock);
    found.ok_or_else(|| format!("{} has nothing that runs", folder.display()))
}

/// The interpreter of an environment.
#[must_use]
pub fn python(folder: &Path) -> PathBuf {
    folder.join("bin/python3")
}

/// Cargo's target folder, which it marks as a cache. Found from the running
/// test, because a library does not get to know it otherwise.
fn target_folder() -> Result<PathBuf, String> {
    let test = env::current_exe().map_err(|error| format!("no path of this test: {error}"))?;
    let folder = test
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .ok_or_else(|| format!("{} is in no target folder", test.display()))?;
    Ok(folder.to_owned())
}

fn run(program: impl AsRef<OsStr>, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> Result<(), String> {
    let mut command = Command::new(program);
    let output = command.args(arguments).stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?}: {}\n{said}", output.status))
}
