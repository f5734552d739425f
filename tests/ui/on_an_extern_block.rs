use otel_runtime::traced;

#[traced]
unsafe extern "C" {
    safe fn abs(number: i32) -> i32;
}

fn main() {
    abs(-1);
}
