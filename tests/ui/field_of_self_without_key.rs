use otel_runtime::traced;

struct Shop {
    name: String,
}

impl Shop {
    #[traced(fields(self.name))]
    fn place_order(&self) {
        drop(&self.name);
    }
}

fn main() {
    Shop { name: String::new() }.place_order();
}
