otel_runtime::span_names! {
    #![deny(literals)]
    pub mod names {
        PLACE_ORDER = "shop.place_order";
    }
}

otel_runtime::metric_names! {
    #![deny(literals)]
    pub mod metrics {
        ORDERS = "shop.orders";
    }
}

mod orders {
    use otel_runtime::{counted, timed, traced};

    #[traced(name = crate::names::PLACE_ORDER)]
    #[counted(name = crate::metrics::ORDERS)]
    #[timed("http.server.request.duration")]
    fn declared() {}

    #[traced]
    fn its_own() {}

    #[traced("shop.order")]
    #[counted("shop.order")]
    fn literal() {}

    #[timed(name = "shop.order.duration")]
    fn literal_duration() {}
}

fn main() {}
