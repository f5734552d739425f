//! [`View`]: what of an instrument is exported, and how.

use std::error::Error;
use std::fmt;

use opentelemetry::InstrumentationScope;
use opentelemetry_sdk::metrics::{Aggregation, InstrumentKind, Stream};

use super::pattern::Pattern;

/// Says of some instruments what is exported of them, and how (OpenTelemetry specification, Metrics SDK, "View":
/// <https://opentelemetry.io/docs/specs/otel/metrics/sdk/#view>): for [`Builder::view`](crate::Builder::view).
///
/// ```
/// use otel_runtime::View;
/// use otel_runtime::opentelemetry_sdk::metrics::{Aggregation, InstrumentKind};
///
/// let bounds = Aggregation::ExplicitBucketHistogram { boundaries: vec![0.1, 1.0, 10.0], record_min_max: false };
/// let telemetry = otel_runtime::builder()
///     .environment(|_| None)
///     .view(View::of("shop.order.duration").name("shop.orders.taken").aggregation(bounds))
///     .view(View::of("shop.*").kind(InstrumentKind::Counter).attributes(["payment.method"]).cardinality_limit(100))
///     .view(View::of("debug.*").aggregation(Aggregation::Drop))
///     .build()?;
/// # drop(telemetry);
/// # Ok::<(), otel_runtime::InitError>(())
/// ```
///
/// Which instruments it is of: all that it says must fit. In names of instruments `*` stands for any number of characters and `?` for one, and
/// capitals are as good as small letters. An instrument that fits several views gives a stream of metrics for each of them; one that fits none is
/// exported as if there were no views.
///
/// What cannot be is an error where telemetry is set up, and for [`check`](Self::check) before. What turns out later, because an instrument is of a
/// kind that cannot be aggregated so, or because two views give one instrument two streams of one name, is said once, and the view does not hold for
/// that instrument. At the shutdown, those that no instrument fitted are told at `OTEL_LOG_LEVEL=debug`.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a view does nothing until it is given to `Builder::view`"]
pub struct View {
    pub(crate) instruments: Pattern,
    pub(crate) kind: Option<InstrumentKind>,
    pub(crate) unit: Option<String>,
    pub(crate) meter_name: Option<String>,
    pub(crate) meter_version: Option<String>,
    pub(crate) meter_schema_url: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) aggregation: Option<Aggregation>,
    pub(crate) keys: Keys,
    pub(crate) cardinality_limit: Option<usize>,
}

/// Which attributes a stream has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    /// All of them, if nothing is said.
    pub(crate) included: Option<Vec<Pattern>>,
    pub(crate) excluded: Vec<Pattern>,
}

impl Keys {
    /// Whether there is nothing that they keep out.
    pub(super) fn are_all(&self) -> bool {
        self.included.is_none() && self.excluded.is_empty()
    }

    pub(super) fn has(&self, key: &str) -> bool {
        let is_among = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(key));
        self.included.as_deref().is_none_or(is_among) && !is_among(&self.excluded)
    }
}

/// What a view is asked about: an instrument that is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Made<'a> {
    pub(super) name: &'a str,
    pub(super) kind: InstrumentKind,
    pub(super) unit: &'a str,
    pub(super) description: &'a str,
    pub(super) scope: &'a InstrumentationScope,
}

impl View {
    /// How many sets of attributes there may be: the SDK reserves room for all of them at once.
    pub(crate) const MAX_CARDINALITY: usize = 1_000_000;

    /// Of the instruments with this name, in which `*` and `?` are wildcards: `*` is all of them.
    pub fn of(instruments: impl Into<String>) -> Self {
        Self {
            instruments: Pattern::new(instruments),
            kind: None,
            unit: None,
            meter_name: None,
            meter_version: None,
            meter_schema_url: None,
            name: None,
            description: None,
            aggregation: None,
            keys: Keys::default(),
            cardinality_limit: None,
        }
    }

    /// Only of instruments of this kind.
    pub fn kind(self, kind: InstrumentKind) -> Self {
        Self { kind: Some(kind), ..self }
    }

