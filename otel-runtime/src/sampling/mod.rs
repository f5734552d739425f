//! Which traces are recorded: the samplers, and the arithmetic that lets services agree (OpenTelemetry specification, "Sampling":
//! <https://opentelemetry.io/docs/specs/otel/trace/sdk/#sampling>).

mod known;
mod parent;
mod rate;
mod sampler;
mod state;
mod threshold;

pub(crate) use known::{Known, Sampling};
pub(crate) use parent::Parent;
pub(crate) use rate::RANGE as RATES;
pub use sampler::{ParentBased, Sampler, SamplerError};
pub(crate) use threshold::Threshold;
