//! Names that cannot be wrong: the only place where the naming rules stand.
//!
//! Every constructor is a `const fn` that panics on a bad name. The macros call them in the initialiser of a `static`, so there a bad
//! name does not compile; `const MY_NAME: SpanName = SpanName::new("…")` is checked where it is declared in the same way.

/// The name of a span: one for each *class* of operations, never one for each operation
/// (OpenTelemetry specification, Trace API, "Span": <https://opentelemetry.io/docs/specs/otel/trace/api/#span>).
///
/// ```
/// use otel_runtime::SpanName;
///
/// const PLACE_ORDER: SpanName = SpanName::new("shop.place_order");
///
/// #[otel_runtime::traced(name = PLACE_ORDER)]
/// fn place_order() {}
/// # place_order();
/// ```
///
/// ```compile_fail
/// const BAD: otel_runtime::SpanName = otel_runtime::SpanName::new("order {id}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanName(&'static str);

impl SpanName {
    /// Checks a name: 1 to 128 bytes, no `{`, no control characters, no space at either end.
    ///
    /// # Panics
    ///
    /// If the name breaks a rule; while compiling, where it is called in a constant or by a macro.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty(), "the name of a span must not be empty; name the operation, e.g. \"shop.place_order\"");
        assert!(bytes.len() <= 128, "the name of a span is at most 128 bytes long; what varies from call to call belongs in `fields(…)`");
        assert!(!contains(bytes, b'{'), "the name of a span is not a format string; put what varies into `fields(…)`");
        assert!(!has_control(bytes), "the name of a span must not contain control characters");
        assert!(!has_outer_space(bytes), "the name of a span must not begin or end with a space");
        Self(name)
    }

    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// The key of an attribute (OpenTelemetry specification, "Attribute": <https://opentelemetry.io/docs/specs/otel/common/#attribute>).
///
/// ```
/// use otel_runtime::AttributeKey;
///
/// const ORDER_ID: AttributeKey = AttributeKey::new("order.id");
/// assert_eq!(ORDER_ID.as_str(), "order.id");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttributeKey(&'static str);

impl AttributeKey {
    /// Checks a key: 1 to 255 bytes, no spaces, no control characters of ASCII.
    ///
    /// # Panics
    ///
    /// If the key breaks a rule; while compiling, where it is called in a constant or by a macro.
    #[must_use]
    #[track_caller]
    pub const fn new(key: &'static str) -> Self {
        let bytes = key.as_bytes();
        assert!(!bytes.is_empty(), "the key of an attribute must not be empty; write it like \"order.id\"");
        assert!(bytes.len() <= 255, "the key of an attribute is at most 255 bytes long");
        assert!(!contains(bytes, b' '), "the key of an attribute must not contain a space; separate its parts with `.` and `_`");
        assert!(!has_control(bytes), "the key of an attribute must not contain control characters");
        Self(key)
    }

