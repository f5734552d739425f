//! Consistent probability sampling: the randomness of a trace, and the threshold below which a sampler rejects it (OpenTelemetry specification,
//! "`TraceState`: Probability Sampling": <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>).
//!
//! Both are numbers of 56 bits. Every participant that compares the same randomness with its threshold agrees with every other one: what is kept
//! at a low ratio is kept at every higher one.

use std::fmt;

use opentelemetry::trace::TraceId;

/// The digits of a number of 56 bits.
const DIGITS: usize = 14;

/// How many numbers of 56 bits there are.
const ALL: u64 = 1 << 56;

/// The digits to which a threshold is rounded, besides leading `f`s: what the specification recommends, so that tracestate stays short.
const PRECISION: usize = 4;

/// A trace is rejected if its randomness is less. Between 0, where none is, and 2^56, where all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Threshold(u64);

/// What is random of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Randomness(u64);

impl Threshold {
    /// Rejects everything. This is no probability, so it stands in no tracestate.
    pub(crate) const NEVER: Self = Self(ALL);

    /// The threshold that keeps this part of all traces: `None` outside of 0 to 1.
    pub(crate) fn of_ratio(ratio: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&ratio) {
            return None;
        }
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "from 0 to 2^56")]
        let kept = (ratio * ALL as f64).round() as u64;
        if kept == 0 {
            return Some(Self::NEVER);
        }
        // Of a small ratio the threshold begins with `f`s, which say how small it is; the digits after them are those that count.
        let leading = (kept.leading_zeros() as usize).saturating_sub(8) / 4;
        let unit = 1_u64 << (4 * (DIGITS - DIGITS.min(PRECISION + leading)));
        Some(Self((ALL - kept + unit / 2) / unit * unit))
    }

    /// The part of all traces that it keeps.
    pub(crate) fn ratio(self) -> f64 {
        #[allow(clippy::cast_precision_loss, reason = "as few digits count as fit")]
        let kept = (ALL - self.0) as f64;
        #[allow(clippy::cast_precision_loss, reason = "a power of two")]
        let all = ALL as f64;
        kept / all
    }

    /// The bits, to be kept in an atomic.
    pub(crate) const fn bits(self) -> u64 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u64) -> Self {
        Self(if bits > ALL { ALL } else { bits })
    }

    /// Reads a value of `th`: 1 to 14 digits, of which zeros at the end were left out.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = hexadecimal(text).filter(|_| text.len() <= DIGITS)?;
        Some(Self(digits << (4 * (DIGITS - text.len()))))
    }

    pub(crate) fn keeps(self, randomness: Randomness) -> bool {
        randomness.0 >= self.0
    }
}

/// The value of `th`.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = format!("{:014x}", self.0);
        let significant = digits.trim_end_matches('0');
        f.write_str(if significant.is_empty() { "0" } else { significant })
    }
}

impl Randomness {
    /// The right-most 7 bytes, which W3C Trace Context Level 2 asks to be random, and which those of this crate's own traces are.
    pub(crate) fn of(trace: TraceId) -> Self {
        let number = u128::from_be_bytes(trace.to_bytes());
        #[allow(clippy::cast_possible_truncation, reason = "the right-most bytes are asked for")]
        let right = number as u64;
        Self(right % ALL)
    }

    /// Reads a value of `rv`: exactly 14 digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        hexadecimal(text).filter(|_| text.len() == DIGITS).map(Self)
    }
}

