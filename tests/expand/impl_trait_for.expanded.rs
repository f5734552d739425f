impl Handler for crate::shop::Shop {
    fn handle(&self, order: Order) {
        let __call = ::otel_runtime::__private::site!(
            "Shop::handle", 0, [], .count(::otel_runtime::__private::Count::DEFAULT)
            .time(::otel_runtime::__private::Time::DEFAULT)
        )
            .start(::otel_runtime::__private::no_fields);
        __call
            .in_scope(
                move || -> () {
                    self.place(order);
                },
                |__returned: &(), _| { ::otel_runtime::__private::outcome!(__returned) },
            )
    }
}
#[allow(unused_imports)]
use timed as _;
