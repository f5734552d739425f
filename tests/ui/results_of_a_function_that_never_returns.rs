use otel_runtime::traced;

#[traced(ok(a = |_| 1), err(b = |_| 2), error_if = |_| true)]
fn serve() -> ! {
    loop {}
}

#[traced(ok_if = |_| true)]
async fn serve_async() -> ! {
    loop {}
}

fn main() {
    let _ = serve_async();
    serve();
}
