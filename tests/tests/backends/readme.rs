//! The blocks of the README's "Send it somewhere", which the tests run.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tests::fetched;

/// How long it may take to fetch a backend, and to build it beside others.
const LIMIT: Duration = Duration::from_secs(2400);

/// The file that says which lines were run in a folder.
const MARK: &str = "fetched-by";

/// The lines of the block of one backend.
pub(crate) struct Block {
    /// What fetches it.
    fetch: String,
    /// What starts it.
    serve: String,
    /// What makes a program send to it.
    variables: Vec<(String, String)>,
}

/// The block below the heading of this name: lines that fetch, one with `&` at its end that serves, maybe one that waits for it, and one that runs a
/// program with variables.
pub(crate) fn block(backend: &str) -> Block {
    let (_, section) = include_str!("../../../README.md").split_once("\n## Send it somewhere\n").expect("the README has this section");
    let (_, text) = section.split_once(&format!("\n### {backend}\n")).expect("it has this backend");
    let (_, text) = text.split_once("```sh\n").expect("it has a block");
    let (lines, _) = text.split_once("```").expect("it ends");
    let (before, run) = lines.split_once(" &\n").expect("a line serves");
    let (fetch, serve) = before.rsplit_once('\n').unwrap_or(("", before));
    let variable = |word: &str| word.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let variables = run.lines().last().expect("a line runs a program").split_whitespace().map_while(variable).collect();
    Block { fetch: fetch.to_owned(), serve: serve.to_owned(), variables }
}

impl Block {
    /// Runs the lines that fetch, in a folder that has the project's examples where the project itself has them.
    pub(crate) fn fetch(&self, folder: &Path) -> Result<(), String> {
        let prepare = || {
            fs::remove_dir_all(folder)?;
            fs::create_dir_all(folder.join("target"))?;
            symlink(examples(), folder.join("examples"))
        };
        prepare().map_err(|error| format!("{}: {error}", folder.display()))?;
        fetched::run_lines(&self.fetch, folder, LIMIT)?;
        fs::write(folder.join(MARK), &self.fetch).map_err(|error| format!("{}: {error}", folder.display()))
    }

    /// The program in a folder where these very lines were run to their end: the first word that serves after
    /// variables, or what follows `java -jar`.
    pub(crate) fn find(&self, folder: &Path) -> Option<PathBuf> {
        let fetched = fs::read_to_string(folder.join(MARK)).is_ok_and(|lines| lines == self.fetch);
        let program = self.serve.split_whitespace().find(|word| !word.contains('=') && !matches!(*word, "java" | "-jar"))?;
        Some(folder.join(program)).filter(|path| fetched && path.is_file())
    }

    /// The command that serves, in the folder in which it was fetched, with other words in the place of some.
    pub(crate) fn serve(&self, folder: &Path, instead: &[(&str, &str)]) -> Command {
        let mut command = Command::new("sh");
        let line = instead.iter().fold(self.serve.clone(), |line, (old, new)| {
            assert!(line.contains(old), "the README has another line now: {line}");
            line.replace(old, new)
        });
        command.args(["-c", &format!("exec env {line}")]).current_dir(folder);
        command
    }

    /// The version of Go's module that the lines name.
    pub(crate) fn version(&self) -> &str {
        self.fetch.split_once('@').and_then(|(_, version)| version.split_whitespace().next()).unwrap_or_default()
    }

    /// The variables, and more of them.
    pub(crate) fn variables(&self, more: &[(&str, &str)]) -> Vec<(String, String)> {
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.variables.iter().cloned().chain(more).collect()
    }
}

/// The project's examples.
pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("examples")
}
