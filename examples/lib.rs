//! Programs that show `otel-runtime` at work. Each runs with no network and shows its spans: `cargo run -p examples --example shop`. Those that need no
//! other library are in `basics`; here is what those have in common that are several processes.

use std::env;
use std::error::Error;
use std::io;
use std::process::Stdio;
use std::time::Duration;

use otel_runtime::{Builder, InitError, Telemetry};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The variable that has a service listen on any port that is free, and end with whoever started it.
const DRIVEN: &str = "EXAMPLES_DRIVEN";

/// How long a service may take to start or to end: a net under one that hangs.
const LONG: Duration = Duration::from_secs(30);

/// A service in a process of its own.
#[derive(Debug)]
pub struct Running {
    name: &'static str,
    process: Child,
    /// As long as it is open, the service runs.
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts this program again, as the service of that name.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub fn start<'a>(name: &'static str, variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args(["serve", name]).envs(variables).env(DRIVEN, "true").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let output = output.ok_or_else(|| io::Error::other("it has no output"))?;
        Ok(Self { name, process, input, output: BufReader::new(output).lines() })
    }

    /// The next line that it prints.
    ///
    /// # Errors
    ///
    /// If there is none, or none for long.
    pub async fn next_line(&mut self) -> Result<String, Box<dyn Error>> {
        let line = timeout(LONG, self.output.next_line()).await??;
        line.ok_or_else(|| format!("{} has ended", self.name).into())
    }

    /// Lets it end, and returns what else it has printed.
    ///
    /// # Errors
    ///
    /// If it fails, or does not end for long.
    pub async fn end(mut self) -> Result<Vec<String>, Box<dyn Error>> {
        drop(self.input.take());
        let mut lines = Vec::new();
        while let Some(line) = timeout(LONG, self.output.next_line()).await?? {
            lines.push(format!("{:8}{line}", self.name));
        }
        let status = timeout(LONG, self.process.wait()).await??;
        if status.success() { Ok(lines) } else { Err(format!("{} ended with {status}", self.name).into()) }
    }
}

/// Whether this service was started by another process of the example.
#[must_use]
pub fn is_driven() -> bool {
    env::var_os(DRIVEN).is_some()
}

/// Waits for the end: a service that is driven ends when its input does, which is when whoever started it lets it go; another one when it is
/// interrupted.
pub async fn ended() {
    if is_driven() {
        let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
    } else {
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Telemetry to the backend that the environment names; otherwise to the terminal, and metrics to whoever asks for them.
///
/// # Errors
///
/// Those of `init`.
pub fn telemetry(builder: Builder) -> Result<Telemetry, InitError> {
    let builder = builder.fallback("OTEL_BSP_SCHEDULE_DELAY", "500");
    if env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        return builder.init();
    }
    builder
        .fallback("OTEL_TRACES_EXPORTER", "console")
        .fallback("OTEL_METRICS_EXPORTER", "prometheus")
        .fallback("OTEL_EXPORTER_PROMETHEUS_PORT", "0")
        .fallback("OTEL_LOGS_EXPORTER", "none")
        .init()
}
