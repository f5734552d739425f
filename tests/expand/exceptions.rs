#[traced(exceptions = logs)]
fn charge(amount: u64) -> Result<(), Error> {
    bank::charge(amount)
}
