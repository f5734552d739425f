#[traced]
trait Handler {
    type Order;

    fn place_order(&self, order: Self::Order);

    fn cancel(&self, order: Self::Order) {
        drop(order);
    }
}
