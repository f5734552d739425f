use std::net::{IpAddr, Ipv4Addr};

use ::http::Request;
use opentelemetry::KeyValue;

use super::super::network::header;
use super::url::{redacted_query, redacted_url};
use super::*;

/// What was written: `key=value` of each, in their order.
#[derive(Default)]
struct Written(Vec<String>);

impl<'a> Extend<Attribute<'a>> for Written {
    fn extend<I: IntoIterator<Item = Attribute<'a>>>(&mut self, attributes: I) {
        self.0.extend(attributes.into_iter().map(|attribute| {
            let KeyValue { key, value, .. } = attribute.into();
            format!("{key}={value}")
        }));
    }
}

fn written(write: impl FnOnce(&mut Written)) -> Vec<String> {
    let mut written = Written::default();
    write(&mut written);
    written.0
}

fn parts(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let request = headers.iter().fold(Request::builder().method(method).uri(uri), |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap().into_parts().0
}

fn peer_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 9], 4711))
}

fn known(method: &Method) -> KnownMethod {
    KnownMethod::of(method, &KnownMethods::default())
}

#[test]
fn methods_and_the_names_of_spans() {
    /// The method that was sent, the list of the variable, the target; the attribute, the original, the name.
    type Case = (&'static str, &'static [&'static str], Option<&'static str>, &'static str, Option<&'static str>, &'static str);
    let cases: [Case; 10] = [
        ("GET", &[], None, "GET", None, "GET"),
        ("GET", &[], Some("/users/{id}"), "GET", None, "GET /users/{id}"),
        ("PATCH", &[], None, "PATCH", None, "PATCH"),
        ("QUERY", &[], None, "QUERY", None, "QUERY"),
        ("get", &[], None, "_OTHER", Some("get"), "HTTP"),
        ("ACL", &[], Some("/a"), "_OTHER", Some("ACL"), "HTTP /a"),
        ("ACL", &["ACL"], None, "ACL", None, "ACL"),
        ("ACL", &["ACL"], Some("/a"), "ACL", None, "ACL /a"),
        ("GET", &["ACL"], None, "_OTHER", Some("GET"), "HTTP"),
        ("acl", &["ACL"], None, "_OTHER", Some("acl"), "HTTP"),
    ];
    for (sent, list, target, method, original, name) in cases {
        let sent = Method::from_bytes(sent.as_bytes()).unwrap();
        let list = KnownMethods::new(list.iter().map(|&name| name.to_owned()).collect());
        let known = KnownMethod::of(&sent, &list);
        assert_eq!(KeyValue::from(known.attribute()), KeyValue::new("http.request.method", method), "{sent}");
        assert_eq!(
            known.original(&sent).map(KeyValue::from),
            original.map(|original| KeyValue::new("http.request.method_original", original)),
            "{sent}"
        );
        assert_eq!(known.span_name(target), name, "{sent}");
    }
}

#[test]
fn secrets_are_redacted_and_nothing_else() {
    let queries = [
        ("", ""),
        ("color=blue", "color=blue"),
        ("color=blue&sig=abc", "color=blue&sig=REDACTED"),
        ("sig=a=b&&c", "sig=REDACTED&&c"),
        ("AWSAccessKeyId=x&Signature=y&X-Goog-Signature=z", "AWSAccessKeyId=REDACTED&Signature=REDACTED&X-Goog-Signature=REDACTED"),
        (
            "X-Amz-Credential=x&X-Amz-Security-Token=y&X-Amz-Signature=z",
            "X-Amz-Credential=REDACTED&X-Amz-Security-Token=REDACTED&X-Amz-Signature=REDACTED",
        ),
        ("%73ig=abc", "%73ig=REDACTED"),
        ("SIG=abc&signature=abc&mysig=abc&sig", "SIG=abc&signature=abc&mysig=abc&sig"),
    ];
    for (query, redacted) in queries {
        assert_eq!(redacted_query(query), redacted);
    }
    let urls = [
        ("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
        ("https://me:secret@example.com:8443/a", "https://REDACTED:REDACTED@example.com:8443/a"),
        ("https://me@example.com", "https://REDACTED:REDACTED@example.com"),
        ("https://a@b:c@example.com?sig=1#sig=2", "https://REDACTED:REDACTED@example.com?sig=REDACTED#sig=2"),
        ("https://example.com/me@home?mail=me@home", "https://example.com/me@home?mail=me@home"),
        ("/a?sig=1", "/a?sig=REDACTED"),
        ("//me:secret@example.com/a", "//REDACTED:REDACTED@example.com/a"),
        ("/a//me@b", "/a//me@b"),
    ];
    for (url, redacted) in urls {
        assert_eq!(redacted_url(url), redacted);
    }
}

#[test]
fn a_server_s_attributes() {
    let parts = parts(
        "GET",
        "/users/7?sig=abc&page=2",
        &[("host", "example.com:8080"), ("user-agent", "curl/8"), ("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https")],
    );
    let served = Served::new(&parts, Some(peer_address()), Scheme::Http, 0);
    let method = known(&parts.method);
    assert_eq!(
        written(|attributes| served.attributes(&method, attributes)),
        [
            "url.path=/users/7",
            "url.query=sig=REDACTED&page=2",
            "server.address=example.com",
            "server.port=8080",
            "client.address=10.0.0.9",
            "network.peer.address=10.0.0.9",
            "network.peer.port=4711",
            "user_agent.original=curl/8",
        ]
    );
    assert_eq!(written(|labels| labels.extend(served.first_labels(&method))), ["http.request.method=GET", "url.scheme=http"]);
    assert_eq!(
        written(|labels| labels.extend(served.more_labels(Some("/users/{id}")).into_iter().flatten())),
        ["network.protocol.version=1.1", "http.route=/users/{id}"]
    );
}

#[test]
fn a_server_s_attributes_behind_a_proxy_that_is_trusted() {
    let headers =
        [("host", "inner:80"), ("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "example.com")];
    let parts = parts("POST", "/", &headers);
    let served = Served::new(&parts, Some(peer_address()), Scheme::Http, 1);
    assert_eq!(
        written(|attributes| served.attributes(&known(&parts.method), attributes)),
        [
            "url.path=/",
            "server.address=example.com",
            "server.port=443",
            "client.address=1.2.3.4",
            "network.peer.address=10.0.0.9",
            "network.peer.port=4711",
        ]
    );
}

#[test]
fn where_a_server_is_and_what_its_scheme_is() {
    // The URL and the header; the address, the port, the scheme.
    let cases = [
        ("/", Some("example.com"), Some(("example.com", "80")), "http"),
        ("/", Some("[::1]:8080"), Some(("::1", "8080")), "http"),
        ("https://absolute.example/a", Some("other.example:1"), Some(("absolute.example", "443")), "https"),
        ("gopher://absolute.example/a", None, Some(("absolute.example", "80")), "http"),
        ("/", Some("not a host"), None, "http"),
        ("/", Some(""), None, "http"),
        ("/", None, None, "http"),
    ];
    for (uri, host, server, scheme) in cases {
        let headers: Vec<(&str, &str)> = host.map(|host| ("host", host)).into_iter().collect();
        let parts = parts("GET", uri, &headers);
        let served = Served::new(&parts, None, Scheme::Http, 0);
        let method = known(&parts.method);
        let attributes = written(|attributes| {
            attributes.extend(served.first_labels(&method));
            served.attributes(&method, attributes);
        });
        let value = |key: &str| attributes.iter().find_map(|attribute| Some(attribute.strip_prefix(key)?.strip_prefix('=')?.to_owned()));
        let expected = server.map(|(address, port)| (address.to_owned(), port.to_owned()));
        assert_eq!(value("server.address").zip(value("server.port")), expected, "{uri} {host:?}");
        assert_eq!(value("url.scheme").as_deref(), Some(scheme), "{uri}");
        assert_eq!((value("client.address"), value("network.peer.address")), (None, None));
    }
}

#[test]
fn hosts_and_ports_are_what_the_library_reads() {
    let texts = [
        "example.com",
        "a-1.b:8080",
        "10.0.0.1:080",
        "a:",
        "a:65536",
        "a:b",
        "[::1]:80",
        "me:secret@a:1",
        "me@a",
        "a_b:1",
        "a%20b",
        ":1",
        "",
    ];
    for text in texts {
        let read = with_host_and_port(text, |host, port| (host.to_owned(), port));
        let authority = text.parse::<Authority>().ok().filter(|authority| !authority.host().is_empty());
        let expected = authority.map(|authority| (authority.host().trim_matches(['[', ']']).to_owned(), authority.port_u16()));
        assert_eq!(read, expected, "{text}");
    }
}

#[test]
fn whom_proxies_are_believed() {
    /// The headers, how many proxies are trusted, whom they saw.
    type Case = (&'static [(&'static str, &'static str)], usize, Option<IpAddr>);
    let client = |address: [u8; 4]| Some(IpAddr::V4(Ipv4Addr::from(address)));
    let (one, two, three) = (client([1, 1, 1, 1]), client([2, 2, 2, 2]), client([3, 3, 3, 3]));
    let cases: [Case; 14] = [
        (&[("x-forwarded-for", "1.1.1.1, 2.2.2.2, 3.3.3.3")], 0, None),
        (&[("x-forwarded-for", "1.1.1.1, 2.2.2.2, 3.3.3.3")], 1, three),
        (&[("x-forwarded-for", "1.1.1.1, 2.2.2.2, 3.3.3.3")], 2, two),
        (&[("x-forwarded-for", "1.1.1.1, 2.2.2.2, 3.3.3.3")], 3, one),
        (&[("x-forwarded-for", "1.1.1.1, 2.2.2.2, 3.3.3.3")], 9, one),
        (&[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "2.2.2.2")], 1, two),
        (&[("x-forwarded-for", "2.2.2.2:4711")], 1, two),
        (&[("x-forwarded-for", "<script>")], 1, None),
        (&[("forwarded", "for=1.1.1.1, For=\"2.2.2.2:4711\";proto=https")], 1, two),
        (&[("forwarded", "for=1.1.1.1;host=\"a, b\", for=2.2.2.2")], 2, one),
        (&[("forwarded", "for=unknown")], 1, None),
        (&[("forwarded", "proto=https;by=3.3.3.3")], 1, None),
        (&[("forwarded", "for=2.2.2.2"), ("x-forwarded-for", "1.1.1.1")], 1, two),
        (&[], 1, None),
    ];
    for (headers, proxies, expected) in cases {
        assert_eq!(Forwarded::read(&parts("GET", "/", headers).headers, proxies).client, expected, "{headers:?} by {proxies}");
    }
    let six = parts("GET", "/", &[("forwarded", "for=\"[2001:db8::1]:4711\";proto=https;host=\"example.com:8443\"")]);
    let expected = Forwarded {
        client: Some("2001:db8::1".parse().unwrap()),
        scheme: Some("https".to_owned()),
        host: Some("example.com:8443".to_owned()),
    };
    assert_eq!(Forwarded::read(&six.headers, 1), expected);
}

#[test]
fn a_client_s_attributes() {
    let uri: Uri = "https://me:secret@api.example.com/users/7?sig=abc".parse().unwrap();
    let headers = HeaderMap::new();
    let mut asked = Asked::new(&Method::GET, &uri, &headers);
    (asked.fragment, asked.template, asked.resends) = (Some("top"), Some("/users/{id}"), 2);
    let method = known(&Method::GET);
    assert_eq!(
        written(|attributes| asked.attributes(&method, attributes)),
        ["url.full=https://REDACTED:REDACTED@api.example.com/users/7?sig=REDACTED#top", "http.request.resend_count=2",]
    );
    assert_eq!(
        written(|labels| labels.extend(asked.labels(&method).into_iter().flatten())),
        ["http.request.method=GET", "server.address=api.example.com", "server.port=443", "url.template=/users/{id}"]
    );
    assert_eq!(asked.host(), Some("api.example.com"));
    let tunnel: Uri = "api.example.com:443".parse().unwrap();
    let asked = Asked::new(&Method::CONNECT, &tunnel, &headers);
    assert_eq!(written(|attributes| asked.attributes(&known(&Method::CONNECT), attributes)), ["url.full=api.example.com:443"]);
    let tunnel = Uri::from_static("me:s3cr3t@api.example.com:443");
    let asked = Asked::new(&Method::CONNECT, &tunnel, &headers);
    assert_eq!(written(|attributes| asked.attributes(&known(&Method::CONNECT), attributes)), ["url.full=api.example.com:443"]);
}

#[test]
fn a_client_s_attributes_where_the_url_has_no_host() {
    let parts = parts("ACL", "/a?b=c", &[("host", "localhost:8080")]);
    let asked = Asked::new(&parts.method, &parts.uri, &parts.headers);
    assert_eq!(
        written(|attributes| asked.attributes(&known(&parts.method), attributes)),
        ["url.full=http://localhost:8080/a?b=c", "http.request.method_original=ACL",]
    );
    assert_eq!(
        written(|labels| labels.extend(asked.labels(&known(&parts.method)).into_iter().flatten())),
        ["http.request.method=_OTHER", "server.address=localhost", "server.port=8080"]
    );
}

#[test]
fn outcomes_by_status() {
    // The status; whether it is an error to a server, and to a client.
    let cases =
        [(100, false, false), (101, false, false), (200, false, false), (304, false, false), (400, false, true), (404, false, true)];
    let more = [(499, false, true), (500, true, true), (503, true, true), (599, true, true), (600, false, true), (999, false, true)];
    for (code, to_server, to_client) in cases.into_iter().chain(more) {
        let status = StatusCode::from_u16(code).unwrap();
        for (outcome, is_error) in [(served_outcome(status), to_server), (asked_outcome(status), to_client)] {
            let expected = is_error.then(|| code.to_string());
            assert_eq!(outcome.error_type().map(Cow::into_owned), expected, "{code}");
        }
    }
}

#[test]
fn versions_and_headers() {
    let versions =
        [(Version::HTTP_09, "0.9"), (Version::HTTP_10, "1.0"), (Version::HTTP_11, "1.1"), (Version::HTTP_2, "2"), (Version::HTTP_3, "3")];
    for (version, expected) in versions {
        assert_eq!(protocol_version(version), Some(Attribute::fixed("network.protocol.version", expected)));
    }
    let parts = parts("GET", "/", &[("accept", "text/html"), ("accept", "text/plain")]);
    let name = HeaderName::from_static("accept");
    let attribute = header(&request_header(&name), &name, &parts.headers).unwrap();
    assert_eq!(format!("{}={}", attribute.key, attribute.value), "http.request.header.accept=[\"text/html\",\"text/plain\"]");
    let absent = HeaderName::from_static("x-none");
    assert_eq!(header(&response_header(&absent), &absent, &parts.headers), None);
}