    /// Only of instruments with this unit.
    pub fn unit(self, unit: impl Into<String>) -> Self {
        Self { unit: Some(unit.into()), ..self }
    }

    /// Only of instruments of the meter with this name: of annotations, the name of the crate.
    pub fn meter_name(self, name: impl Into<String>) -> Self {
        Self { meter_name: Some(name.into()), ..self }
    }

    /// Only of instruments of a meter of this version.
    pub fn meter_version(self, version: impl Into<String>) -> Self {
        Self { meter_version: Some(version.into()), ..self }
    }

    /// Only of instruments of a meter with this URL of a schema.
    pub fn meter_schema_url(self, schema_url: impl Into<String>) -> Self {
        Self { meter_schema_url: Some(schema_url.into()), ..self }
    }

    /// What the metric is called instead. It need not be a name that an instrument may have. Only for a view of one name: several instruments that
    /// are called the same cannot be told apart.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// How the metric is described instead.
    pub fn description(self, description: impl Into<String>) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    /// How measurements become points; [`Aggregation::Drop`] exports none. A sum is for all kinds but gauges, the last value for gauges alone, a
    /// histogram for every kind.
    pub fn aggregation(self, aggregation: Aggregation) -> Self {
        Self { aggregation: Some(aggregation), ..self }
    }

