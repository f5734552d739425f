otel_runtime::span_names! {
    pub mod names {
        PLACE_ORDER = "shop.place_order";
        ORDER = "shop.place_order";
        BAD = "order {id}";
        ALL = "shop.all";
    }
}

otel_runtime::metric_names! {
    mod metrics {
        ORDERS = "shop.orders";
        ALL_ORDERS = "shop.orders";
        DURATION = "http.server.request.duraton";
        REQUESTS = "http.server.request.duration";
    }
}

otel_runtime::attribute_keys! {
    mod keys {
        ID = "order.id";
        ORDER_ID = "order.id";
        METHOD = "http.request.methd";
        ROUTE = "http.route";
        CLASS = "error.type";
    }
}

fn main() {
    let _ = names::PLACE_ORDER;
}
