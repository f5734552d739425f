//! [`Sampler`]: the vocabulary of samplers, and what each decides.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use opentelemetry::trace::{Link, SpanContext, SpanKind, SpanRef, TraceContextExt, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use super::known::Known;
use super::parent::Parent;
use super::rate::{self, Rate};
use super::state;
use super::threshold::{Randomness, Threshold};

/// Decides which spans are recorded: for [`Builder::sampler`](crate::Builder::sampler), where `OTEL_TRACES_SAMPLER` does not say enough.
///
/// ```
/// use otel_runtime::Sampler;
///
/// // One trace in ten; what a caller sampled is sampled, and of what it did not, one in a hundred all the same.
/// let sampler = Sampler::ratio(0.1)?.parent_based().remote_parent_not_sampled(Sampler::ratio(0.01)?);
/// let telemetry = otel_runtime::builder().environment(|_| None).sampler(sampler).build()?;
/// # drop(telemetry);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Its `Display` is the description that the specification gives a sampler ("`GetDescription`":
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#getdescription>).
///
/// ```
/// use otel_runtime::Sampler;
///
/// assert_eq!(Sampler::always_on().to_string(), "AlwaysOnSampler");
/// assert_eq!(Sampler::ratio(0.0001)?.to_string(), "TraceIdRatioBased{0.000100}");
/// # Ok::<(), otel_runtime::SamplerError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sampler(Kind);

#[derive(Clone, Debug)]
enum Kind {
    AlwaysOn,
    AlwaysOff,
    Ratio { ratio: f64, threshold: Threshold },
    RateLimited(Arc<Rate>),
    ParentBased(Box<ParentBased>),
    Custom(Box<dyn ShouldSample>),
}

/// A [`Sampler`] for each case of a span's parent (OpenTelemetry specification, "ParentBased":
/// <https://opentelemetry.io/docs/specs/otel/trace/sdk/#parentbased>): from [`Sampler::parent_based`]. What is not said is as there: the decision
/// of the parent is followed.
///
/// ```
/// use otel_runtime::Sampler;
///
/// // What callers say of sampling is not believed.
/// let own = || Sampler::rate_limited(100.0);
/// let sampler = own()?.parent_based().remote_parent_sampled(own()?).remote_parent_not_sampled(own()?);
/// # drop(sampler);
/// # Ok::<(), otel_runtime::SamplerError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ParentBased {
    /// By [`Parent`].
    samplers: [Sampler; Parent::ALL.len()],
}

impl Sampler {
    /// Every span: `always_on`.
    #[must_use]
    pub const fn always_on() -> Self {
        Self(Kind::AlwaysOn)
    }

    /// No span: `always_off`.
    #[must_use]
    pub const fn always_off() -> Self {
        Self(Kind::AlwaysOff)
    }

    /// This part of all traces, from 0 to 1, by the id of the trace: `traceidratio`. It decides the same of all spans of a trace, and whatever is
    /// sampled at one ratio is sampled at every higher one.
    ///
    /// The decision is that of the specification's consistent probability sampling: the right-most 56 bits of the trace's id, or `rv` in the
    /// tracestate's entry `ot`, against a threshold, which is written there as `th`, so that a backend can tell how many traces a sampled one
    /// stands for. Every service that decides by the same rule agrees, in whatever language, and so does the collector's probabilistic sampler in
    /// its modes `proportional` and `equalizing`. SDKs that do not know the rule yet decide by other bits of the id, and disagree: between such
    /// services a ratio belongs to where traces begin, with [`parent_based`](Self::parent_based) samplers everywhere, which agree with all.
    ///
    /// A ratio is rounded to four significant hexadecimal digits, as the specification recommends: to 1 part in 65536 or better.
    ///
    /// Specification: <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>.
    ///
    /// ```
    /// use otel_runtime::Sampler;
    ///
    /// assert_eq!(Sampler::ratio(1.5).unwrap_err().to_string(), "`1.5` is not a ratio from 0 to 1");
    /// ```
    ///
    /// # Errors
    ///
    /// If it is not a number from 0 to 1.
    pub fn ratio(ratio: f64) -> Result<Self, SamplerError> {
        let threshold = Threshold::of_ratio(ratio).ok_or(SamplerError(Problem::Ratio(ratio)))?;
        // Minus zero has a sign in descriptions.
        Ok(Self(Kind::Ratio { ratio: ratio.abs(), threshold }))
    }

