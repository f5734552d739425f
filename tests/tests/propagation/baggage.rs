//! `baggage`: <https://www.w3.org/TR/baggage/>.

use otel_runtime::context::Context;
use otel_runtime::opentelemetry::baggage::{Baggage, BaggageExt};
use otel_runtime::propagation::{Format, Propagator};
use tests::propagation::{Headers, assert_valid, members};

use crate::received;

/// Name, value and properties.
type Member<'a> = (&'a str, &'a str, &'a str);

fn context(headers: &[&str]) -> Context {
    let headers: Vec<_> = headers.iter().map(|header| ("baggage", *header)).collect();
    received(Format::BAGGAGE, &headers)
}

fn sent(context: &Context) -> Option<String> {
    let sent = Headers::sent(&Propagator::new([Format::BAGGAGE]), context);
    assert_valid(&sent);
    sent.value("baggage").map(str::to_owned)
}

fn of(members: &[Member]) -> Context {
    let mut baggage = Baggage::new();
    for (key, value, properties) in members {
        baggage.insert_with_metadata((*key).to_owned(), (*value).to_owned(), *properties);
    }
    Context::new().with_baggage(baggage)
}

#[test]
fn what_is_received() {
    let cases: [(&[&str], &[Member]); 18] = [
        (&["a=1"], &[("a", "1", "")]),
        (&["a=1,b=2", "c=3"], &[("a", "1", ""), ("b", "2", ""), ("c", "3", "")]),
        (&[" a \t=\t 1 , b=2"], &[("a", "1", ""), ("b", "2", "")]),
        // A value may have any number of these.
        (&["a=b=c,d==,e=="], &[("a", "b=c", ""), ("d", "=", ""), ("e", "=", "")]),
        (&["a=,b="], &[("a", "", ""), ("b", "", "")]),
        // Values are percent-encoded, and what is no UTF-8 after that is replaced.
        (&["a=%2C%3B%25%5C%22%20x,b=%C3%a4"], &[("a", ",;%\\\" x", ""), ("b", "ä", "")]),
        (&["a=%ff%C3,b=2"], &[("a", "\u{fffd}\u{fffd}", ""), ("b", "2", "")]),
        (&["a=100%,b=%zz,c=%2"], &[("a", "100%", ""), ("b", "%zz", ""), ("c", "%2", "")]),
        // Names are not.
        (&["%41=1,a%20b=2"], &[("%41", "1", ""), ("a%20b", "2", "")]),
        (&["!#$%&'*+-.^_`|~09azAZ=1"], &[("!#$%&'*+-.^_`|~09azAZ", "1", "")]),
        // Properties stay as they are written.
        (&["a=1;p;q=%2Cx=1 ; r = 2"], &[("a", "1", "p;q=%2Cx=1;r=2")]),
        // What does not follow the grammar is left out as a whole, and the others stay.
        (&["a=1,nonsense,=2,b=3"], &[("a", "1", ""), ("b", "3", "")]),
        (&["a=x y,b=\"q\",c=\\,d=1"], &[("d", "1", "")]),
        (&["a b=1,a(=1,\u{e4}=1,d=1"], &[("d", "1", "")]),
        (&["a=1;,b=1;=2,c=1;p=\"q\",d=1"], &[("d", "1", "")]),
        (&["a=\u{e4},b=\u{7f},d=1", "\u{0}", "e=1"], &[("d", "1", ""), ("e", "1", "")]),
        // The last of a name counts.
        (&["a=1;p,b=2", "a=3"], &[("a", "3", ""), ("b", "2", "")]),
        (&["", " , ,"], &[]),
    ];
    for (headers, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|(k, v, p)| ((*k).to_owned(), (*v).to_owned(), (*p).to_owned())).collect();
        let mut received = members(&context(headers));
        received.sort();
        let mut sorted = expected.clone();
        sorted.sort();
        assert_eq!(received, sorted, "{headers:?}");
    }
}

