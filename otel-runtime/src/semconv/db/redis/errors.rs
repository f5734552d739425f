//! What errors of Redis begin with.

use std::borrow::Cow;

/// What is said of something of which nobody knows how many kinds there are.
pub(crate) const OTHER: &str = "_OTHER";

/// The prefixes of Redis, Redis Cluster, Redis Sentinel and Valkey.
#[rustfmt::skip]
const PREFIXES: [&str; 37] = [
    "ASK", "BUSY", "BUSYGROUP", "BUSYKEY", "CLUSTERDOWN", "CROSSSLOT", "DENIED", "ERR", "EXECABORT", "INPROG", "INVALIDOBJ", "IOERR", "LOADING",
    "MASTERDOWN", "MISCONF", "MOVED", "NOADDR", "NOAUTH", "NOGOODSLAVE", "NOGROUP", "NOMASTERLINK", "NOPERM", "NOPROTO", "NOQUORUM", "NOREPLICAS",
    "NOSCRIPT", "NOSUB", "NOTBUSY", "NOTREADY", "OOM", "READONLY", "REDIRECT", "TRYAGAIN", "UNBLOCKED", "UNKILLABLE", "WRONGPASS", "WRONGTYPE",
];

/// `db.response.status_code`: the prefix of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatusCode(Cow<'static, str>);

impl StatusCode {
    /// A prefix. Scripts, which can answer anything, need not use one; then there is none.
    pub(crate) fn new(prefix: &str) -> Option<Self> {
        let known = PREFIXES.binary_search(&prefix).ok().map(|index| Cow::Borrowed(PREFIXES[index]));
        let is_prefix = || {
            let is_capital = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
            (1..=32).contains(&prefix.len()) && prefix.bytes().all(is_capital)
        };
        known.or_else(|| is_prefix().then(|| Cow::Owned(prefix.to_owned()))).map(Self)
    }

    /// As it is said of a span.
    pub(crate) fn into_inner(self) -> Cow<'static, str> {
        self.0
    }

    /// As it may be a label: one of few.
    pub(crate) fn known(&self) -> &'static str {
        match self.0 {
            Cow::Borrowed(known) => known,
            Cow::Owned(_) => OTHER,
        }
    }
}
