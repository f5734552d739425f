//! What the system says in files: `/proc` of Linux, and folders of open files. Elsewhere there are none, and nothing is known.

use std::fs;
use std::time::Duration;

/// A line of `/proc/self/status`.
pub(super) fn status(key: &str) -> Option<u64> {
    number(&fs::read_to_string("/proc/self/status").ok()?, key)
}

/// The same, of memory, in bytes.
pub(super) fn memory(key: &str) -> Option<u64> {
    // It is in kB, which are 1024 bytes.
    status(key)?.checked_mul(1024)
}

/// A line of `/proc/self/io`, which not every process may read.
pub(super) fn disk(key: &str) -> Option<u64> {
    number(&fs::read_to_string("/proc/self/io").ok()?, key)
}

/// How many files are open.
pub(super) fn open() -> Option<u64> {
    let folder = if cfg!(target_os = "macos") { "/dev/fd" } else { "/proc/self/fd" };
    // One of them is the folder, as long as it is read.
    Some((fs::read_dir(folder).ok()?.count() as u64).saturating_sub(1))
}

/// How long the process has been running.
pub(super) fn uptime() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let system = fs::read_to_string("/proc/uptime").ok()?;
    let system: f64 = system.split(' ').next()?.parse().ok()?;
    Duration::try_from_secs_f64(system - started(&stat)?).ok()
}

/// When it was started, in seconds since the system was.
fn started(stat: &str) -> Option<f64> {
    // Linux counts in hundredths of a second for programs, whatever it does itself.
    const TICKS: f64 = 100.0;
    // The name of the program is in parentheses, and may have some in it.
    let (_, fields) = stat.rsplit_once(") ")?;
    let ticks: f64 = fields.split(' ').nth(19)?.parse().ok()?;
    Some(ticks / TICKS)
}

/// The number behind a key.
fn number(text: &str, key: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(key))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_by_their_keys() {
        let text = "Name:\tVmRSS: 7\nVmRSS:\t    1732 kB\nThreads:\t1\nread_bytes: 0\n";
        assert_eq!((number(text, "VmRSS:"), number(text, "Threads:"), number(text, "read_bytes:")), (Some(1732), Some(1), Some(0)));
        assert_eq!((number(text, "VmSize:"), number(text, "Name:")), (None, None));
    }

    #[test]
    fn a_name_with_parentheses_hides_no_start() {
        let fields = "R 2200 2200 30238 0 -1 4194304 131 0 0 0 0 0 0 0 20 0 1 0 3548968 3133440 413";
        assert_eq!(started(&format!("2207 (ca) R t) {fields}")), Some(35_489.68));
        assert_eq!(started("2207 (cat) R"), None);
    }
}
