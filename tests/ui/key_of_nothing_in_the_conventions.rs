use otel_runtime::traced;

#[traced(fields(http.cats_in_the_box = 2, http.request.header = "text/html"))]
fn handle() {}

fn main() {}