/// Digits of the specification are in lower case, and have no sign.
fn hexadecimal(text: &str) -> Option<u64> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
    if !text.is_empty() && text.len() <= DIGITS && text.bytes().all(is_digit) { u64::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator of test data that is the same at every run (`SplitMix64`).
    pub(crate) struct Numbers(pub(crate) u64);

    impl Iterator for Numbers {
        type Item = u64;

        fn next(&mut self) -> Option<u64> {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = self.0;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            Some(mixed ^ (mixed >> 31))
        }
    }

    fn of(ratio: f64) -> Threshold {
        Threshold::of_ratio(ratio).expect("it is a ratio")
    }

    #[test]
    fn thresholds_are_those_of_the_specification_s_table() {
        let table = [
            (1.0, "0"),
            (2.0, "8"),
            (3.0, "aaab"),
            (4.0, "c"),
            (5.0, "cccd"),
            (8.0, "e"),
            (10.0, "e666"),
            (16.0, "f"),
            (100.0, "fd70a"),
            (1000.0, "ffbe77"),
            (10_000.0, "fff9724"),
            (100_000.0, "ffff583a"),
            (1_000_000.0, "ffffef39"),
        ];
        for (one_in, expected) in table {
            assert_eq!(of(1.0 / one_in).to_string(), expected, "1 in {one_in}");
        }
    }

    #[test]
    fn the_ends_of_the_range() {
        for nothing in [0.0, -0.0, 2_f64.powi(-58), f64::MIN_POSITIVE] {
            assert_eq!(of(nothing), Threshold::NEVER, "{nothing}");
        }
        assert_eq!(of(2_f64.powi(-56)).to_string(), "ffffffffffffff");
        assert_eq!(of(1.0 - f64::EPSILON).to_string(), "0");
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 1.000_001] {
            assert_eq!(Threshold::of_ratio(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for number in Numbers(1).take(10_000) {
            // Of all lengths, and with zeros at the end.
            let threshold = Threshold((number >> 8) >> (number % 56) << (number % 13));
            let Threshold(bits) = threshold;
            if bits < ALL {
                assert_eq!(Threshold::parse(&threshold.to_string()), Some(threshold), "{threshold}");
            }
            assert_eq!(Threshold::from_bits(threshold.bits()).bits(), bits.min(ALL));
        }
    }

    #[test]
    fn only_what_the_specification_allows_is_read() {
        for bad in ["", "+1", "-1", "0x1", "g", "A", " 1", "1 ", "123456789abcdef", "é"] {
            assert_eq!(Threshold::parse(bad), None, "{bad}");
            assert_eq!(Randomness::parse(bad), None, "{bad}");
        }
        assert_eq!(Threshold::parse("8"), Some(Threshold(ALL / 2)));
        assert_eq!(Randomness::parse("8"), None, "the digits of `rv` are all there");
        assert_eq!(Randomness::parse("0000000000000f"), Some(Randomness(15)));
    }

    #[test]
    fn the_randomness_of_a_trace_is_its_right_most_seven_bytes() {
        assert_eq!(Randomness::of(TraceId::from(u128::MAX << 56)), Randomness(0));
        assert_eq!(Randomness::of(TraceId::from(u128::MAX >> 72)), Randomness(ALL - 1));
    }

    #[test]
    fn what_is_kept_at_a_ratio_is_kept_at_every_higher_one() {
        #[allow(clippy::cast_precision_loss, reason = "any ratio does")]
        let ratios = Numbers(2).map(|number| (number >> 11) as f64 / (1_u64 << 53) as f64);
        // Small ones have another precision.
        let mut ratios: Vec<f64> = ratios.take(2000).enumerate().map(|(i, ratio)| ratio / f64::from(1 << (i % 30))).collect();
        ratios.sort_by(f64::total_cmp);
        assert!(ratios.windows(2).all(|pair| of(pair[0]) >= of(pair[1])), "a higher ratio has no higher threshold");
    }

    #[test]
    fn as_many_are_kept_as_the_ratio_says() {
        const TRACES: u32 = 200_000;
        for ratio in [0.5, 0.1, 0.01, 0.001] {
            let threshold = of(ratio);
            let traces = Numbers(3).map(|number| Randomness::of(TraceId::from(u128::from(number)))).take(TRACES as usize);
            let kept = traces.filter(|randomness| threshold.keeps(*randomness)).count();
            let expected = f64::from(TRACES) * ratio;
            // Five standard deviations of the binomial distribution; the numbers are the same at every run.
            let bound = 5.0 * (expected * (1.0 - ratio)).sqrt();
            #[allow(clippy::cast_precision_loss, reason = "a small number")]
            let difference = (kept as f64 - expected).abs();
            assert!(difference <= bound, "{kept} of {TRACES} at {ratio}");
        }
    }
}
