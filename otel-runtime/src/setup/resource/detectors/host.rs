//! The machine and its operating system. A container has its own name, and the system of its image; the machine's id is not in it.

use std::env::consts;

use opentelemetry::KeyValue;
use opentelemetry_semantic_conventions::attribute::{HOST_ARCH, HOST_ID, HOST_NAME, OS_DESCRIPTION, OS_NAME, OS_TYPE, OS_VERSION};

use super::System;
use super::container::Container;

pub(super) fn attributes(system: &System<'_>, container: &Container) -> Vec<KeyValue> {
    let id = if container.exists { None } else { id(system) };
    let texts = [(HOST_NAME, name(system)), (HOST_ID, id)];
    let fixed = [KeyValue::new(HOST_ARCH, architecture(consts::ARCH)), KeyValue::new(OS_TYPE, os_type(consts::OS))];
    let found = texts.into_iter().chain(release(system)).filter_map(|(key, text)| Some(KeyValue::new(key, text?)));
    fixed.into_iter().chain(found).collect()
}

/// Linux has it in a file, and Windows in a variable; elsewhere it is a system call, and a variable in some shells.
fn name(system: &System<'_>) -> Option<String> {
    let file = || system.file("/proc/sys/kernel/hostname").as_deref().and_then(text);
    file().or_else(|| ["COMPUTERNAME", "HOSTNAME"].iter().find_map(|variable| system.variable(variable)))
}

/// The id of an installation of Linux: 32 hexadecimal digits, or a word where it has none yet.
fn id(system: &System<'_>) -> Option<String> {
    let files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
    let mut ids = files.iter().filter_map(|path| system.file(path).as_deref().and_then(text));
    ids.find(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// By <https://www.freedesktop.org/software/systemd/man/latest/os-release.html>.
fn release(system: &System<'_>) -> [(&'static str, Option<String>); 3] {
    let file = ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(|path| system.file(path)).unwrap_or_default();
    let value = |wanted: &str| {
        let entry = |line: &str| line.trim().split_once('=').filter(|(name, _)| *name == wanted).map(|(_, value)| unquoted(value));
        // The last one counts, as where a shell reads it.
        file.lines().filter_map(entry).next_back().as_deref().and_then(text)
    };
    [(OS_NAME, value("NAME")), (OS_VERSION, value("VERSION_ID")), (OS_DESCRIPTION, value("PRETTY_NAME"))]
}

/// What a shell makes of the value of an assignment.
fn unquoted(value: &str) -> String {
    let inside = |quote| value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote));
    if let Some(literal) = inside('\'') {
        return literal.to_owned();
    }
    let mut plain = String::with_capacity(value.len());
    let mut rest = inside('"').unwrap_or(value).chars();
    while let Some(letter) = rest.next() {
        plain.extend(if letter == '\\' { rest.next() } else { Some(letter) });
    }
    plain
}

fn text(file: &str) -> Option<String> {
    Some(file.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The conventions' names for what they have a name for.
pub(super) fn architecture(name: &'static str) -> &'static str {
    match name {
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc" => "ppc32",
        "powerpc64" => "ppc64",
        "x86_64" => "amd64",
        other => other,
    }
}

/// The same of operating systems.
pub(super) fn os_type(name: &'static str) -> &'static str {
    match name {
        "android" => "linux",
        "dragonfly" => "dragonflybsd",
        "ios" | "macos" | "tvos" | "visionos" | "watchos" => "darwin",
        other => other,
    }
}
