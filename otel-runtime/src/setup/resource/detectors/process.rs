//! The process and its program.

use std::env;

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::{PROCESS_EXECUTABLE_NAME, PROCESS_EXECUTABLE_PATH, PROCESS_PID};

pub(super) fn attributes() -> Vec<KeyValue> {
    let mut attributes = vec![KeyValue::new(PROCESS_PID, i64::from(std::process::id()))];
    if let Ok(program) = env::current_exe() {
        // What Linux says of one that was replaced while it runs.
        let path = program.to_str().map(|path| path.strip_suffix(" (deleted)").unwrap_or(path));
        let name = path.and_then(|path| path.rsplit(std::path::MAIN_SEPARATOR).next());
        let texts = [(PROCESS_EXECUTABLE_NAME, name), (PROCESS_EXECUTABLE_PATH, path)];
        attributes.extend(texts.into_iter().filter_map(|(key, text)| Some(KeyValue::new(key, text?.to_owned()))));
    }
    attributes
}
