//! Rotel, an OpenTelemetry agent that nobody here wrote: it shows that what
//! the framework sends is understood elsewhere.
//!
//! It comes as an executable inside the Python package `rotel` and prints each
//! span, metric and log record it receives, in this form:
//!
//! ```text
//! Span #0
//!     Name           : GET /users
//!     Kind           : SPAN_KIND_SERVER
//! Attributes:
//!      -> http.request.method: Str(GET)
//! ```

use std::{
    env, fs, io,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use crate::process::Child;
use crate::venv;

/// The environment variable that may name the executable.
const VARIABLE: &str = "ROTEL_BINARY";

/// How long it may take to open its ports, of which it needs milliseconds.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How often its ports are tried while it starts.
const POLL: Duration = Duration::from_millis(10);

/// How often it is started on other ports, after another process has taken
/// those that were free a moment before.
const ATTEMPTS: usize = 3;

/// A running agent, killed on drop.
pub struct Rotel {
    process: Child,
    http: SocketAddr,
    grpc: SocketAddr,
}

impl Rotel {
    /// Starts the agent and returns once both its ports accept connections.
    ///
    /// Takes the executable that `ROTEL_BINARY` names, or one on the `PATH`, or
    /// installs the package with `pip` below the target folder. If all of that
    /// fails, prints why and returns nothing, for the test to skip itself.
    #[must_use]
    pub fn start() -> Option<Self> {
        static BINARY: OnceLock<Option<PathBuf>> = OnceLock::new();
        let binary = BINARY.get_or_init(find).as_deref()?;
        for _ in 0..ATTEMPTS {
            match Self::launch(binary) {
                Ok(rotel) => return Some(rotel),
                Err(reason) => crate::skipped(format_args!("rotel does not start: {reason}")),
            }
        }
        None
    }

    /// The base address for OTLP/HTTP.
    #[must_use]
    pub fn http_endpoint(&self) -> String {
        format!("http://{}", self.http)
    }

    /// The address for OTLP/gRPC.
    #[must_use]
    pub fn grpc_endpoint(&self) -> String {
        format!("http://{}", self.grpc)
    }

    /// All it has printed so far.
    #[must_use]
    pub fn output(&self) -> String {
        self.process.stdout() + &self.process.stderr()
    }

    /// Waits for a printed line, as [`Child::wait_for_line`]: the agent prints
    /// some time after it has answered.
    ///
    /// # Panics
    ///
    /// If no such line comes within `timeout`.
    #[allow(clippy::must_use_candidate, reason = "many tests only wait")]
    #[track_caller]
    pub fn wait_for_line(&self, part: &str, timeout: Duration) -> String {
        self.process.wait_for_line(part, timeout)
    }

    fn launch(binary: &Path) -> Result<Self, String> {
        let (http, grpc) = free_addresses().map_err(|error| format!("no free port: {error}"))?;
        let mut rotel = Self { process: Child::spawn(command(binary, http, grpc)), http, grpc };
        let deadline = Instant::now() + START_LIMIT;
        while TcpStream::connect(http).is_err() || TcpStream::connect(grpc).is_err() {
            if !rotel.process.is_running() || Instant::now() > deadline {
                rotel.process.kill();
                return Err(rotel.output());
            }
            thread::sleep(POLL);
        }
        Ok(rotel)
    }
}

/// The command line that prints all that arrives and passes nothing on.
fn command(binary: &Path, http: SocketAddr, grpc: SocketAddr) -> Command {
    let mut command = Command::new(binary);
    command.args(["start", "--exporter", "blackhole"]);
    command.args(["--otlp-http-endpoint", &http.to_string()]);
    command.args(["--otlp-grpc-endpoint", &grpc.to_string()]);
    for signal in ["traces", "metrics", "logs"] {
        command.args(["--debug-log", signal]);
    }
    command.args(["--debug-log-verbosity", "detailed"]);
    command
}

/// Two addresses that were free a moment ago; both are held until both are
/// known, so that they differ.
fn free_addresses() -> io::Result<(SocketAddr, SocketAddr)> {
    let http = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let grpc = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok((http.local_addr()?, grpc.local_addr()?))
}

/// The executable, from the first place that has one that works.
fn find() -> Option<PathBuf> {
    let named = env::var_os(VARIABLE).map(PathBuf::from);
    if let Some(named) = named {
        if works(&named) {
            return Some(named);
        }
        crate::skipped(format_args!("{VARIABLE} names {}, which does not run", named.display()));
    }
    // Names without a folder are looked up on the PATH when they are run.
    let on_path = ["rotel-agent", "rotel"].map(PathBuf::from);
    if let Some(found) = on_path.into_iter().find(|name| works(name)) {
        return Some(found);
    }
    venv::with(&["rotel"], installed).inspect_err(|reason| crate::skipped(format_args!("rotel cannot be had: {reason}"))).ok()
}

/// Whether this is the agent, and one that runs on this machine.
fn works(binary: &Path) -> bool {
    Command::new(binary)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success() && output.stdout.starts_with(b"rotel "))
}

/// The executable within a virtual environment. The package brings it as a
/// plain file and puts no command into `bin`.
fn installed(folder: &Path) -> Option<PathBuf> {
    fs::read_dir(folder.join("lib"))
        .ok()?
        .flatten()
        .map(|python| python.path().join("site-packages/rotel/rotel-agent"))
        .find(|binary| works(binary))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receiver::client;

    const LONG: Duration = Duration::from_secs(20);

    #[tokio::test]
    #[ignore = "installs a collector from PyPI"]
    async fn it_prints_what_it_receives_over_both_protocols() {
        let Some(rotel) = Rotel::start() else {
            return;
        };
        let traces = client::traces(&["over http"]);
        let answer = client::post_traces(&rotel.http_endpoint(), &traces).await;
        assert_eq!(answer.expect("it answers").status, 200);
        let traces = client::traces(&["over grpc"]);
        let answer = client::call_traces(&rotel.grpc_endpoint(), traces).await;
        answer.expect("it accepts");

        rotel.wait_for_line("Name           : over http", LONG);
        rotel.wait_for_line("Name           : over grpc", LONG);
        rotel.wait_for_line("-> service.name: Str(", LONG);
        let output = rotel.output();
        println!("{output}");

        let ports = [rotel.http, rotel.grpc];
        drop(rotel);
        for port in ports {
            assert!(TcpStream::connect(port).is_err());
        }
    }
}
