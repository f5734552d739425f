//! Lines of OTLP in JSON, one request a line, to the standard output or a file (OpenTelemetry specification, "OpenTelemetry Protocol File Exporter":
//! <https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/>).

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::queue::Parcel;
use super::transport::{Accepted, Attempt, Failure, Prepared, Recode, aside};
use super::{Signal, json};

/// Where lines go; signals may share it.
#[derive(Clone)]
pub(crate) struct Output {
    name: String,
    writer: Arc<Mutex<Writer>>,
}

struct Writer {
    out: Box<dyn Write + Send>,
    /// Whether the last line may have been cut off.
    is_cut: bool,
}

impl Output {
    /// The standard output of the process.
    pub(crate) fn stdout() -> Self {
        Self::new("the standard output".to_owned(), io::stdout())
    }

    /// A file, to whose end is written; it is made if it is not there.
    pub(crate) fn file(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        Ok(Self::new(path.display().to_string(), file))
    }

    fn new(name: String, out: impl Write + Send + 'static) -> Self {
        Self { name, writer: Arc::new(Mutex::new(Writer { out: Box::new(out), is_cut: false })) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes a line in one piece, as far as the operating system lets it.
    fn write(&self, line: &[u8]) -> io::Result<()> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        if writer.is_cut {
            writer.out.write_all(b"\n")?;
        }
        writer.is_cut = true;
        writer.out.write_all(line)?;
        writer.out.flush()?;
        writer.is_cut = false;
        Ok(())
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The way of one signal to an output.
#[derive(Debug)]
pub(crate) struct Lines {
    output: Output,
    recode: Recode,
}

impl Lines {
    pub(super) fn new(signal: Signal, output: Output) -> Result<Self, String> {
        Ok(Self { output, recode: json::recode(signal)? })
    }

    pub(super) fn name(&self) -> &str {
        &self.output.name
    }

    /// A line is no request to anybody, and may be as long as it is.
    pub(super) async fn prepare(&self, request: Parcel) -> Result<Vec<Prepared>, Failure> {
        let recode = self.recode;
        let lines = aside(move || recode(request, usize::MAX)).await?.map_err(Failure::is_final)?;
        let line = |Parcel { body, items }| {
            let mut line = Vec::from(body);
            line.push(b'\n');
            Prepared { length: line.len(), body: line.into(), encoding: None, items }
        };
        Ok(lines.into_iter().map(line).collect())
    }

    /// Whoever reads the other end may not read, and a disk may be full: it is tried again like everything else.
    pub(super) async fn send(&self, prepared: Prepared) -> Attempt {
        let output = self.output.clone();
        let written = aside(move || output.write(&prepared.body)).await;
        let written = written.and_then(|written| written.map_err(|error| Failure::retryable(error.to_string())));
        Attempt::local(written.map(|()| Accepted::default()))
    }
}
