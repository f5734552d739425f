//! Which function of AWS Lambda this is, by the variables that Lambda gives it (semantic conventions, "AWS Lambda", "Resource detector":
//! <https://opentelemetry.io/docs/specs/semconv/faas/aws-lambda/#resource-detector>). Its full name is known to invocations alone.

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_semantic_conventions::attribute::{
    AWS_LOG_GROUP_NAMES, CLOUD_PLATFORM, CLOUD_PROVIDER, CLOUD_REGION, FAAS_INSTANCE, FAAS_MAX_MEMORY, FAAS_NAME, FAAS_VERSION,
};

use super::System;

/// Bytes in what Lambda calls a megabyte.
const MEGABYTE: i64 = 1 << 20;

pub(super) fn attributes(system: &System<'_>) -> Vec<KeyValue> {
    let variable = |name: &str| system.variable(name).filter(|value| !value.is_empty());
    let Some(name) = variable("AWS_LAMBDA_FUNCTION_NAME") else { return Vec::new() };
    let mut attributes =
        vec![KeyValue::new(CLOUD_PROVIDER, "aws"), KeyValue::new(CLOUD_PLATFORM, "aws_lambda"), KeyValue::new(FAAS_NAME, name)];
    let texts =
        [(CLOUD_REGION, "AWS_REGION"), (FAAS_VERSION, "AWS_LAMBDA_FUNCTION_VERSION"), (FAAS_INSTANCE, "AWS_LAMBDA_LOG_STREAM_NAME")];
    attributes.extend(texts.into_iter().filter_map(|(key, name)| Some(KeyValue::new(key, variable(name)?))));
    let memory = variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|megabytes| megabytes.parse::<i64>().ok()?.checked_mul(MEGABYTE));
    attributes.extend(memory.map(|bytes| KeyValue::new(FAAS_MAX_MEMORY, bytes)));
    let groups = variable("AWS_LAMBDA_LOG_GROUP_NAME").map(|group| Value::Array(Array::String(vec![StringValue::from(group)])));
    attributes.extend(groups.map(|groups| KeyValue::new(AWS_LOG_GROUP_NAMES, groups)));
    attributes
}
