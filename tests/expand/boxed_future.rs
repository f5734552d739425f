#[traced]
fn walk(node: Node) -> Pin<Box<dyn Future<Output = u64>>> {
    Box::pin(async move { walk(node.next()).await + 1 })
}
