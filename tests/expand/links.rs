#[traced(kind = consumer, links = &batch.contexts, fields(batch.size = batch.len()))]
fn handle(batch: Batch) {
    batch.handle();
}
