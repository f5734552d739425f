//! How settings are called in what is said of them: by their variables, or by their keys where a configuration file says everything.

/// A setting that both have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    variable: &'static str,
    key: &'static str,
}

impl Setting {
    pub(crate) const QUEUE_MAX_BYTES: Self =
        Self { variable: "OTEL_RUST_QUEUE_MAX_BYTES", key: "distribution.otel-runtime.queue_max_bytes" };
    pub(crate) const RETRY_MAX_ELAPSED: Self =
        Self { variable: "OTEL_RUST_RETRY_MAX_ELAPSED", key: "distribution.otel-runtime.retry_max_elapsed" };
    pub(crate) const SPOOL_MAX_BYTES: Self =
        Self { variable: "OTEL_RUST_SPOOL_MAX_BYTES", key: "distribution.otel-runtime.spool.max_bytes" };
}

/// Where settings are said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    #[default]
    Variables,
    File,
}

impl Source {
    pub(crate) const fn name(self, setting: Setting) -> &'static str {
        match self {
            Self::Variables => setting.variable,
            Self::File => setting.key,
        }
    }
}
