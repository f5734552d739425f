//! What is delivered, and which way.

/// One of the three kinds of telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Traces,
    Metrics,
    Logs,
}

impl Signal {
    /// As in the path of a URL: `traces`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }

    /// What is counted, in words: `1 span`, `2 log records`.
    pub(crate) fn count(self, items: u64) -> String {
        let plural = if items == 1 { "" } else { "s" };
        format!("{items} {}{plural}", self.item())
    }

    fn item(self) -> &'static str {
        match self {
            Self::Traces => "span",
            Self::Metrics => "data point",
            Self::Logs => "log record",
        }
    }
}

/// One way out of the program: a signal, and who takes it. Each has a lane of the queue, and an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) signal: Signal,
    taker: Taker,
    /// Of several who take the same in the same way.
    number: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taker {
    /// A backend that takes OTLP.
    Otlp,
    /// The standard output, which takes lines of OTLP in JSON.
    Stdout,
    /// A file, which takes the same.
    File,
    Zipkin,
}

impl Route {
    /// How many may take the same in the same way.
    pub(crate) const MAX: usize = 3;

    pub(crate) const COUNT: usize = Self::FIRST.len() * Self::MAX;

    /// Those that there are where each has but one who takes it.
    const FIRST: [Self; 10] = {
        use Signal::{Logs, Metrics, Traces};

        [
            Self::otlp(Traces),
            Self::otlp(Metrics),
            Self::otlp(Logs),
            Self::stdout(Traces),
            Self::stdout(Metrics),
            Self::stdout(Logs),
            Self::file(Traces),
            Self::file(Metrics),
            Self::file(Logs),
            Self::ZIPKIN,
        ]
    };

    pub(crate) const ALL: [Self; Self::COUNT] = {
        let mut all = [Self::ZIPKIN; Self::COUNT];
        let mut index = 0;
        while index < Self::COUNT {
            all[index] = Self { number: index / Self::FIRST.len(), ..Self::FIRST[index % Self::FIRST.len()] };
            index += 1;
        }
        all
    };

    pub(crate) const ZIPKIN: Self = Self::first(Signal::Traces, Taker::Zipkin);

    #[cfg(test)]
    pub(crate) const TRACES: Self = Self::otlp(Signal::Traces);
    #[cfg(test)]
    pub(crate) const METRICS: Self = Self::otlp(Signal::Metrics);
    #[cfg(test)]
    pub(crate) const LOGS: Self = Self::otlp(Signal::Logs);

    const fn first(signal: Signal, taker: Taker) -> Self {
        Self { signal, taker, number: 0 }
    }

    /// The same way to another who takes it, if there can be one more.
    pub(crate) fn next(self) -> Option<Self> {
        let number = self.number + 1;
        (number < Self::MAX).then_some(Self { number, ..self })
    }

    pub(crate) const fn otlp(signal: Signal) -> Self {
        Self::first(signal, Taker::Otlp)
    }

    pub(crate) const fn stdout(signal: Signal) -> Self {
        Self::first(signal, Taker::Stdout)
    }

    pub(crate) const fn file(signal: Signal) -> Self {
        Self::first(signal, Taker::File)
    }

    /// The place in [`ALL`](Self::ALL), which is also what the spool knows it by.
    pub(crate) const fn index(self) -> usize {
        self.number * Self::FIRST.len() + self.taker as usize * 3 + self.signal as usize
    }

    /// Whether several requests may be under way: lines come one after the other.
    pub(crate) fn is_concurrent(self) -> bool {
        matches!(self.taker, Taker::Otlp | Taker::Zipkin)
    }

    /// Whether what waits is kept in the spool: who takes it can be away for long, which this machine's own files are not.
    pub(crate) fn is_spooled(self) -> bool {
        matches!(self.taker, Taker::Otlp | Taker::Zipkin)
    }

    /// As in the name of a file of the spool: `traces`, `traces1` of the second who takes them.
    pub(crate) fn key(self) -> String {
        let name = if self.taker == Taker::Zipkin { "zipkin" } else { self.name() };
        if self.number == 0 { name.to_owned() } else { format!("{name}{}", self.number) }
    }

    /// As in the path of a URL: `traces`.
    pub(crate) fn name(self) -> &'static str {
        self.signal.name()
    }

    /// What is counted, in words: `1 span`, `2 log records`.
    pub(crate) fn count(self, items: u64) -> String {
        self.signal.count(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_in_its_place() {
        for (index, route) in Route::ALL.into_iter().enumerate() {
            assert_eq!(route.index(), index);
        }
    }
}
