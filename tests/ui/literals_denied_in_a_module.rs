mod telemetry {
    otel_runtime::span_names! {
        #![deny(literals)]
        pub mod names {
            PLACE_ORDER = "shop.place_order";
        }
    }
}

fn main() {}