    /// At most so many traces in a second, from 0.001 to 1000000, as they come: `rate_limited`. After a pause, those of a second at once.
    ///
    /// It decides where a trace comes into this process, without looking at what a remote caller decided; local children follow, so that no trace
    /// is torn inside of a process. With [`parent_based`](Self::parent_based) a remote caller's decision is followed too. No other service can know
    /// the decision in advance, and it says nothing of how many traces a sampled one stands for.
    ///
    /// Clones share the limit.
    ///
    /// # Errors
    ///
    /// If it is not a number from 0.001 to 1000000.
    pub fn rate_limited(per_second: f64) -> Result<Self, SamplerError> {
        let rate = Rate::new(per_second).ok_or(SamplerError(Problem::Rate(per_second)))?;
        Ok(Self(Kind::RateLimited(Arc::new(rate))))
    }

    /// A sampler of your own. It sees the attributes that a span starts with, and is asked at every span: also below one that was not sampled,
    /// unless it stands in a [`ParentBased`] for other cases only.
    ///
    /// ```
    /// use otel_runtime::Sampler;
    /// use otel_runtime::opentelemetry_sdk::trace::Sampler as SdkSampler;
    ///
    /// let sampler = Sampler::custom(SdkSampler::TraceIdRatioBased(0.5)).parent_based();
    /// # drop(sampler);
    /// ```
    #[must_use]
    pub fn custom(sampler: impl ShouldSample + 'static) -> Self {
        Self(Kind::Custom(Box::new(sampler)))
    }

    /// This sampler where there is no parent, and the parent's decision where there is one: `parentbased_…`.
    #[must_use]
    pub fn parent_based(self) -> ParentBased {
        ParentBased { samplers: [self, Self::always_on(), Self::always_off(), Self::always_on(), Self::always_off()] }
    }

    /// What is known of its decision about a span with such a parent.
    pub(crate) fn known(&self, parent: Parent) -> Known {
        match &self.0 {
            Kind::AlwaysOn => Known::Sampled,
            Kind::AlwaysOff => Known::Dropped,
            Kind::Ratio { .. } | Kind::RateLimited(_) => Known::Nothing,
            Kind::Custom(_) => Known::Looks,
            Kind::ParentBased(based) => based.samplers[parent as usize].known(parent),
        }
    }

    /// Whether a span with such a parent is never sampled, and that is known without asking.
    pub(super) fn rules_out(&self, parent: Parent) -> bool {
        match &self.0 {
            Kind::AlwaysOn | Kind::Custom(_) => false,
            Kind::AlwaysOff => true,
            Kind::Ratio { threshold, .. } => *threshold == Threshold::NEVER,
            Kind::RateLimited(_) => parent == Parent::LocalNotSampled,
            Kind::ParentBased(based) => based.samplers[parent as usize].rules_out(parent),
        }
    }

    /// Decides, unless it is a sampler of the user's.
    fn decide(&self, parent: &SpanContext, trace: TraceId, follows: bool) -> SamplingResult {
        let state = parent.trace_state();
        match &self.0 {
            Kind::AlwaysOn => sampled(if follows { consistent(state, trace) } else { certain(state) }),
            Kind::Ratio { threshold, .. } if follows => threshold.decide_again(state, trace),
            Kind::Ratio { threshold, .. } => threshold.decide_in(state, trace),
            Kind::RateLimited(rate) => match Parent::of(parent) {
                Parent::LocalSampled => sampled(consistent(state, trace)),
                // With what probability is not known.
                case if case != Parent::LocalNotSampled && rate.take() => sampled(state::without_threshold(state)),
                _ => dropped(state),
            },
            Kind::AlwaysOff | Kind::ParentBased(_) | Kind::Custom(_) => dropped(state),
        }
    }
}

impl ParentBased {
    /// What decides where the parent is in another process, and sampled; by default [`Sampler::always_on`].
    #[must_use]
    pub fn remote_parent_sampled(self, sampler: impl Into<Sampler>) -> Self {
        self.with(Parent::RemoteSampled, sampler.into())
    }

    /// What decides where the parent is in another process, and not sampled; by default [`Sampler::always_off`].
    #[must_use]
    pub fn remote_parent_not_sampled(self, sampler: impl Into<Sampler>) -> Self {
        self.with(Parent::RemoteNotSampled, sampler.into())
    }

    /// What decides where the parent is in this process, and sampled; by default [`Sampler::always_on`].
    #[must_use]
    pub fn local_parent_sampled(self, sampler: impl Into<Sampler>) -> Self {
        self.with(Parent::LocalSampled, sampler.into())
    }

    /// What decides where the parent is in this process, and not sampled; by default [`Sampler::always_off`], with which no span is built there.
    #[must_use]
    pub fn local_parent_not_sampled(self, sampler: impl Into<Sampler>) -> Self {
        self.with(Parent::LocalNotSampled, sampler.into())
    }

    fn with(mut self, parent: Parent, sampler: Sampler) -> Self {
        self.samplers[parent as usize] = sampler;
        self
    }
}

impl From<ParentBased> for Sampler {
    fn from(based: ParentBased) -> Self {
        Self(Kind::ParentBased(Box::new(based)))
    }
}

