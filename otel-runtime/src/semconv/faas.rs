//! Functions that a host runs (semantic conventions, spans <https://opentelemetry.io/docs/specs/semconv/faas/faas-spans/> and metrics
//! <https://opentelemetry.io/docs/specs/semconv/faas/faas-metrics/> of functions as a service, "AWS Lambda"
//! <https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/>), as pure functions.

pub(crate) mod metrics;

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute as key;

/// What has a host run a function: `faas.trigger`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// Something was done to data: `datasource`.
    Datasource,
    /// A request over HTTP waits for an answer: `http`.
    Http,
    /// Messages came: `pubsub`.
    PubSub,
    /// It is time: `timer`.
    Timer,
    /// Anything else: `other`.
    #[default]
    Other,
}

impl Trigger {
    /// `faas.trigger`.
    pub(crate) fn attribute(self) -> KeyValue {
        let name = match self {
            Self::Datasource => "datasource",
            Self::Http => "http",
            Self::PubSub => "pubsub",
            Self::Timer => "timer",
            Self::Other => "other",
        };
        KeyValue::new(key::FAAS_TRIGGER, name)
    }
}

/// The attributes of the span that are known at its start.
pub(crate) fn attributes(trigger: Trigger, is_cold: bool, id: Option<&str>) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(6);
    attributes.extend([trigger.attribute(), KeyValue::new(key::FAAS_COLDSTART, is_cold)]);
    attributes.extend(id.map(|id| KeyValue::new(key::FAAS_INVOCATION_ID, id.to_owned())));
    attributes
}

/// What the name says under which a function of AWS Lambda was called: `aws.lambda.invoked_arn`; `cloud.resource_id`, with the version that runs in the place of
/// an alias; and `cloud.account.id`.
///
/// Input: `arn:aws:lambda:eu-north-1:123456789012:function:checkout:live`, version `7`.
#[cfg_attr(not(feature = "lambda"), allow(dead_code, reason = "of one host alone"))]
pub(crate) fn of_arn(invoked: &str, version: &str) -> Vec<KeyValue> {
    let parts: Vec<&str> = invoked.split(':').collect();
    let ["arn", _, "lambda", _, account, "function", _, qualifier @ ..] = parts.as_slice() else { return Vec::new() };
    let function = invoked.strip_suffix(&format!(":{}", qualifier.join(":"))).filter(|_| !qualifier.is_empty()).unwrap_or(invoked);
    let resource = if qualifier.is_empty() || version.is_empty() { function.to_owned() } else { format!("{function}:{version}") };
    vec![
        KeyValue::new(key::AWS_LAMBDA_INVOKED_ARN, invoked.to_owned()),
        KeyValue::new(key::CLOUD_RESOURCE_ID, resource),
        KeyValue::new(key::CLOUD_ACCOUNT_ID, (*account).to_owned()),
    ]
}

#[cfg(test)]
mod tests;
