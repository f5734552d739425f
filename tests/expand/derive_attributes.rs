#[derive(Attributes)]
#[attributes(prefix = "order")]
struct Order {
    id: u64,
    #[attribute("user.id")]
    customer: String,
    #[attribute(flatten)]
    shop: Shop,
    #[attribute(nested)]
    address: Address,
    #[attribute(skip)]
    card: Card,
}