    /// A member of a family of keys: of the template `http.request.header`, the key `http.request.header.accept`.
    ///
    /// # Panics
    ///
    /// If it is not, or breaks a rule of [`new`](Self::new); while compiling, where it is called in a constant or by a macro.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn of_template(template: &'static str, key: &'static str) -> Self {
        let (template, bytes) = (template.as_bytes(), key.as_bytes());
        assert!(
            bytes.len() > template.len() + 1 && bytes[template.len()] == b'.',
            "the key of a template is the template, a dot and a name"
        );
        let (beginning, _) = bytes.split_at(template.len());
        assert!(same(beginning, template), "the key of a template begins with the template");
        Self::new(key)
    }

    /// Checks the keys of a span, some of which are constants; of the others the macro has checked everything itself. So many at the end are of
    /// what is returned: those of `ok`, and after them those of `err`.
    ///
    /// # Panics
    ///
    /// If two are the same, or one is set by the runtime; while compiling, where it is called by a macro.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn of_span(keys: &'static [Self], ok: usize, err: usize) -> &'static [Self] {
        let own = &["code.file.path", "code.function.name", "code.line.number", "error.type", "function.items", "function.outcome"];
        check(keys, (ok, err), own);
        keys
    }

    /// The same for the keys of a metric.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn of_metric(keys: &'static [Self]) -> &'static [Self] {
        check(keys, (0, 0), METRIC_KEYS);
        keys
    }

    /// A key that is the name of an entry of [baggage](https://www.w3.org/TR/baggage/#key): a token of HTTP.
    ///
    /// # Panics
    ///
    /// If it is not; while compiling, where it is called by a macro.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn of_baggage(key: Self) -> Self {
        let bytes = key.0.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(is_of_token(bytes[at]), "the name of an entry of baggage has only letters, digits and !#$%&'*+-.^_`|~, all of ASCII");
            at += 1;
        }
        key
    }

    /// Checks that no two of some keys are the same.
    ///
    /// # Panics
    ///
    /// If two are; while compiling, where it is called by a macro.
    #[doc(hidden)]
    #[must_use]
    #[track_caller]
    pub const fn distinct(keys: &'static [Self]) -> &'static [Self] {
        let mut at = 0;
        while at < keys.len() {
            let mut other = 0;
            while other < at {
                let is_same = same(keys[at].0.as_bytes(), keys[other].0.as_bytes());
                assert!(!is_same, "two entries of baggage have the same name, one of them by a constant; keep one of them");
                other += 1;
            }
            at += 1;
        }
        keys
    }

    /// The key as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// What the runtime records of every measurement.
pub(crate) const METRIC_KEYS: &[&str] = &["code.function.name", "error.type", "function.outcome"];

/// The name of an instrument (OpenTelemetry specification, Metrics API, "Instrument name syntax":
/// <https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-name-syntax>).
///
/// ```
/// use otel_runtime::MetricName;
///
/// const ORDERS: MetricName = MetricName::new("shop.orders");
/// assert_eq!(ORDERS.as_str(), "shop.orders");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricName(&'static str);

impl MetricName {
    /// Checks a name: a letter, then at most 254 letters, digits, `_`, `.`, `-` or `/`, all of ASCII.
    ///
    /// # Panics
    ///
    /// If the name breaks a rule; while compiling, where it is called in a constant or by a macro.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty(), "the name of a metric must not be empty; name what is measured, e.g. \"shop.orders\"");
        assert!(bytes.len() <= 255, "the name of a metric is at most 255 bytes long");
        assert!(bytes[0].is_ascii_alphabetic(), "the name of a metric begins with a letter");
        let mut at = 0;
        while at < bytes.len() {
            let allowed = bytes[at].is_ascii_alphanumeric() || matches!(bytes[at], b'_' | b'.' | b'-' | b'/');
            assert!(allowed, "the name of a metric has only letters, digits, `_`, `.`, `-` and `/`; what varies belongs in `fields(…)`");
            at += 1;
        }
        Self(name)
    }

    pub(crate) const fn is(self, other: Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }

    /// The name as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// The unit of an instrument, in UCUM: `s`, `By`, `{order}` (OpenTelemetry specification, Metrics API, "Instrument unit":
/// <https://opentelemetry.io/docs/specs/otel/metrics/api/#instrument-unit>).
///
/// ```
/// use otel_runtime::Unit;
///
/// const ORDERS: Unit = Unit::new("{order}");
/// assert_eq!(ORDERS.as_str(), "{order}");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit(&'static str);

impl Unit {
    /// Checks a unit: at most 63 characters of ASCII that can be seen, and braces in pairs.
    ///
    /// # Panics
    ///
    /// If the unit breaks a rule; while compiling, where it is called in a constant or by a macro.
    #[must_use]
    #[track_caller]
    pub const fn new(unit: &'static str) -> Self {
        let bytes = unit.as_bytes();
        assert!(bytes.len() <= 63, "a unit is at most 63 bytes long");
        let mut open = false;
        let mut at = 0;
        while at < bytes.len() {
            assert!(bytes[at].is_ascii_graphic(), "a unit is written in ASCII without spaces, in UCUM: \"s\", \"By\", \"{{order}}\"");
            match bytes[at] {
                b'{' => {
                    assert!(!open, "the braces of a unit's annotation are not nested: \"{{order}}\"");
                    open = true;
                }
                b'}' => {
                    assert!(open, "a brace closes in a unit that was not opened: \"{{order}}\"");
                    open = false;
                }
                _ => {}
            }
            at += 1;
        }
        assert!(!open, "a brace is open at the end of a unit: \"{{order}}\"");
        Self(unit)
    }

    /// The unit as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

/// No key stands there twice, and none is the runtime's own or OpenTelemetry's.
#[track_caller]
const fn check(keys: &[AttributeKey], (ok, err): (usize, usize), own: &[&str]) {
    let first_of_err = keys.len() - err;
    let first_of_ok = first_of_err - ok;
    let mut at = 0;
    while at < keys.len() {
        let key = keys[at].0.as_bytes();
        let mut other = 0;
        while other < at {
            // Of what is returned only one is there, so the two may share a key.
            let are_apart = at >= first_of_err && other >= first_of_ok && other < first_of_err;
            assert!(
                are_apart || !same(key, keys[other].0.as_bytes()),
                "two attributes have the same key, one of them by a constant; keep one of them"
            );
            other += 1;
        }
        let mut other = 0;
        while other < own.len() {
            assert!(!same(key, own[other].as_bytes()), "a constant has a key that the runtime sets, from the call itself; remove it");
            other += 1;
        }
        let is_of_otel = matches!(key, [b'o', b't', b'e', b'l', b'.', ..]);
        assert!(!is_of_otel, "a constant has a key that OpenTelemetry sets, whose namespace `otel` is; give it another name");
        at += 1;
    }
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn contains(bytes: &[u8], wanted: u8) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == wanted {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether a byte may stand in a name of HTTP: <https://www.rfc-editor.org/rfc/rfc7230#section-3.2.6>.
pub(crate) const fn is_of_token(byte: u8) -> bool {
    let signs = b"!#$%&'*+-.^_`|~";
    byte.is_ascii_alphanumeric() || contains(signs, byte)
}

const fn has_control(bytes: &[u8]) -> bool {
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at].is_ascii_control() {
            return true;
        }
        at += 1;
    }
    false
}

const fn has_outer_space(bytes: &[u8]) -> bool {
    match bytes {
        [] => false,
        [first, ..] if *first == b' ' => true,
        [.., last] => *last == b' ',
    }
}
