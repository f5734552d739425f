use otel_runtime::traced;

#[traced(fields(http.request.methd = "GET", db.system_name = "redis", rpc.sytem.name = "grpc", messaging.client_id = "7", user.emial = "a"))]
fn handle() {}

fn main() {}
