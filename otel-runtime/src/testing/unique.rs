//! Names used at two places.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::inventory::{Site, sites};

/// Fails if two places of the program record spans of one name: what is seen in a backend could be either. It sees what is linked, as
/// [`sites`] does: a library's own tests see the library.
///
/// ```
/// use otel_runtime::testing::assert_unique_span_names;
/// use otel_runtime::traced;
///
/// #[traced("shop.place_order")]
/// fn place_order() {}
///
/// #[traced("shop.cancel_order")]
/// fn cancel_order() {}
///
/// assert_unique_span_names();
/// ```
///
/// # Panics
///
/// With all such names and their places.
#[track_caller]
pub fn assert_unique_span_names() {
    let report = shared(&sites());
    assert!(report.is_empty(), "spans of different places have one name:\n{report}");
}

/// A line for each name of several places.
fn shared(sites: &[Site]) -> String {
    let mut places = BTreeMap::<_, Vec<&Site>>::new();
    for site in sites {
        if let Some(span) = site.span() {
            places.entry(span.name).or_default().push(site);
        }
    }
    let mut report = String::new();
    for (name, sites) in places.iter().filter(|(_, sites)| sites.len() > 1) {
        let sites = sites.iter().map(|site| format!("{} ({}:{})", site.function(), site.file(), site.line()));
        let _ = writeln!(report, "  {name:?}: {}", sites.collect::<Vec<_>>().join(", "));
    }
    report
}
