//! A program that has telemetry, and something to say of it: the program `producer`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tests::process::Child;

use crate::Folder;
use crate::backend::{Backend, Protocol};

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(300);

/// A program to be started.
pub(crate) struct Program {
    command: Command,
}

pub(crate) struct Running {
    process: Child,
}

/// What it said at its end.
#[derive(Debug)]
pub(crate) struct End {
    numbers: HashMap<String, u64>,
    pub(crate) stderr: String,
    pub(crate) stdout: String,
}

impl Program {
    /// One that sends to a backend. It ends when nothing waits any more, or, by a net under it, a good while later.
    pub(crate) fn new(backend: &Backend, protocol: Protocol) -> Self {
        Self::through(Command::new(env!("CARGO_BIN_EXE_producer")), backend, protocol)
    }

    /// As `new`, with the disk full once some KiB are written to a file: a write that goes beyond fails, and does not kill.
    pub(crate) fn with_a_full_disk(backend: &Backend, protocol: Protocol) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"trap '' XFSZ; ulimit -f 16; exec "$@""#, "sh", env!("CARGO_BIN_EXE_producer")]);
        Self::through(shell, backend, protocol)
    }

    /// As `new`, with a file for the names of hosts of its own, which says where `backend.test` is. It takes a namespace of the system's, which not
    /// everybody may have.
    pub(crate) fn by_name(hosts: &Path, backend: &Backend, protocol: Protocol) -> Self {
        let mut shell = own_hosts(hosts);
        shell.arg(env!("CARGO_BIN_EXE_producer"));
        let mut program = Self::through(shell, backend, protocol);
        program.set("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://backend.test:{}", backend.port(protocol)));
        program
    }

    fn through(command: Command, backend: &Backend, protocol: Protocol) -> Self {
        let mut program = Self { command };
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("OTEL_")) {
            program.command.env_remove(name);
        }
        let name = if protocol == Protocol::Http { "http/protobuf" } else { "grpc" };
        program.set("OTEL_EXPORTER_OTLP_PROTOCOL", name).set("OTEL_EXPORTER_OTLP_ENDPOINT", backend.endpoint(protocol));
        program.set("OTEL_METRICS_EXPORTER", "none").set("OTEL_LOGS_EXPORTER", "none").argument("drain", 60);
        program
    }

    pub(crate) fn set(&mut self, variable: &str, value: impl AsRef<std::ffi::OsStr>) -> &mut Self {
        self.command.env(variable, value);
        self
    }

    pub(crate) fn argument(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        self.command.arg(format!("{name}={value}"));
        self
    }

    /// Makes so many spans a second, for so long.
    pub(crate) fn at(&mut self, rate: u64, length: Duration) -> &mut Self {
        self.argument("rate", rate).argument("milliseconds", length.as_millis())
    }

    pub(crate) fn start(self) -> Running {
        Running { process: Child::spawn(self.command) }
    }

    pub(crate) fn run(self) -> End {
        self.start().end()
    }
}

/// A command, to be completed, that runs with this file for the names of hosts.
pub(crate) fn own_hosts(hosts: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", r#"mount --bind "$0" /etc/hosts && exec "$@""#]).arg(hosts);
    command
}

impl Running {
    /// Ends it by SIGKILL.
    pub(crate) fn kill(mut self) -> String {
        assert!(self.process.is_running(), "it ended too early: {}", self.process.stderr());
        self.process.kill();
        self.process.stderr()
    }

    /// Waits until it has made its spans, and ends it by SIGKILL.
    pub(crate) fn kill_at_the_end(mut self) -> String {
        self.process.wait_for_line("produced", LONG);
        self.process.kill();
        self.process.stderr()
    }

    pub(crate) fn wait_for(&self, line: &str) -> String {
        self.process.wait_for_line(line, LONG)
    }

    pub(crate) fn end(self) -> End {
        let output = self.process.wait_with_timeout(LONG);
        assert!(output.status.success(), "{}\n{}\n{}", output.status, output.stdout, output.stderr);
        let line = output.stdout.lines().find_map(|line| line.strip_prefix("end ")).expect("it ended in order");
        let numbers = line.split(' ').map(|word| {
            let (name, number) = word.split_once('=').expect("names and values");
            (name.to_owned(), number.parse().expect("values are numbers"))
        });
        End { numbers: numbers.collect(), stderr: output.stderr, stdout: output.stdout }
    }
}

impl End {
    pub(crate) fn get(&self, name: &str) -> u64 {
        self.numbers[name]
    }

    pub(crate) fn produced(&self) -> u64 {
        self.get("produced")
    }

    /// What was dropped, by reason.
    pub(crate) fn dropped(&self) -> Vec<(&'static str, u64)> {
        let reasons = otel_runtime::DropReason::ALL.map(otel_runtime::DropReason::name);
        reasons.into_iter().map(|reason| (reason, self.get(reason))).filter(|(_, dropped)| *dropped > 0).collect()
    }

    pub(crate) fn dropped_in_all(&self) -> u64 {
        self.dropped().iter().map(|(_, dropped)| dropped).sum()
    }

    /// By how many KiB it grew at most.
    pub(crate) fn growth(&self) -> u64 {
        self.get("peak").saturating_sub(self.get("base"))
    }
}

/// How many spans a program that was killed had made.
pub(crate) fn progress(path: &Path) -> u64 {
    let bytes = fs::read(path).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map_or(0, u64::from_le_bytes)
}

impl Program {
    /// Spools to a folder of the case.
    pub(crate) fn spooled(&mut self, folder: &Folder) -> &mut Self {
        self.set("OTEL_RUST_SPOOL_DIR", folder.path("spool"))
    }
}
