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
        assert!(bytes.len() <= 128, "the name of a span is at most 128 bytes long; what varies from call to call belongs into `fields(…)`");
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
    /// Checks a key: 1 to 255 bytes, no white space, no control characters.
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

    /// The key as text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
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
