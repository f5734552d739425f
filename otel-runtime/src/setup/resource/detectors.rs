//! What a program can find out about where it runs, by the names of the semantic conventions: from small local files and from variables, without a
//! question to anybody else, so that it takes no time to speak of and cannot fail. What is not certain is left out: a wrong resource is worse
//! than a small one. So are the arguments of the process, in which there are secrets.

mod container;
mod host;
mod instance;
mod kubernetes;
mod lambda;
mod process;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use opentelemetry::KeyValue;

use self::container::Container;

pub(super) const ARE_BUILT: bool = true;

/// Everything there is to know about where this process runs.
pub(super) fn detect(variable: &dyn Fn(&str) -> Option<String>) -> Vec<KeyValue> {
    let mut attributes = System { variable, file: &read }.detect();
    attributes.extend(process::attributes());
    attributes.push(instance::attribute());
    attributes
}

/// What is looked at.
struct System<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    /// What a file has, if there is one.
    file: &'a dyn Fn(&str) -> Option<String>,
}

impl System<'_> {
    fn detect(&self) -> Vec<KeyValue> {
        let mounts = self.file("/proc/self/mountinfo").unwrap_or_default();
        let container = Container::find(self, &mounts);
        let mut attributes = host::attributes(self, &container);
        attributes.extend(kubernetes::attributes(self, &mounts));
        attributes.extend(container.attribute());
        attributes.extend(lambda::attributes(self));
        attributes
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.variable)(name)
    }

    fn file(&self, path: &str) -> Option<String> {
        (self.file)(path)
    }

    /// Whether Kubernetes started this; every container of it has the variable.
    fn is_in_kubernetes(&self) -> bool {
        self.variable("KUBERNETES_SERVICE_HOST").is_some()
    }
}

/// No file that is looked at has more than that, unless a system has thousands of mounts.
const MAX_LENGTH: u64 = 1024 * 1024;

/// The text of a file. Anything else than a file, which reading might wait for, is not there.
fn read(path: &str) -> Option<String> {
    let path = Path::new(path);
    let is_file = path.metadata().is_ok_and(|metadata| metadata.is_file());
    let file = is_file.then(|| File::open(path).ok()).flatten()?;
    let mut bytes = Vec::new();
    file.take(MAX_LENGTH).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The paths that are mounted, each with where: the fourth and the fifth field of a line of `mountinfo`.
fn mounted(mounts: &str) -> impl Iterator<Item = (&str, &str)> {
    mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(3);
        Some((fields.next()?, fields.next()?))
    })
}

#[cfg(test)]
mod tests;
