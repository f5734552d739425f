//! The conventions' rules for commands of Redis, by tables.

use proptest::prelude::*;

use super::super::{Database, TEXT_LIMIT};
use super::{OTHER, Query, SYSTEM, StatusCode, Together, Wanted};

/// The words of a line, which has no quotes.
fn words(line: &str) -> Vec<&[u8]> {
    line.split(' ').map(str::as_bytes).collect()
}

fn query(line: &str) -> Query {
    Query::new(words(line))
}

fn together(together: Together, lines: &[&str]) -> Query {
    let commands: Vec<_> = lines.iter().map(|line| words(line)).collect();
    Query::of_commands(together, commands.iter().map(|words| words.iter().copied()), Wanted::Keys)
}

#[test]
fn keys_stay_and_values_become_question_marks() {
    for (given, exported) in [
        ("PING", "PING"),
        ("PING hello", "PING ?"),
        ("GET cart:7", "GET cart:7"),
        ("get cart:7", "get cart:7"),
        ("SET cart:7 apples EX 60 NX", "SET cart:7 ? ? ? ?"),
        ("SETEX cart:7 60 apples", "SETEX cart:7 ? ?"),
        ("HMSET myhash field1 Hello field2 World", "HMSET myhash field1 ? field2 ?"),
        ("HGET myhash field1", "HGET myhash field1"),
        ("HSETNX myhash field1 Hello", "HSETNX myhash field1 ?"),
        ("HINCRBY myhash field1 5", "HINCRBY myhash field1 ?"),
        ("MSET a 1 b 2", "MSET a ? b ?"),
        ("MGET a b c", "MGET a b c"),
        ("DEL a b", "DEL a b"),
        ("RPUSH queue one two", "RPUSH queue ? ?"),
        ("BLPOP high low 5", "BLPOP high low ?"),
        ("BLMPOP 5 2 high low LEFT", "BLMPOP ? 2 high low ?"),
        ("LMPOP 2 high low LEFT", "LMPOP 2 high low ?"),
        ("ZADD board NX 10 ada", "ZADD board ? ? ?"),
        ("ZUNIONSTORE all 2 a b WEIGHTS 1 2", "ZUNIONSTORE all 2 a b ? ? ?"),
        ("SCAN 0 MATCH cart:* COUNT 10", "SCAN ? ? ? ? ?"),
        ("KEYS cart:*", "KEYS ?"),
        ("PUBLISH news hello", "PUBLISH news ?"),
        ("SUBSCRIBE news weather", "SUBSCRIBE news weather"),
        ("XADD orders * id 7", "XADD orders ? ? ?"),
        ("XREAD COUNT 2 STREAMS a b 0-0 0-0", "XREAD ? ? STREAMS a b ? ?"),
        ("XREADGROUP GROUP g ada streams orders >", "XREADGROUP ? ? ? streams orders ?"),
        ("XREAD COUNT 2", "XREAD ? ?"),
        ("XGROUP CREATE orders shipping $ MKSTREAM", "XGROUP CREATE orders shipping ? ?"),
        ("BITOP AND dest a b", "BITOP AND dest a b"),
        ("OBJECT ENCODING cart:7", "OBJECT ENCODING cart:7"),
        ("JSON.SET cart:7 $.a 1", "JSON.SET cart:7 ? ?"),
        ("FT.SEARCH idx @name:ada", "FT.SEARCH idx ?"),
        ("MSETEX 1 a s3cr3t", "MSETEX ? ? ?"),
    ] {
        assert_eq!(query(given).text(), exported, "{given}");
    }
}

