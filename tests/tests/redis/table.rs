//! What is known of commands, held against what a server says of its own.

use otel_runtime::redis::Query;
use redis::Value;
use tests::brokers::Broker;

use super::client;

/// Commands of which more is shown than keys: names of fields, groups, channels and the like.
const NAMES: [&str; 24] = [
    "BITOP",
    "HDEL",
    "HEXISTS",
    "HGET",
    "HINCRBY",
    "HINCRBYFLOAT",
    "HMGET",
    "HMSET",
    "HSET",
    "HSETNX",
    "HSTRLEN",
    "PFDEBUG",
    "PSUBSCRIBE",
    "PUBLISH",
    "PUNSUBSCRIBE",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "XGROUP CREATE",
    "XGROUP CREATECONSUMER",
    "XGROUP DELCONSUMER",
    "XGROUP DESTROY",
    "XGROUP SETID",
    "XINFO CONSUMERS",
    "XINFO GROUPS",
];

/// Commands that name their keys in a way of their own, which the tables of the conventions have.
const MOVABLE: [&str; 8] = ["EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO", "MIGRATE", "ZDIFFSTORE", "ZINTERSTORE", "ZUNIONSTORE"];

/// A command, by what the server says of it.
struct Command {
    name: String,
    arguments: usize,
    keys: (i64, i64, i64),
}

fn integer(value: &Value) -> i64 {
    match value {
        Value::Int(value) => *value,
        other => panic!("{other:?} is no number"),
    }
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) | Value::Set(values) => values,
        other => panic!("{other:?} is no list"),
    }
}

fn read(value: &Value, into: &mut Vec<Command>) {
    let [name, arity, _, first, last, step, _, _, _, subcommands] = list(value) else { panic!("{value:?}") };
    let name = match name {
        Value::BulkString(name) => String::from_utf8_lossy(name).to_uppercase().replace('|', " "),
        Value::SimpleString(name) => name.to_uppercase().replace('|', " "),
        other => panic!("{other:?} is no name"),
    };
    let words = name.split(' ').count();
    let arguments = usize::try_from(integer(arity).abs()).expect("it is small").max(words + 4) - words;
    into.push(Command { name, arguments, keys: (integer(first), integer(last), integer(step)) });
    for subcommand in list(subcommands) {
        read(subcommand, into);
    }
}

impl Command {
    /// Whether an argument is a key, by the server's account, which counts the name.
    fn is_key(&self, argument: usize) -> bool {
        let (first, last, step) = self.keys;
        let words = self.name.split(' ').count();
        let position = i64::try_from(argument + words).expect("it is small");
        let end = i64::try_from(self.arguments + words).expect("it is small");
        let last = if last < 0 { end + last } else { last };
        first > 0 && (first..=last).contains(&position) && (position - first) % step == 0
    }
}

#[tokio::test]
async fn every_command_is_known_and_shows_its_keys_alone() {
    let Some(broker) = Broker::redis() else { return };
    let mut connection = client(&broker).get_multiplexed_async_connection().await.expect("the server listens");
    let said: Value = redis::cmd("COMMAND").query_async(&mut connection).await.expect("it answers");
    let mut commands = Vec::new();
    for command in list(&said) {
        read(command, &mut commands);
    }
    assert!(commands.len() > 200, "{}", commands.len());
    for command in &commands {
        let arguments: Vec<String> = (0..command.arguments).map(|index| format!("argument{index}")).collect();
        let words: Vec<&str> = command.name.split(' ').chain(arguments.iter().map(String::as_str)).collect();
        let query = Query::new(&words);
        assert_eq!(query.operation_name(), command.name);
        let text = query.text().strip_prefix(&command.name).unwrap_or_else(|| panic!("{}", query.text()));
        let shown: Vec<&str> = text.split_whitespace().collect();
        assert_eq!(shown.len(), arguments.len(), "{}", query.text());
        for (index, shown) in shown.iter().enumerate() {
            let (name, is_shown) = (&*command.name, *shown != "?");
            if !MOVABLE.contains(&name) && (command.is_key(index) || !NAMES.contains(&name)) {
                assert_eq!(is_shown, command.is_key(index), "argument {index} of {}", query.text());
            }
        }
    }
}
