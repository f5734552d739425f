otel_runtime::span_names! {
    mod names {
        PLACE_ORDER: "shop.place_order";
        "shop.place_order";
        SHIP = "shop.ship";
    }
}

otel_runtime::span_names! {
    PLACE_ORDER = "shop.place_order";
}

otel_runtime::span_names! {
    #![deny(everything)]
    #![crate = "otel_runtime"]
    mod more {}
}

otel_runtime::attribute_keys! {
    #![deny(literals)]
    mod keys {}
}

fn main() {
    let _ = names::SHIP;
}