#[test]
fn what_is_sent() {
    let cases: [(&[Member], Option<&str>); 10] = [
        (&[], None),
        (&[("b", "2", ""), ("a", "1", "")], Some("a=1,b=2")),
        (&[("a", "", "")], Some("a=")),
        (&[("a", "b=c", "")], Some("a=b=c")),
        (&[("a", " x,y;z\"\\%\n", "")], Some("a=%20x%2Cy%3Bz%22%5C%25%0A")),
        (&[("a", "ä€", "")], Some("a=%C3%A4%E2%82%AC")),
        (&[("%41", "%41", "")], Some("%41=%2541")),
        (&[("a", "1", "p;q=%2Cx")], Some("a=1;p;q=%2Cx")),
        // What would be another member is none.
        (&[("a", "1", "p=x,evil=1"), ("b", "1", "p,evil=1"), ("c", "1,evil=1", "")], Some("a=1;p=x%2Cevil=1,b=1,c=1%2Cevil=1")),
        (&[("a", "1", "p q;;r=\"x\";s= y z ")], Some("a=1;r=%22x%22;s=y%20z")),
    ];
    for (members, expected) in cases {
        assert_eq!(sent(&of(members)).as_deref(), expected, "{members:?}");
    }
}

#[test]
fn at_most_64_members_over_all_headers() {
    let text = |range: std::ops::Range<usize>| range.map(|number| format!("k{number:03}=v")).collect::<Vec<_>>().join(",");
    assert_eq!(sent(&context(&[&text(0..64)])), Some(text(0..64)));
    assert_eq!(sent(&context(&[&text(0..40), &text(40..70)])), Some(text(0..64)));
    // Those that are invalid, or there already, take no room.
    assert_eq!(sent(&context(&["nonsense,,=", &text(0..40), &text(0..64)])), Some(text(0..64)));
    let last = context(&[&text(0..64), "k000=new,k064=late"]);
    assert_eq!(last.baggage().get("k000").map(ToString::to_string), Some("new".to_owned()));
    assert_eq!(last.baggage().get("k064"), None);
}

#[test]
fn at_most_8192_bytes_over_all_headers_and_no_part_of_a_member() {
    let member = |key: &str, length: usize| format!("{key}={}", "v".repeat(length - key.len() - 1));
    let (half, other) = (member("a", 4096), member("b", 4095));
    let fits = format!("{half},{other}");
    assert_eq!(fits.len(), 8192);
    assert_eq!(sent(&context(&[&fits])), Some(fits.clone()));
    assert_eq!(sent(&context(&[&half, &other])), Some(fits));
    // One byte more: the one that has no room is left out, and a smaller one after it is not.
    let more = member("b", 4096);
    assert_eq!(sent(&context(&[&half, &more, "c=1"])), Some(format!("{half},c=1")));
    assert_eq!(sent(&context(&[&member("a", 8192)])), Some(member("a", 8192)));
    assert_eq!(sent(&context(&[&member("a", 8193)])), None);
}

#[test]
fn what_takes_more_room_encoded_is_counted_as_it_is_sent() {
    // 8000 bytes for the API, three times as many on the wire.
    let own = of(&[("a", &",".repeat(4000), ""), ("b", "2", ""), ("c", &" ".repeat(3000), "")]);
    assert_eq!(sent(&own), Some("b=2".to_owned()));
    // And what was received can be passed on: here three bytes become nine.
    let grows = format!("a={},b=2", "%ff".repeat(2000));
    let context = context(&[&grows]);
    assert_eq!(members(&context), [("b".to_owned(), "2".to_owned(), String::new())]);
    assert_eq!(sent(&context), Some("b=2".to_owned()));
}

#[test]
fn it_is_the_same_after_ten_hops() {
    let start = of(&[("a", "100%25 = 1,2;3", "p;q=%2Cx=1"), ("%41", "\u{fffd}ä\n", ""), ("c", "", "ttl=1")]);
    let propagator = Propagator::new([Format::BAGGAGE]);
    let mut context = start.clone();
    for _ in 0..10 {
        let headers = Headers::sent(&propagator, &context);
        context = otel_runtime::opentelemetry::propagation::TextMapPropagator::extract_with_context(&propagator, &Context::new(), &headers);
        assert_eq!(members(&context), members(&start));
    }
}
