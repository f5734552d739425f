#[traced(kind = server, parent = request.context(), baggage(keys::TENANT = request.tenant))]
async fn serve(request: &Request) -> Response {
    request.answer().await
}
