#![no_main]

//! Whatever a configuration file says, it is read or refused; and what was read is written as a file that says the same.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// One file for each process.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("otel-runtime-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written to");
    folder
});

/// What is in force with this text as the file, as a file. Every variable that it names has a value.
fn written(text: &[u8]) -> Option<String> {
    let path = FOLDER.join("otel.yaml");
    std::fs::write(&path, text).expect("the folder for temporary files can be written to");
    let lookup = move |variable: &str| match variable {
        "OTEL_CONFIG_FILE" => Some(Path::new(&path).as_os_str().to_owned()),
        _ => Some(OsString::from("7")),
    };
    otel_runtime::builder().environment(lookup).to_config_file().ok()
}

fuzz_target!(|text: &[u8]| {
    if let Some(once) = written(text) {
        let again = written(once.as_bytes()).expect("what is written can be read");
        assert_eq!(again, once);
    }
});
