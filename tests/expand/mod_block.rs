#[traced(kind = internal, crate = crate::telemetry)]
mod shop {
    use super::Order;

    pub struct Shop<const N: usize>([Order; N]);

    impl Shop<{ 1 + 1 }> {
        fn place_order(&self) {}
    }

    mod bank {
        fn charge() {}
    }

    fn ship() {}
}
