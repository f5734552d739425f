use std::time::Duration;

use ::http::{HeaderMap, HeaderValue};

use super::*;

/// `key=value` of each, in their order.
fn text(attributes: impl IntoIterator<Item = KeyValue>) -> Vec<String> {
    attributes.into_iter().map(|KeyValue { key, value, .. }| format!("{key}={value}")).collect()
}

fn headers(name: &'static str, value: &str) -> HeaderMap {
    HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())])
}

/// The code, its number, its name; whether it is an error of the server's.
const CODES: [(Code, &str, &str, bool); 17] = [
    (Code::Ok, "0", "OK", false),
    (Code::Cancelled, "1", "CANCELLED", false),
    (Code::Unknown, "2", "UNKNOWN", true),
    (Code::InvalidArgument, "3", "INVALID_ARGUMENT", false),
    (Code::DeadlineExceeded, "4", "DEADLINE_EXCEEDED", true),
    (Code::NotFound, "5", "NOT_FOUND", false),
    (Code::AlreadyExists, "6", "ALREADY_EXISTS", false),
    (Code::PermissionDenied, "7", "PERMISSION_DENIED", false),
    (Code::ResourceExhausted, "8", "RESOURCE_EXHAUSTED", false),
    (Code::FailedPrecondition, "9", "FAILED_PRECONDITION", false),
    (Code::Aborted, "10", "ABORTED", false),
    (Code::OutOfRange, "11", "OUT_OF_RANGE", false),
    (Code::Unimplemented, "12", "UNIMPLEMENTED", true),
    (Code::Internal, "13", "INTERNAL", true),
    (Code::Unavailable, "14", "UNAVAILABLE", true),
    (Code::DataLoss, "15", "DATA_LOSS", true),
    (Code::Unauthenticated, "16", "UNAUTHENTICATED", false),
];

#[test]
fn codes_and_what_they_are_to_a_server_and_to_a_client() {
    for (expected, number, name, is_server_s) in CODES {
        assert_eq!(code(&headers("grpc-status", number)), Some(expected));
        assert_eq!(text([status_code(expected)]), [format!("rpc.response.status_code={name}")]);
        let error_type = |outcome: Outcome| outcome.error_type().map(Cow::into_owned);
        assert_eq!(error_type(served_outcome(expected, String::new())), is_server_s.then(|| name.to_owned()), "{name}");
        let is_client_s = expected != Code::Ok;
        assert_eq!(error_type(asked_outcome(expected, String::new())), is_client_s.then(|| name.to_owned()), "{name}");
    }
    assert_eq!(code(&headers("grpc-status", "4711")), Some(Code::Unknown));
    assert_eq!(code(&HeaderMap::new()), None);
}

#[test]
fn codes_of_those_who_do_not_speak_grpc() {
    let cases = [
        (400, Code::Internal),
        (401, Code::Unauthenticated),
        (403, Code::PermissionDenied),
        (404, Code::Unimplemented),
        (429, Code::Unavailable),
        (502, Code::Unavailable),
        (503, Code::Unavailable),
        (504, Code::Unavailable),
        (200, Code::Unknown),
        (500, Code::Unknown),
    ];
    for (status, expected) in cases {
        assert_eq!(inferred(StatusCode::from_u16(status).unwrap()), expected, "{status}");
    }
}

#[test]
fn messages_are_decoded() {
    assert_eq!(message(&headers("grpc-message", "50%25 of %C3%A4pfel")), "50% of äpfel");
    assert_eq!(message(&headers("grpc-message", "%FF")), "\u{fffd}");
    assert_eq!(message(&HeaderMap::new()), "");
}

#[test]
fn deadlines() {
    let cases = [
        ("1H", Some(Duration::from_secs(3600))),
        ("2M", Some(Duration::from_secs(120))),
        ("3S", Some(Duration::from_secs(3))),
        ("100m", Some(Duration::from_millis(100))),
        ("100u", Some(Duration::from_micros(100))),
        ("99999999n", Some(Duration::from_nanos(99_999_999))),
        ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
        ("123456789S", None),
        ("S", None),
        ("", None),
        ("+1S", None),
        ("1", None),
        ("1s", None),
    ];
    for (value, expected) in cases {
        assert_eq!(deadline(&headers("grpc-timeout", value)), expected, "{value}");
    }
    let umlaut = HeaderMap::from_iter([(HeaderName::from_static("grpc-timeout"), HeaderValue::from_bytes(b"1\xff").unwrap())]);
    assert_eq!((deadline(&umlaut), deadline(&HeaderMap::new())), (None, None));
}

#[test]
fn what_a_call_is() {
    let cases = [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc;charset=utf-8", true),
        ("application/grpc-web", false),
        ("application/grpc-web-text", false),
        ("application/json", false),
    ];
    for (content_type, expected) in cases {
        assert_eq!(is_grpc(&headers("content-type", content_type)), expected, "{content_type}");
    }
    assert!(!is_grpc(&HeaderMap::new()));
}

#[test]
fn methods_and_the_names_of_spans() {
    let known = Method::Known("shop.Orders/Place".into());
    assert_eq!(span_name(Some(&known)), "shop.Orders/Place");
    assert_eq!(text(known.attributes("/shop.Orders/Place")), ["rpc.method=shop.Orders/Place"]);
    assert_eq!((span_name(Some(&Method::Other)), span_name(None)), ("grpc".into(), "grpc".into()));
    assert_eq!(text(Method::Other.attributes("/a/b")), ["rpc.method=_OTHER", "rpc.method_original=a/b"]);
    assert_eq!(text([Method::Other.attribute()]), ["rpc.method=_OTHER"]);
}

#[test]
fn both_ends() {
    let authority = |text: &str| text.parse::<Authority>().unwrap();
    let peer = SocketAddr::from(([10, 0, 0, 9], 4711));
    assert_eq!(
        text(attributes(Some(&authority("orders.example:50051")), Some(peer))),
        [
            "rpc.system.name=grpc",
            "server.address=orders.example",
            "server.port=50051",
            "network.peer.address=10.0.0.9",
            "network.peer.port=4711"
        ]
    );
    assert_eq!(text(attributes(Some(&authority("[::1]")), None)), ["rpc.system.name=grpc", "server.address=::1"]);
    assert_eq!(text(attributes(None, None)), ["rpc.system.name=grpc"]);
}

#[test]
fn metadata_has_keys_of_its_own() {
    let name = HeaderName::from_static("x-tenant");
    assert_eq!(request_metadata(&name).as_str(), "rpc.request.metadata.x-tenant");
    assert_eq!(response_metadata(&name).as_str(), "rpc.response.metadata.x-tenant");
}
