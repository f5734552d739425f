//! Without a backend: everything is shown where the program was started.

use tests::example::example;
use tests::process::Child;

use crate::LONG;

#[test]
fn it_starts_all_three_and_shows_their_traces_logs_and_metrics() {
    let output = Child::spawn(example("shop")).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}\n{}", output.stdout, output.stderr);

    for line in ["Hello, ann! You are customer number 1.", "Hello, bob! You are customer number 2.", "/nowhere: 404 Not Found"] {
        assert!(output.stdout.contains(line), "{line} is missing in\n{}", output.stdout);
    }
    // One tree for all services.
    let trees: Vec<&str> = output.stderr.split("\n\n").collect();
    let visit = trees.iter().find(|tree| tree.contains("POST /customers/{customer}/visit") && tree.contains("INSERT users"));
    let visit = visit.unwrap_or_else(|| panic!("no trace of a first visit in\n{}", output.stderr));
    for span in ["register_user", "create_user", "GET /hello/{name}", "greet"] {
        assert!(visit.contains(span), "{span} is missing in\n{visit}");
    }
    let failure = trees.iter().find(|tree| tree.contains("GET /err")).expect("there is a trace of what failed");
    assert!(failure.contains("out_of_tea: there is no tea left"), "{failure}");
    // Of the lines that are logged in a trace, each has its ids.
    let logged: Vec<&str> = output.stdout.lines().filter(|line| line.contains(" INFO ") || line.contains("ERROR ")).collect();
    assert_eq!(logged.len(), 6, "{}", output.stdout);
    assert!(logged.iter().all(|line| line.contains("trace_id=") && line.contains("span_id=")), "{logged:?}");
    for metric in [
        r#"http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="200",http_route="/customers/{customer}/visit""#,
        r#"function_calls_total{code_function_name="shop::server::visit",function_outcome="ok""#,
        "db_client_operation_duration_seconds_count{",
    ] {
        assert!(output.stdout.contains(metric), "{metric} is missing in\n{}", output.stdout);
    }
}
