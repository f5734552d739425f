//! Programs that show `otel-runtime` at work. Each runs with no network and shows its spans: `cargo run --example shop`. Those
//! that need no other library are in `basics`.
