#[traced(root)]
async fn nightly() {
    clean_up().await;
}