#[test]
fn what_is_secret_stays_at_home() {
    for (given, exported) in [
        ("AUTH s3cr3t", "AUTH ?"),
        ("auth ada s3cr3t", "auth ? ?"),
        ("HELLO 3 AUTH ada s3cr3t SETNAME shop", "HELLO ? ? ? ? ? ?"),
        ("CONFIG SET requirepass s3cr3t", "CONFIG SET ? ?"),
        ("ACL SETUSER ada on >s3cr3t", "ACL SETUSER ? ? ?"),
        ("MIGRATE host 6379 key 0 5000 AUTH s3cr3t", "MIGRATE ? ? ? ? ? ? ?"),
        ("REPLICAOF s3cr3t 6379", "REPLICAOF ? ?"),
        ("EVAL s3cr3t 2 a b s3cr3t", "EVAL ? 2 a b ?"),
        ("EVAL s3cr3t s3cr3t s3cr3t", "EVAL ? ? ?"),
        ("EVAL s3cr3t -1 s3cr3t", "EVAL ? ? ?"),
        ("EVAL s3cr3t 99999999999999999999 s3cr3t", "EVAL ? ? ?"),
        ("EVALSHA b0c8ee 1 a s3cr3t", "EVALSHA b0c8ee 1 a ?"),
        ("FCALL reserve 1 stock s3cr3t", "FCALL reserve 1 stock ?"),
        ("SCRIPT LOAD s3cr3t", "SCRIPT LOAD ?"),
        ("FUNCTION LOAD s3cr3t", "FUNCTION LOAD ?"),
        ("MYMODULE.DO s3cr3t", "MYMODULE.DO ?"),
        ("s3cr3t! s3cr3t", "? ?"),
        ("CONFIG s3cr3t s3cr3t", "CONFIG ? ?"),
    ] {
        let query = query(given);
        assert_eq!(query.text(), exported, "{given}");
        assert!(!format!("{query:?}").contains("s3cr3t"), "{query:?}");
    }
}

