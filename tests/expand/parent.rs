#[traced(parent = request.context())]
fn serve(request: &Request) -> Response {
    request.answer()
}
