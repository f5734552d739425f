//! What a scalar without quotes is (YAML 1.2, "Core Schema": <https://yaml.org/spec/1.2.2/#103-core-schema>).

use super::yaml::Scalar;

/// A scalar, by what it looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text,
}

impl Kind {
    /// As in "… is a number".
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text => "a text",
        }
    }
}

impl Scalar {
    pub(super) fn kind(&self) -> Kind {
        if self.is_plain { plain(&self.text) } else { Kind::Text }
    }

    /// For a message: with the names of variables instead of their values.
    pub(super) fn shown(&self) -> &str {
        self.written.as_deref().unwrap_or(&self.text)
    }
}

fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Kind::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Kind::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => Kind::Float(f64::NAN),
        _ => integer(text).map(Kind::Int).or_else(|| float(text).map(Kind::Float)).unwrap_or(Kind::Text),
    }
}

fn integer(text: &str) -> Option<i128> {
    let prefixed = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        digits.chars().all(|digit| digit.is_digit(radix)).then(|| i128::from_str_radix(digits, radix).ok())?
    };
    let decimal = || {
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| text.parse().ok())?
    };
    prefixed("0x", 16).or_else(|| prefixed("0o", 8)).or_else(decimal)
}

fn float(text: &str) -> Option<f64> {
    // What Rust takes for a number besides these are words.
    let is_number = text.bytes().all(|letter| letter.is_ascii_digit() || b"+-.eE".contains(&letter));
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scalars_look_like() {
        for (text, kind) in [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("null", Kind::Null),
            ("nUll", Kind::Text),
            ("True", Kind::Bool(true)),
            ("FALSE", Kind::Bool(false)),
            ("yes", Kind::Text),
            ("1", Kind::Int(1)),
            ("-12", Kind::Int(-12)),
            ("+7", Kind::Int(7)),
            ("007", Kind::Int(7)),
            ("0xdeadbeef", Kind::Int(3_735_928_559)),
            ("0o17", Kind::Int(15)),
            ("0x", Kind::Text),
            ("0xg", Kind::Text),
            ("1.1", Kind::Float(1.1)),
            (".5", Kind::Float(0.5)),
            ("1e3", Kind::Float(1000.0)),
            ("-.inf", Kind::Float(f64::NEG_INFINITY)),
            ("inf", Kind::Text),
            ("nan", Kind::Text),
            ("-", Kind::Text),
            ("+", Kind::Text),
            (".", Kind::Text),
            ("1.2.3", Kind::Text),
            ("e", Kind::Text),
            ("1_000", Kind::Text),
        ] {
            assert_eq!(plain(text), kind, "{text}");
        }
        assert!(matches!(plain(".nan"), Kind::Float(number) if number.is_nan()));
        assert!(matches!(plain(&"9".repeat(60)), Kind::Float(_)), "beyond whole numbers it is still a number");
    }
}
