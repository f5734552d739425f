use otel_runtime::traced;

unsafe extern "C" {
    #[traced]
    safe fn abs(number: i32) -> i32;
}

fn main() {
    abs(-1);
}
