//! [`RecordedHeaders`]: those that somebody asked for. By default none is, because headers have secrets.

use http::{HeaderMap, HeaderName};
use opentelemetry::{Key, KeyValue};

use crate::semconv::network::header;

#[derive(Clone, Debug, Default)]
pub(crate) struct RecordedHeaders(Vec<(HeaderName, Key)>);

impl RecordedHeaders {
    /// These too, each under the key that it has.
    pub(crate) fn add(&mut self, names: impl IntoIterator<Item = HeaderName>, key: fn(&HeaderName) -> Key) {
        self.0.extend(names.into_iter().map(|name| (name.clone(), key(&name))));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of them that are there.
    pub(crate) fn of(&self, headers: &HeaderMap) -> impl Iterator<Item = KeyValue> {
        self.0.iter().filter_map(|(name, key)| header(key, name, headers))
    }
}
