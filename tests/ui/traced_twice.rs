use otel_runtime::traced;

#[traced("place_order")]
#[traced(kind = client)]
fn place_order() {}

fn main() {
    place_order();
}
