use otel_runtime::traced;

#[traced]
#[track_caller]
fn place_order() {}

fn main() {
    place_order();
}
