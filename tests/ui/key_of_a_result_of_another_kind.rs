use otel_runtime::traced;

#[traced(ok(http.response.status_code = |body| body.as_str()), err(http.response.body.size = |_| "much"))]
fn handle() -> Result<String, std::io::Error> {
    Ok(String::new())
}

fn main() {}
