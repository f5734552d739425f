//! What tutorials still teach. `user.email` is in the conventions, and there is nothing to say against it.
#![deny(deprecated)]

use otel_runtime::traced;

#[traced(fields(http.method = "GET", http.url = url, db.system = "postgresql", user.email = email))]
fn handle(url: &str, email: &str) {}

fn main() {}
