//! Programs that show `otel-runtime` by itself: `cargo run -p basics --example quickstart`.
