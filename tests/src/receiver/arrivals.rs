//! The spans that arrived, as a file of lines: a receiver that is killed has written there what it acknowledged.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::{common::v1::any_value::Value, trace::v1::Span};

use super::record::Body;

/// What the payload of a span of the program `producer` is made of.
pub const LETTER: u8 = b'x';

/// A span of the program `producer` that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrived and when it ended, in microseconds since 1970.
    pub arrived: u64,
    pub ended: u64,
    pub trace_id: u128,
    pub span_id: u64,
    /// Of which process it is, and its number there.
    pub run: i64,
    pub sequence: i64,
    /// The length of its payload; `None` if that is not what was put in.
    pub payload: Option<usize>,
}

impl Arrival {
    fn of(span: &Span, arrived: u64) -> Self {
        let value = |key: &str| {
            let attribute = span.attributes.iter().find(|attribute| attribute.key == key)?;
            attribute.value.as_ref()?.value.as_ref()
        };
        let number = |key: &str| match value(key) {
            Some(Value::IntValue(number)) => *number,
            _ => -1,
        };
        let payload = match value("tests.payload") {
            Some(Value::StringValue(payload)) => payload.bytes().all(|letter| letter == LETTER).then_some(payload.len()),
            _ => None,
        };
        Self {
            arrived,
            ended: span.end_time_unix_nano / 1000,
            trace_id: u128::from_be_bytes(span.trace_id.as_slice().try_into().unwrap_or_default()),
            span_id: u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap_or_default()),
            run: number("tests.run"),
            sequence: number("tests.sequence"),
            payload,
        }
    }

    fn write(&self, lines: &mut String) {
        let Self { arrived, ended, trace_id, span_id, run, sequence, payload } = self;
        let payload = payload.map_or(-1, |payload| i64::try_from(payload).unwrap_or(-1));
        let _ = writeln!(lines, "{arrived} {ended} {trace_id:032x} {span_id:016x} {run} {sequence} {payload} {END}");
    }

    /// `None` for a line that was cut off: what it was for was not acknowledged.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut next = || words.next();
        let arrival = Self {
            arrived: next()?.parse().ok()?,
            ended: next()?.parse().ok()?,
            trace_id: u128::from_str_radix(next()?, 16).ok()?,
            span_id: u64::from_str_radix(next()?, 16).ok()?,
            run: next()?.parse().ok()?,
            sequence: next()?.parse().ok()?,
            payload: next()?.parse::<i64>().ok().map(|payload| usize::try_from(payload).ok())?,
        };
        (next() == Some(END)).then_some(arrival)
    }
}

/// The last word of each line that is whole.
const END: &str = ".";

/// The file, open for more.
pub struct Arrivals(File);

impl Arrivals {
    /// Opens the file, which is made if it is not there.
    pub(super) fn append(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().append(true).create(true).open(path)?;
        // The last line may have been cut off.
        file.write_all(b"\n")?;
        Ok(Self(file))
    }

    /// Writes the spans of a request, at once.
    pub(super) fn write(&self, body: &Body) {
        let Body::Traces(traces) = body else { return };
        let arrived = u64::try_from(now().as_micros()).unwrap_or(u64::MAX);
        let scopes = traces.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
        let mut lines = String::new();
        scopes.flat_map(|scope| &scope.spans).for_each(|span| Arrival::of(span, arrived).write(&mut lines));
        (&self.0).write_all(lines.as_bytes()).expect("the record of arrivals can be written to");
    }

    /// What arrived by now.
    #[must_use]
    pub fn read(path: &Path) -> Vec<Arrival> {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().filter_map(Arrival::read).collect()
    }
}

fn now() -> std::time::Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