    /// The attributes that are exported, by their keys, in which `*` and `?` are wildcards; measurements that differ in others alone are one
    /// point. Without it all are; an empty list is none.
    pub fn attributes<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys.included = Some(keys.into_iter().map(Pattern::new).collect());
        self
    }

    /// Attributes that are not exported, by their keys, as for [`attributes`](Self::attributes), of which it takes these away.
    pub fn except_attributes<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys.excluded = keys.into_iter().map(Pattern::new).collect();
        self
    }

    /// How many sets of attributes the metric may have, 2000 where nothing is said; what is measured with any other is counted in one point with
    /// the attribute `otel.metric.overflow`. The sets that functions and layers had stay, also where deltas are exported.
    pub fn cardinality_limit(self, limit: usize) -> Self {
        Self { cardinality_limit: Some(limit), ..self }
    }

    /// Whether it can be: what setting up telemetry checks too.
    ///
    /// ```
    /// use otel_runtime::View;
    ///
    /// assert!(View::of("shop.orders").name("orders").check().is_ok());
    /// let error = View::of("shop.*").name("orders").check().unwrap_err();
    /// assert_eq!(error.to_string(), "the view of `shop.*` cannot give the name `orders` to more than one metric; name one instrument");
    /// ```
    ///
    /// # Errors
    ///
    /// If it is of no name, gives several instruments one name or an empty one, has bounds that do not rise or are no finite numbers, has limits
    /// that are out of range, or aggregates as instruments of its kind cannot be.
    pub fn check(&self) -> Result<(), ViewError> {
        let error = |problem: String| Err(ViewError { view: self.instruments.as_str().to_owned(), problem });
        if self.instruments.as_str().is_empty() {
            return error("has no instruments; name one, or write `*` for all".to_owned());
        }
        match self.name.as_deref() {
            Some("") => return error("gives an empty name to a metric; leave it out to keep the instrument's".to_owned()),
            Some(name) if self.instruments.is_wild() => {
                return error(format!("cannot give the name `{name}` to more than one metric; name one instrument"));
            }
            _ => {}
        }
        if self.cardinality_limit.is_some_and(|limit| !(1..=Self::MAX_CARDINALITY).contains(&limit)) {
            return error(format!("has a limit that is not from 1 to {} sets of attributes", Self::MAX_CARDINALITY));
        }
        match &self.aggregation {
            Some(Aggregation::ExplicitBucketHistogram { boundaries, .. }) => {
                if let Some(bound) = boundaries.iter().find(|bound| !bound.is_finite()) {
                    return error(format!("has the bound `{bound}`; bounds of buckets are finite numbers"));
                }
                if let Some([before, bound]) = boundaries.windows(2).find(|pair| pair[0] >= pair[1]) {
                    return error(format!("has the bound `{bound}` after `{before}`; bounds of buckets rise"));
                }
            }
            Some(Aggregation::Base2ExponentialHistogram { max_size, max_scale, .. }) => {
                if !(2..=MAX_SIZE).contains(max_size) {
                    return error(format!("has a histogram with at most {max_size} buckets; `max_size` is from 2 to {MAX_SIZE}"));
                }
                if !(-10..=20).contains(max_scale) {
                    return error(format!("has a histogram of the scale {max_scale} at most; `max_scale` is from -10 to 20"));
                }
            }
            _ => {}
        }
        match self.kind {
            Some(kind) if !self.can_aggregate(kind) => error(self.misfit(kind)),
            _ => Ok(()),
        }
    }

    pub(super) fn fits(&self, made: &Made<'_>) -> bool {
        let is = |wanted: &Option<String>, there: Option<&str>| wanted.as_deref().is_none_or(|wanted| there == Some(wanted));
        self.kind.is_none_or(|kind| kind == made.kind)
            && self.instruments.matches_in_any_case(made.name)
            && is(&self.unit, Some(made.unit))
            && is(&self.meter_name, Some(made.scope.name()))
            && is(&self.meter_version, made.scope.version())
            && is(&self.meter_schema_url, made.scope.schema_url())
    }

    pub(super) fn can_aggregate(&self, kind: InstrumentKind) -> bool {
        let is_gauge = matches!(kind, InstrumentKind::Gauge | InstrumentKind::ObservableGauge);
        match self.aggregation {
            Some(Aggregation::Sum) => !is_gauge,
            Some(Aggregation::LastValue) => is_gauge,
            _ => true,
        }
    }

    /// Why it cannot aggregate instruments of a kind.
    pub(super) fn misfit(&self, kind: InstrumentKind) -> String {
        match self.aggregation {
            Some(Aggregation::LastValue) => format!("asks for the last value of a {kind:?}, and only gauges have one"),
            _ => format!("asks for the sum of a {kind:?}, and gauges have none"),
        }
    }

    /// Whether nothing is exported.
    pub(super) fn drops(&self) -> bool {
        self.aggregation == Some(Aggregation::Drop)
    }

    /// What makes a stream the same as another, of the same instrument.
    pub(super) fn identity<'a>(&'a self, made: &Made<'a>) -> (String, &'a str) {
        let name = self.name.as_deref().unwrap_or(made.name).to_ascii_lowercase();
        (name, self.description.as_deref().unwrap_or(made.description))
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What it selects, to tell it apart from others.
    pub(super) fn instruments(&self) -> &str {
        self.instruments.as_str()
    }

    /// What the SDK makes of an instrument, which aggregates as `default` says, with so many sets of attributes, where nothing else is said.
    pub(super) fn stream(&self, default: Option<Aggregation>, limit: Option<usize>) -> Option<Stream> {
        let mut stream = Stream::builder();
        if let Some(name) = &self.name {
            stream = stream.with_name(name.clone());
        }
        if let Some(description) = &self.description {
            stream = stream.with_description(description.clone());
        }
        if let Some(aggregation) = self.aggregation.clone().filter(|aggregation| *aggregation != Aggregation::Default).or(default) {
            stream = stream.with_aggregation(aggregation);
        }
        if let Some(limit) = self.cardinality_limit.or(limit) {
            stream = stream.with_cardinality_limit(limit);
        }
        stream.build().ok()
    }
}

/// Far beyond the 160 that are usual.
const MAX_SIZE: u32 = 16_384;

/// Why a [`View`] cannot be. Its `Debug` is its `Display`, because that is what `main` prints of an error.
#[derive(Clone, PartialEq, Eq)]
pub struct ViewError {
    view: String,
    problem: String,
}

impl fmt::Display for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the view of `{}` {}", self.view, self.problem)
    }
}

impl fmt::Debug for ViewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ViewError {}
