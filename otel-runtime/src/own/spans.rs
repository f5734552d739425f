//! How many spans were started.

use opentelemetry_sdk::trace::SamplingDecision;

use super::tally::Tally;

/// Spans that were started, those that record nothing too, by their parent and by what the sampler decided.
#[derive(Debug, Default)]
pub(crate) struct Started(Tally<{ Origin::ALL.len() * Decision::ALL.len() }>);

/// `otel.span.parent.origin`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    None,
    Local,
    Remote,
}

/// `otel.span.sampling_result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Drop,
    RecordOnly,
    RecordAndSample,
}

impl Started {
    #[inline]
    pub(crate) fn count(&self, origin: Origin, decision: Decision) {
        self.0.count(Self::index(origin, decision));
    }

    /// All that there were any of.
    pub(crate) fn totals(&self) -> impl Iterator<Item = (Origin, Decision, u64)> {
        let pairs = Origin::ALL.into_iter().flat_map(|origin| Decision::ALL.map(|decision| (origin, decision)));
        pairs.map(|(origin, decision)| (origin, decision, self.0.total(Self::index(origin, decision)))).filter(|(.., spans)| *spans > 0)
    }

    const fn index(origin: Origin, decision: Decision) -> usize {
        origin as usize * Decision::ALL.len() + decision as usize
    }
}

impl Origin {
    const ALL: [Self; 3] = [Self::None, Self::Local, Self::Remote];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Local => "local",
            Self::Remote => "remote",
        }
    }
}

impl Decision {
    const ALL: [Self; 3] = [Self::Drop, Self::RecordOnly, Self::RecordAndSample];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Drop => "DROP",
            Self::RecordOnly => "RECORD_ONLY",
            Self::RecordAndSample => "RECORD_AND_SAMPLE",
        }
    }
}

impl From<&SamplingDecision> for Decision {
    fn from(decision: &SamplingDecision) -> Self {
        match decision {
            SamplingDecision::Drop => Self::Drop,
            SamplingDecision::RecordOnly => Self::RecordOnly,
            SamplingDecision::RecordAndSample => Self::RecordAndSample,
        }
    }
}
