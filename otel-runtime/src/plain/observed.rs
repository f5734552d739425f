//! Instruments that are observed by callbacks: declared at any time, and made for the telemetry of the process as soon as there is one.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::metrics::MeterProvider;

type Provider = Arc<dyn MeterProvider + Send + Sync>;
type Declaration = Arc<dyn Fn(&Provider) + Send + Sync>;

#[derive(Default)]
struct Observed {
    provider: Option<Provider>,
    /// All of them: a process that is forked off makes them anew.
    declarations: Vec<Declaration>,
}

static OBSERVED: Mutex<Option<Observed>> = Mutex::new(None);

/// Declares an instrument, which `declaration` makes with whatever provider there is, each time there is another.
pub(super) fn declare(declaration: impl Fn(&Provider) + Send + Sync + 'static) {
    let declaration: Declaration = Arc::new(declaration);
    let provider = {
        let mut observed = OBSERVED.lock().unwrap_or_else(PoisonError::into_inner);
        let observed = observed.get_or_insert_default();
        observed.declarations.push(Arc::clone(&declaration));
        observed.provider.clone()
    };
    if let Some(provider) = provider {
        declaration(&provider);
    }
}

/// Has `provider`, that of the process, make what was declared and what will be.
pub(crate) fn observe_with(provider: impl MeterProvider + Send + Sync + 'static) {
    let provider: Provider = Arc::new(provider);
    let declarations = {
        let mut observed = OBSERVED.lock().unwrap_or_else(PoisonError::into_inner);
        let observed = observed.get_or_insert_default();
        observed.provider = Some(Arc::clone(&provider));
        observed.declarations.clone()
    };
    for declaration in declarations {
        declaration(&provider);
    }
}