impl ShouldSample for Sampler {
    fn should_sample(
        &self,
        parent_context: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let span = parent_context.map(TraceContextExt::span);
        let parent = span.as_ref().map(SpanRef::span_context).filter(|context| context.is_valid()).unwrap_or(&SpanContext::NONE);
        let case = parent_context.map_or(Parent::None, Parent::in_context);
        let (mut sampler, mut follows) = (self, false);
        while let Kind::ParentBased(based) = &sampler.0 {
            sampler = &based.samplers[case as usize];
            follows = matches!(case, Parent::RemoteSampled | Parent::LocalSampled);
        }
        match &sampler.0 {
            Kind::Custom(custom) => custom.should_sample(parent_context, trace_id, name, kind, attributes, links),
            _ => sampler.decide(parent, trace_id, follows),
        }
    }
}

impl Threshold {
    /// The decision about a root.
    pub(crate) fn decide(self, trace: TraceId) -> SamplingResult {
        self.decide_in(&TraceState::NONE, trace)
    }

    fn decide_in(self, state: &TraceState, trace: TraceId) -> SamplingResult {
        if self.keeps(randomness(state, trace)) { sampled(state::with_threshold(state, self)) } else { dropped(state) }
    }

    /// The decision about what was sampled before, so that the higher threshold of the two is the one that was applied.
    fn decide_again(self, state: &TraceState, trace: TraceId) -> SamplingResult {
        let randomness = randomness(state, trace);
        match state::threshold(state).filter(|applied| applied.keeps(randomness)) {
            _ if !self.keeps(randomness) => dropped(state),
            Some(applied) => sampled(state::with_threshold(state, applied.max(self))),
            None => sampled(state::without_threshold(state)),
        }
    }
}

fn randomness(state: &TraceState, trace: TraceId) -> Randomness {
    state::randomness(state).unwrap_or_else(|| Randomness::of(trace))
}

/// The state for a span that is sampled because its parent is: with the parent's threshold, unless that cannot be true.
fn consistent(state: &TraceState, trace: TraceId) -> TraceState {
    let contradicts = state::threshold(state).is_some_and(|threshold| !threshold.keeps(randomness(state, trace)));
    if contradicts { state::without_threshold(state) } else { state.clone() }
}

/// The state for a span that is sampled in any case. A threshold that others wrote would be wrong of it; where there is none, all spans are spared
/// the entry, whose absence says no more than that nothing is known.
fn certain(state: &TraceState) -> TraceState {
    if state::has_threshold(state) { state::with_threshold(state, Threshold::from_bits(0)) } else { state.clone() }
}

fn sampled(trace_state: TraceState) -> SamplingResult {
    SamplingResult { decision: SamplingDecision::RecordAndSample, attributes: Vec::new(), trace_state }
}

fn dropped(state: &TraceState) -> SamplingResult {
    SamplingResult { decision: SamplingDecision::Drop, attributes: Vec::new(), trace_state: state.clone() }
}

/// Of a [`ParentBased`], with the samplers of all cases.
impl fmt::Display for Sampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::AlwaysOn => f.write_str("AlwaysOnSampler"),
            Kind::AlwaysOff => f.write_str("AlwaysOffSampler"),
            Kind::Ratio { ratio, .. } => write!(f, "TraceIdRatioBased{{{}}}", decimal(*ratio)),
            Kind::RateLimited(rate) => write!(f, "RateLimited{{{}}}", rate.per_second()),
            Kind::Custom(custom) => write!(f, "{custom:?}"),
            Kind::ParentBased(based) => {
                let [root, remote_sampled, remote_not_sampled, local_sampled, local_not_sampled] = &based.samplers;
                write!(
                    f,
                    "ParentBased{{root:{root},remoteParentSampled:{remote_sampled},remoteParentNotSampled:{remote_not_sampled},\
                     localParentSampled:{local_sampled},localParentNotSampled:{local_not_sampled}}}"
                )
            }
        }
    }
}

/// With six decimals, or with as many as tell it from every other number.
fn decimal(number: f64) -> String {
    let (shortest, fixed) = (number.to_string(), format!("{number:.6}"));
    if shortest.len() > fixed.len() { shortest } else { fixed }
}

/// A number that a sampler cannot be made of.
#[derive(Clone, Debug, PartialEq)]
pub struct SamplerError(Problem);

#[derive(Clone, Debug, PartialEq)]
enum Problem {
    Ratio(f64),
    Rate(f64),
}

impl fmt::Display for SamplerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Problem::Ratio(ratio) => write!(f, "`{ratio}` is not a ratio from 0 to 1"),
            Problem::Rate(rate) => {
                write!(f, "`{rate}` is not a number of traces per second from {} to {}", rate::RANGE.start(), rate::RANGE.end())
            }
        }
    }
}

impl Error for SamplerError {}

#[cfg(test)]
mod tests;
