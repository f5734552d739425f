use otel_runtime::{AttributeValue, ValueWriter, traced};

struct StatusCode(u16);

impl AttributeValue for StatusCode {
    fn write(&self, writer: ValueWriter<'_>) {
        self.0.write(writer);
    }
}

#[traced(fields(http.response.status_code = status))]
fn handle(status: StatusCode) {}

fn main() {}
