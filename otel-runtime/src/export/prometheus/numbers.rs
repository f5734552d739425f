//! Numbers, as Prometheus writes them.

use std::time::{SystemTime, UNIX_EPOCH};

/// The value of a measurement.
pub(super) trait Number: Copy {
    fn text(self) -> String;

    /// What neither a counter nor a sum that only grows can be.
    fn is_below_zero_or_nan(self) -> bool;
}

impl Number for u64 {
    fn text(self) -> String {
        self.to_string()
    }

    fn is_below_zero_or_nan(self) -> bool {
        false
    }
}

impl Number for i64 {
    fn text(self) -> String {
        self.to_string()
    }

    fn is_below_zero_or_nan(self) -> bool {
        self < 0
    }
}

impl Number for f64 {
    fn text(self) -> String {
        float(self)
    }

    fn is_below_zero_or_nan(self) -> bool {
        self < 0.0 || self.is_nan()
    }
}

/// A number as OpenMetrics has it, "Considerations: Canonical Numbers": the shortest that is read as the same number, which can be told from an
/// integer. The label of a bucket is a text to Prometheus, and all programs have to write the same one.
pub(super) fn float(number: f64) -> String {
    if !number.is_finite() {
        return if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        }
        .to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let plain = number.to_string();
    if plain.contains('.') { plain } else { format!("{plain}.0") }
}

/// Seconds since the epoch.
pub(super) fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}.{:03}", since.as_secs(), since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn floats_are_canonical() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.001, "0.001"),
            (0.1, "0.1"),
            (0.999, "0.999"),
            (1.0, "1.0"),
            (1.7, "1.7"),
            (10.0, "10.0"),
            (-2.5, "-2.5"),
            (1e-10, "1e-10"),
            (1e-9, "1e-09"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (100_000.0, "100000.0"),
            (1e6, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (1e10, "1e+10"),
            (1e100, "1e+100"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
            (f64::NAN, "NaN"),
        ];
        for (number, expected) in cases {
            assert_eq!(float(number), expected);
        }
    }

    #[test]
    fn integers_keep_all_their_digits() {
        assert_eq!(u64::MAX.text(), "18446744073709551615");
        assert_eq!(i64::MIN.text(), "-9223372036854775808");
    }

    #[test]
    fn times_are_seconds() {
        assert_eq!(timestamp(UNIX_EPOCH + Duration::from_millis(1_700_000_000_042)), "1700000000.042");
    }
}
