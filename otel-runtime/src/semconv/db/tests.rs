//! What is the same for all databases.

use opentelemetry::KeyValue;

use super::{Database, message, peer, peer_socket};

#[test]
fn names_are_those_of_the_conventions() {
    let mut database = Database::new("postgresql");
    assert_eq!((database.target(), database.pool_name()), ("postgresql".to_owned(), "postgresql".to_owned()));
    (database.address, database.port) = (Some("db.example".to_owned()), Some(5432));
    assert_eq!((database.target(), database.pool_name()), ("db.example:5432".to_owned(), "db.example:5432".to_owned()));
    database.namespace = Some("shop".to_owned());
    assert_eq!((database.target(), database.pool_name()), ("shop".to_owned(), "db.example:5432/shop".to_owned()));
    let keys = |database: &Database| database.attributes().iter().map(|attribute| attribute.key.to_string()).collect::<Vec<_>>();
    assert_eq!(keys(&database), ["db.system.name", "db.namespace", "server.address"]);
    database.port = Some(5433);
    assert_eq!(keys(&database), ["db.system.name", "db.namespace", "server.address", "server.port"]);
    database.system = "redis".into();
    assert_eq!(database.target(), "db.example:5433", "a number is no name");
    database.port = Some(6379);
    assert_eq!(keys(&database), ["db.system.name", "db.namespace", "server.address"]);
}

#[test]
fn a_peer_is_known_by_its_address() {
    let text =
        |attributes: Vec<KeyValue>| attributes.iter().map(|KeyValue { key, value, .. }| format!("{key}={value}")).collect::<Vec<_>>();
    assert_eq!(text(peer("127.0.0.1", 6380)), ["network.peer.address=127.0.0.1", "network.peer.port=6380"]);
    assert_eq!(text(peer("::1", 6379)), ["network.peer.address=::1", "network.peer.port=6379"]);
    assert!(peer("redis.example", 6379).is_empty());
    assert_eq!(text(peer_socket("/run/redis.sock")), ["network.peer.address=/run/redis.sock", "network.transport=unix"]);
}

#[test]
fn messages_say_nothing_that_the_text_does_not() {
    for (text, said, exported) in [
        ("SELECT * FROM userz", r#"relation "userz" does not exist"#, r#"relation "userz" does not exist"#),
        ("INSERT INTO t VALUES (?)", "Duplicate entry 'a@b' for key 'email'", "Duplicate entry ?"),
        ("SELECT ?", r#"unrecognized token: "'se"cret""#, "unrecognized token: ?"),
        ("SELECT ?::int", r#"invalid input syntax for type integer: "x" at 3"#, "invalid input syntax for type integer: ? at 3"),
        ("SELECT ?", "near 'never closed", "near ?"),
        ("WHAT ?", "unknown command 'WHAT', with args beginning with: 'a' ", "unknown command ?"),
        ("SELECT ?", "no quotes", "no quotes"),
    ] {
        assert_eq!(message(said, text), exported);
    }
}
