//! What turns telemetry into something that leaves the program.

pub(crate) mod console;
pub(crate) mod limited;
pub(crate) mod limits;
pub(crate) mod otlp;
