//! What arrived, as a file of lines: a receiver that is killed has written there what it acknowledged.

use std::{
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::{NumberDataPoint, metric::Data, number_data_point},
    trace::v1::Span,
};

use super::record::{Body, Signal};

/// What the payload of a span of the program `producer` is made of.
pub const LETTER: u8 = b'x';

/// A span, a log record or a data point of the program `producer` that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    pub signal: Signal,
    /// When it arrived and when it ended, in microseconds since 1970.
    pub arrived: u64,
    pub ended: u64,
    pub trace_id: u128,
    pub span_id: u64,
    /// Of which process it is, and its number there; of a data point, its value.
    pub run: i64,
    pub sequence: i64,
    /// The length of its payload; `None` if that is not what was put in.
    pub payload: Option<usize>,
}

impl Arrival {
    fn of(signal: Signal, attributes: &[KeyValue], ended: u64, arrived: u64) -> Self {
        let value = |key: &str| {
            let attribute = attributes.iter().find(|attribute| attribute.key == key)?;
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
        let (run, sequence) = (number("tests.run"), number("tests.sequence"));
        Self { signal, arrived, ended: ended / 1000, trace_id: 0, span_id: 0, run, sequence, payload }
    }

    fn of_span(span: &Span, arrived: u64) -> Self {
        Self {
            trace_id: u128::from_be_bytes(span.trace_id.as_slice().try_into().unwrap_or_default()),
            span_id: u64::from_be_bytes(span.span_id.as_slice().try_into().unwrap_or_default()),
            ..Self::of(Signal::Traces, &span.attributes, span.end_time_unix_nano, arrived)
        }
    }

    fn of_record(record: &LogRecord, arrived: u64) -> Self {
        Self::of(Signal::Logs, &record.attributes, record.observed_time_unix_nano, arrived)
    }

    fn of_point(point: &NumberDataPoint, arrived: u64) -> Self {
        let sequence = match point.value {
            Some(number_data_point::Value::AsInt(value)) => value,
            _ => -1,
        };
        Self { sequence, ..Self::of(Signal::Metrics, &point.attributes, point.time_unix_nano, arrived) }
    }

    fn write(&self, lines: &mut String) {
        let Self { signal, arrived, ended, trace_id, span_id, run, sequence, payload } = self;
        let payload = payload.map_or(-1, |payload| i64::try_from(payload).unwrap_or(-1));
        let _ = writeln!(lines, "{signal:?} {arrived} {ended} {trace_id:032x} {span_id:016x} {run} {sequence} {payload} {END}");
    }

    /// `None` for a line that was cut off: what it was for was not acknowledged.
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let mut next = || words.next();
        let arrival = Self {
            signal: match next()? {
                "Traces" => Signal::Traces,
                "Metrics" => Signal::Metrics,
                "Logs" => Signal::Logs,
                _ => return None,
            },
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

    /// Writes what is in a request, at once.
    pub(super) fn write(&self, body: &Body) {
        let arrived = u64::try_from(now().as_micros()).unwrap_or(u64::MAX);
        let mut lines = String::new();
        match body {
            Body::Traces(traces) => {
                let scopes = traces.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
                scopes.flat_map(|scope| &scope.spans).for_each(|span| Arrival::of_span(span, arrived).write(&mut lines));
            }
            Body::Logs(logs) => {
                let scopes = logs.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
                scopes.flat_map(|scope| &scope.log_records).for_each(|record| Arrival::of_record(record, arrived).write(&mut lines));
            }
            Body::Metrics(metrics) => {
                let scopes = metrics.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
                let sums = scopes.flat_map(|scope| &scope.metrics).filter_map(|metric| match &metric.data {
                    Some(Data::Sum(sum)) => Some(&sum.data_points),
                    _ => None,
                });
                sums.flatten().for_each(|point| Arrival::of_point(point, arrived).write(&mut lines));
            }
        }
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
