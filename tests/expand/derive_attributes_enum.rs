#[derive(Attributes)]
#[attributes(crate = crate::telemetry)]
enum Payment {
    Card { number: u64 },
    Voucher(#[attribute("voucher.code")] String, #[attribute(skip)] u32),
    Cash,
}
