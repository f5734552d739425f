//! The attributes of a span that is about to start.

use opentelemetry::KeyValue;

use crate::name::AttributeKey;
use crate::value::{AttributeValue, ValueWriter};

/// Collects the values for a site's keys; handed to the closure that `#[traced(fields(…))]` becomes.
#[derive(Debug)]
pub struct Fields<'a> {
    keys: &'static [AttributeKey],
    attributes: &'a mut Vec<KeyValue>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(keys: &'static [AttributeKey], attributes: &'a mut Vec<KeyValue>) -> Self {
        Self { keys, attributes }
    }

    /// Records `value` for the site's key number `index`.
    pub fn set<V: AttributeValue + ?Sized>(&mut self, index: usize, value: &V) {
        value.write(ValueWriter::new(self.keys[index].as_str(), self.attributes));
    }
}