#[test]
fn an_argument_is_written_as_for_the_cli() {
    for (key, written) in [
        (&b"cart:7"[..], "GET cart:7"),
        (b"", r#"GET """#),
        (b"?", r#"GET "?""#),
        (b"two words", r#"GET "two words""#),
        (b"a\"b\\c\n\r\t\0", r#"GET "a\"b\\c\n\r\t\x00""#),
        (b"\xff\xfek", r#"GET "\xff\xfek""#),
        ("größe".as_bytes(), "GET größe"),
        (b"; FLUSHALL", r#"GET "; FLUSHALL""#),
    ] {
        assert_eq!(Query::new([b"GET", key]).text(), written);
    }
}

#[test]
fn names_are_those_of_redis() {
    let database = Database::new(SYSTEM);
    for (given, operation, procedure, span) in [
        ("get a", "GET", None, "GET"),
        ("CONFIG GET dir", "CONFIG GET", None, "CONFIG GET"),
        ("XGROUP CREATE orders shipping $", "XGROUP CREATE", None, "XGROUP CREATE"),
        ("EVALSHA b0c8ee 1 a", "EVALSHA", Some("b0c8ee"), "EVALSHA"),
        ("FCALL reserve 1 stock", "FCALL", Some("reserve"), "FCALL reserve"),
        ("FCALL no=name 1 stock", "FCALL", None, "FCALL"),
        ("EVAL return 0", "EVAL", None, "EVAL"),
        ("MYMODULE.DO a", "MYMODULE.DO", None, "MYMODULE.DO"),
        ("MY.FCALL a 1 b", "MY.FCALL", None, "MY.FCALL"),
        ("what? a", OTHER, None, "redis"),
    ] {
        let query = query(given);
        assert_eq!((query.operation_name(), query.stored_procedure_name(), query.batch_size()), (operation, procedure, None), "{given}");
        assert_eq!(query.span_name(&database), span, "{given}");
    }
    let nothing = Query::new::<&str>([]);
    assert_eq!(nothing.operation_name(), OTHER);
    assert_eq!(
        nothing.span_name(&Database { address: Some("redis.example".to_owned()), port: Some(6380), ..Database::new(SYSTEM) }),
        "redis.example:6380"
    );
}

#[test]
fn commands_that_are_sent_together_are_a_batch() {
    use Together::{Pipeline, Transaction};
    for (how, lines, operation, size, text) in [
        (Pipeline, &["GET a", "GET b"][..], "PIPELINE GET", Some(2), "GET a; GET b"),
        (Pipeline, &["SET a 1", "GET a"], "PIPELINE", Some(2), "SET a ?; GET a"),
        (Pipeline, &["INCR a", "INCR a", "INCR a"], "PIPELINE INCR", Some(3), "INCR a"),
        (Pipeline, &["SET a 1", "SET a 2"], "PIPELINE SET", Some(2), "SET a ?"),
        (Pipeline, &["GET a"], "GET", None, "GET a"),
        (Pipeline, &[], "PIPELINE", Some(0), ""),
        (Pipeline, &["MY.DO a", "MY.DO b"], "PIPELINE", Some(2), "MY.DO ?"),
        (Transaction, &["INCR a", "INCR b"], "MULTI INCR", Some(2), "INCR a; INCR b"),
        (Transaction, &["INCR a", "DEL b"], "MULTI", Some(2), "INCR a; DEL b"),
        (Transaction, &["INCR a"], "INCR", None, "INCR a"),
    ] {
        let query = together(how, lines);
        assert_eq!((query.operation_name(), query.batch_size(), query.text()), (operation, size, text), "{lines:?}");
        assert_eq!(query.span_name(&Database::new(SYSTEM)), operation);
    }
}

#[test]
fn labels_are_few_whatever_is_called() {
    for (given, label) in [("get a", "GET"), ("MYMODULE.DO a", OTHER), ("what? a", OTHER)] {
        assert_eq!(query(given).label().value.as_str(), label);
    }
}

#[test]
fn without_keys_or_without_a_text() {
    let line = words("SET cart:7 apples");
    let read = |wanted| Query::of_command(line.iter().copied(), wanted);
    assert_eq!((read(Wanted::NoKeys).text(), read(Wanted::NoText).text()), ("SET ? ?", ""));
    assert_eq!(read(Wanted::NoText).operation_name(), "SET");
    let pipeline = [words("GET a"), words("DEL b")];
    let read = |wanted| Query::of_commands(Together::Pipeline, pipeline.iter().map(|words| words.iter().copied()), wanted);
    assert_eq!((read(Wanted::NoKeys).text(), read(Wanted::NoText).text()), ("GET ?; DEL ?", ""));
}

#[test]
fn long_texts_end_where_an_argument_does() {
    let keys: Vec<String> = (0..10_000).map(|index| format!("key:{index:05}")).collect();
    let query = Query::new(["MGET".to_owned()].iter().chain(&keys));
    assert!(query.text().len() <= TEXT_LIMIT && query.text().len() > TEXT_LIMIT - " key:00000".len(), "{}", query.text().len());
    let last = query.text().rsplit(' ').next();
    assert!(last.is_some_and(|last| last.len() == "key:00000".len()), "{last:?}");

    let long = vec![b'k'; TEXT_LIMIT + 1];
    assert_eq!(Query::new([&b"GET"[..], &long]).text(), "GET");

    let commands: Vec<_> = (0..2 * TEXT_LIMIT).map(|index| words(if index % 2 == 0 { "GET a" } else { "SET b c" })).collect();
    let query = Query::of_commands(Together::Pipeline, commands.iter().map(|words| words.iter().copied()), Wanted::Keys);
    assert_eq!(query.batch_size(), Some(2 * TEXT_LIMIT));
    assert!(query.text().len() <= TEXT_LIMIT && query.text().ends_with(['a', 'b', '?', 'T', ' ']), "{}", query.text().len());
}

#[test]
fn status_codes_are_prefixes() {
    for (given, code, label) in [
        ("WRONGTYPE", Some("WRONGTYPE"), "WRONGTYPE"),
        ("MOVED", Some("MOVED"), "MOVED"),
        ("NO_STOCK", Some("NO_STOCK"), OTHER),
        ("no stock of s3cr3t", None, OTHER),
        ("Ada", None, OTHER),
        ("", None, OTHER),
    ] {
        let status_code = StatusCode::new(given);
        assert_eq!(status_code.as_ref().map_or(OTHER, StatusCode::known), label, "{given}");
        assert_eq!(status_code.map(StatusCode::into_inner).as_deref(), code, "{given}");
    }
}

proptest! {
    #[test]
    fn no_value_is_exported(
        command in prop::sample::select(vec!["SET k", "HSET k f", "MSET k", "RPUSH k", "AUTH", "EVAL", "EVAL return 1 k", "FCALL f 0", "XADD k", "ZADD k 1", "CONFIG SET dir", "NO.SUCH k", "PUBLISH c"]),
        value in "s3cr3t[ -~]{0,20}",
    ) {
        let words: Vec<&[u8]> = command.split(' ').chain([&*value]).map(str::as_bytes).collect();
        let query = Query::new(&words);
        prop_assert!(!format!("{query:?}").contains("s3cr3t"), "{query:?}");
    }

    #[test]
    fn anything_can_be_read(commands in prop::collection::vec(prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..6), 0..6)) {
        let words = |command: &'_ Vec<Vec<u8>>| -> Vec<Vec<u8>> { command.clone() };
        for command in &commands {
            let query = Query::new(words(command));
            prop_assert!(query.text().len() <= TEXT_LIMIT && !query.operation_name().is_empty());
        }
        let query = Query::of_commands(Together::Transaction, commands.iter().map(|command| command.iter().map(Vec::as_slice)), Wanted::Keys);
        prop_assert_eq!(query.batch_size(), (commands.len() != 1).then_some(commands.len()));
    }
}
