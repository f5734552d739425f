//! Stands in for `xray` where the feature is off.

use opentelemetry::Context;
use opentelemetry::propagation::Injector;

use super::{Format, Rules};

/// Known by name, so that who asks for it can be told what is missing.
pub(super) const FORMAT: Format = Format(&Absent);

struct Absent;

impl Rules for Absent {
    fn name(&self) -> &'static str {
        "xray"
    }

    fn fields(&self) -> &'static [&'static str] {
        &[]
    }

    fn inject(&self, _: &Context, _: &mut dyn Injector) {}

    fn missing_feature(&self) -> Option<&'static str> {
        Some("xray")
    }
}
