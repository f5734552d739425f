//! Tools that nobody here wrote, fetched from public registries into Cargo's target folder, where they stay from one run to the next.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use crate::process::Child;

/// How often a command is asked whether it has ended.
const POLL: Duration = Duration::from_millis(20);

/// A tool that is fetched when a test first asks for it.
pub struct Tool {
    name: &'static str,
    find: fn(&Path) -> Option<PathBuf>,
    fetch: fn(&Path) -> Result<(), String>,
    folder: OnceLock<Option<PathBuf>>,
}

impl Tool {
    /// A tool with a folder of this name. `find` looks for what runs in it, `fetch` puts it there.
    #[must_use]
    pub const fn new(name: &'static str, find: fn(&Path) -> Option<PathBuf>, fetch: fn(&Path) -> Result<(), String>) -> Self {
        Self { name, find, fetch, folder: OnceLock::new() }
    }

    /// Where it is, fetched if it has to be. If it cannot be had, says once why, and is nothing, for the test to skip itself.
    pub fn folder(&self) -> Option<&Path> {
        let found = |folder: &Path| (self.find)(folder).map(|_| folder.to_owned());
        let get = || folder_with(self.name, found, self.fetch).inspect_err(|why| crate::skipped(format_args!("no {}: {why}", self.name)));
        self.folder.get_or_init(|| get().ok()).as_deref()
    }
}

/// Returns what `find` finds in the folder of this name below the target folder, after `fetch` if that is nothing.
///
/// # Errors
///
/// If it cannot be fetched, or there is still nothing to be found.
pub fn folder_with<T>(name: &str, find: impl Fn(&Path) -> Option<T>, fetch: impl FnOnce(&Path) -> Result<(), String>) -> Result<T, String> {
    let target = target_folder()?;
    let folder = target.join(name);
    // Test binaries run at the same time; the first fetches, the others wait. The lock goes with the file.
    let lock = File::create(target.join(format!("{name}.lock")))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| format!("cannot lock {}: {error}", folder.display()))?;
    if let Some(found) = find(&folder) {
        return Ok(found);
    }
    fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    fetch(&folder)?;
    let found = find(&folder);
    drop(lock);
    found.ok_or_else(|| format!("{} has nothing that runs", folder.display()))
}

/// Runs a command to its end, with no input. One that takes longer than the limit is ended, with all that it has started.
///
/// # Errors
///
/// If it cannot be started, fails or takes too long, with what it said.
pub fn run(command: &mut Command, limit: Duration) -> Result<(), String> {
    let shown = format!("{command:?}");
    // A group of its own, so that it can be ended with its children.
    let mut child = Child::try_spawn(command.process_group(0)).map_err(|error| format!("{shown}: {error}"))?;
    let deadline = Instant::now() + limit;
    while child.is_running() {
        if Instant::now() > deadline {
            let group = format!("-{}", child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            return Err(format!("{shown}: not done within {limit:?}"));
        }
        thread::sleep(POLL);
    }
    let output = child.wait_with_timeout(limit);
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{shown}: {}\n{}{}", output.status, output.stdout, output.stderr))
}

/// Runs lines of a shell in a folder, and ends at the first that fails.
///
/// # Errors
///
/// As [`run`].
pub fn run_lines(lines: &str, folder: &Path, limit: Duration) -> Result<(), String> {
    run(Command::new("sh").args(["-euc".as_ref(), OsStr::new(lines)]).current_dir(folder), limit)
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

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn it_is_fetched_once_and_found_afterwards() {
        let name = format!("fetched-{}", std::process::id());
        let find = |folder: &Path| Some(folder.join("tool")).filter(|tool| tool.is_file());
        let fetch = |folder: &Path| run_lines("echo one >> log\ncp log tool", folder, LONG);
        let first = folder_with(&name, find, fetch).expect("it is fetched");
        let again = folder_with(&name, find, |_| Err("again".to_owned())).expect("it is there");
        let content = fs::read_to_string(&again).expect("it is a file");
        let folder = first.parent().expect("it is in a folder");
        fs::remove_dir_all(folder).and_then(|()| fs::remove_file(folder.with_extension("lock"))).expect("they can be removed");
        assert_eq!((first, content.as_str()), (again, "one\n"));
    }

    #[test]
    fn what_fails_or_hangs_is_told() {
        let folder = env::temp_dir();
        let failed = run_lines("echo no such thing >&2\nfalse\necho never", &folder, LONG).expect_err("it fails");
        assert!(failed.contains("no such thing") && !failed.ends_with("never\n"), "{failed}");
        let missing = run(&mut Command::new("/no/such/program"), LONG).expect_err("it is not there");
        assert!(missing.contains("/no/such/program"), "{missing}");
        let hung = run_lines("sleep 600 & wait", &folder, Duration::from_millis(50)).expect_err("it hangs");
        assert!(hung.contains("not done within 50ms"), "{hung}");
    }
}
