//! The commands of Redis, of Valkey and of Redis's modules, and which of their arguments may be exported.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A command of which there are few, so that its name may be a label.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// As Redis lists it, with its subcommand.
    pub(super) name: &'static str,
    pub(super) arguments: Arguments,
    /// How many words the name has.
    pub(super) words: usize,
}

/// Which arguments after the name are keys, or names like these: all others are values, and stay at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arguments {
    /// So many of the first ones.
    First(usize),
    All,
    AllButLast,
    /// So many of the first ones, and of the rest every other one: `HSET key field ? field ?`.
    Pairs(usize),
    /// So many of the first ones, then a number of keys, and the keys.
    Counted(usize),
    /// Two numbers for one: what is before the number of keys is a value, such as the text of a script.
    CountedAfterValue,
    /// The first half of what is after the word `STREAMS`.
    Streams,
}

use Arguments::{All, AllButLast, Counted, CountedAfterValue, First, Pairs, Streams};

/// Commands by their arguments. What is not sure to be a key is none: passwords, scripts, patterns, members, channels' messages.
#[rustfmt::skip]
const COMMANDS: &[(Arguments, &[&str])] = &[
    (First(0), &[
        "ASKING", "AUTH", "BGREWRITEAOF", "BGSAVE", "COMMAND", "DBSIZE", "DEBUG", "DISCARD", "ECHO", "EXEC", "FAILOVER", "FLUSHALL", "FLUSHDB", "HELLO",
        "INFO", "KEYS", "LASTSAVE", "LOLWUT", "MIGRATE", "MONITOR", "MSETEX", "MULTI", "PFSELFTEST", "PING", "PSYNC", "QUIT", "RANDOMKEY", "READONLY", "READWRITE",
        "REPLCONF", "REPLICAOF", "RESET", "ROLE", "SAVE", "SCAN", "SELECT", "SHUTDOWN", "SLAVEOF", "SWAPDB", "SYNC", "TIME", "UNWATCH", "WAIT", "WAITAOF",
        "ACL", "ACL CAT", "ACL DELUSER", "ACL DRYRUN", "ACL GENPASS", "ACL GETUSER", "ACL HELP", "ACL LIST", "ACL LOAD", "ACL LOG", "ACL SAVE",
        "ACL SETUSER", "ACL USERS", "ACL WHOAMI",
        "CLIENT", "CLIENT CACHING", "CLIENT GETNAME", "CLIENT GETREDIR", "CLIENT HELP", "CLIENT ID", "CLIENT INFO", "CLIENT KILL", "CLIENT LIST",
        "CLIENT NO-EVICT", "CLIENT NO-TOUCH", "CLIENT PAUSE", "CLIENT REPLY", "CLIENT SETINFO", "CLIENT SETNAME", "CLIENT TRACKING",
        "CLIENT TRACKINGINFO", "CLIENT UNBLOCK", "CLIENT UNPAUSE",
        "CLUSTER", "CLUSTER ADDSLOTS", "CLUSTER ADDSLOTSRANGE", "CLUSTER BUMPEPOCH", "CLUSTER COUNT-FAILURE-REPORTS", "CLUSTER COUNTKEYSINSLOT",
        "CLUSTER DELSLOTS", "CLUSTER DELSLOTSRANGE", "CLUSTER FAILOVER", "CLUSTER FLUSHSLOTS", "CLUSTER FORGET", "CLUSTER GETKEYSINSLOT",
        "CLUSTER HELP", "CLUSTER INFO", "CLUSTER KEYSLOT", "CLUSTER LINKS", "CLUSTER MEET", "CLUSTER MYID", "CLUSTER MYSHARDID", "CLUSTER NODES",
        "CLUSTER REPLICAS", "CLUSTER REPLICATE", "CLUSTER RESET", "CLUSTER SAVECONFIG", "CLUSTER SET-CONFIG-EPOCH", "CLUSTER SETSLOT",
        "CLUSTER SHARDS", "CLUSTER SLAVES", "CLUSTER SLOT-STATS", "CLUSTER SLOTS",
        "COMMAND COUNT", "COMMAND DOCS", "COMMAND GETKEYS", "COMMAND GETKEYSANDFLAGS", "COMMAND HELP", "COMMAND INFO", "COMMAND LIST",
        "CONFIG", "CONFIG GET", "CONFIG HELP", "CONFIG RESETSTAT", "CONFIG REWRITE", "CONFIG SET",
        "FUNCTION", "FUNCTION DELETE", "FUNCTION DUMP", "FUNCTION FLUSH", "FUNCTION HELP", "FUNCTION KILL", "FUNCTION LIST", "FUNCTION LOAD",
        "FUNCTION RESTORE", "FUNCTION STATS",
        "LATENCY", "LATENCY DOCTOR", "LATENCY GRAPH", "LATENCY HELP", "LATENCY HISTOGRAM", "LATENCY HISTORY", "LATENCY LATEST", "LATENCY RESET",
        "MEMORY", "MEMORY DOCTOR", "MEMORY HELP", "MEMORY MALLOC-STATS", "MEMORY PURGE", "MEMORY STATS",
        "MODULE", "MODULE HELP", "MODULE LIST", "MODULE LOAD", "MODULE LOADEX", "MODULE UNLOAD",
        "OBJECT", "OBJECT HELP", "PUBSUB", "PUBSUB CHANNELS", "PUBSUB HELP", "PUBSUB NUMPAT", "PUBSUB NUMSUB", "PUBSUB SHARDCHANNELS", "PUBSUB SHARDNUMSUB",
        "SCRIPT", "SCRIPT DEBUG", "SCRIPT EXISTS", "SCRIPT FLUSH", "SCRIPT HELP", "SCRIPT KILL", "SCRIPT LOAD", "SCRIPT SHOW",
        "SLOWLOG", "SLOWLOG GET", "SLOWLOG HELP", "SLOWLOG LEN", "SLOWLOG RESET", "XGROUP", "XGROUP HELP", "XINFO", "XINFO HELP",
        "FT._LIST", "TS.MGET", "TS.MRANGE", "TS.MREVRANGE", "TS.QUERYINDEX",
    ]),
    (First(1), &[
        "APPEND", "BITCOUNT", "BITFIELD", "BITFIELD_RO", "BITPOS", "DECR", "DECRBY", "DELEX", "DELIFEQ", "DIGEST", "DUMP", "EXPIRE", "EXPIREAT",
        "EXPIRETIME", "GEOADD", "GEODIST", "GEOHASH", "GEOPOS", "GEORADIUS", "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO", "GEOSEARCH",
        "GET", "GETBIT", "GETDEL", "GETEX", "GETRANGE", "GETSET", "HEXPIRE", "HEXPIREAT", "HEXPIRETIME", "HGETALL", "HGETDEL", "HGETEX", "HKEYS", "HLEN",
        "HPERSIST", "HPEXPIRE", "HPEXPIREAT", "HPEXPIRETIME", "HPTTL", "HRANDFIELD", "HSCAN", "HSETEX", "HTTL", "HVALS", "INCR", "INCRBY", "INCRBYFLOAT",
        "LINDEX", "LINSERT", "LLEN", "LPOP", "LPOS", "LPUSH", "LPUSHX", "LRANGE", "LREM", "LSET", "LTRIM", "MEMORY USAGE", "MOVE", "OBJECT ENCODING",
        "OBJECT FREQ", "OBJECT IDLETIME", "OBJECT REFCOUNT", "PERSIST", "PEXPIRE", "PEXPIREAT", "PEXPIRETIME", "PFADD", "PSETEX", "PTTL", "PUBLISH",
        "RESTORE", "RESTORE-ASKING", "RPOP", "RPUSH", "RPUSHX", "SADD", "SCARD", "SET", "SETBIT", "SETEX", "SETNX", "SETRANGE", "SISMEMBER", "SMEMBERS",
        "SMISMEMBER", "SORT", "SORT_RO", "SPOP", "SPUBLISH", "SRANDMEMBER", "SREM", "SSCAN", "STRLEN", "SUBSTR", "TTL", "TYPE", "XACK", "XACKDEL", "XADD",
        "XAUTOCLAIM", "XCLAIM", "XDEL", "XDELEX", "XINFO STREAM", "XLEN", "XPENDING", "XRANGE", "XREVRANGE", "XSETID", "XTRIM", "ZADD", "ZCARD", "ZCOUNT",
        "ZINCRBY", "ZLEXCOUNT", "ZMSCORE", "ZPOPMAX", "ZPOPMIN", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX", "ZRANGEBYSCORE", "ZRANK", "ZREM",
        "ZREMRANGEBYLEX", "ZREMRANGEBYRANK", "ZREMRANGEBYSCORE", "ZREVRANGE", "ZREVRANGEBYLEX", "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE",
        "BF.ADD", "BF.CARD", "BF.EXISTS", "BF.INFO", "BF.INSERT", "BF.LOADCHUNK", "BF.MADD", "BF.MEXISTS", "BF.RESERVE", "BF.SCANDUMP",
        "CF.ADD", "CF.ADDNX", "CF.COUNT", "CF.DEL", "CF.EXISTS", "CF.INFO", "CF.INSERT", "CF.INSERTNX", "CF.LOADCHUNK", "CF.MEXISTS", "CF.RESERVE",
        "CF.SCANDUMP", "CMS.INCRBY", "CMS.INFO", "CMS.INITBYDIM", "CMS.INITBYPROB", "CMS.MERGE", "CMS.QUERY",
        "FT.AGGREGATE", "FT.ALIASADD", "FT.ALIASDEL", "FT.ALIASUPDATE", "FT.ALTER", "FT.CONFIG", "FT.CREATE", "FT.CURSOR", "FT.DICTADD", "FT.DICTDEL",
        "FT.DICTDUMP", "FT.DROPINDEX", "FT.EXPLAIN", "FT.EXPLAINCLI", "FT.HYBRID", "FT.INFO", "FT.PROFILE", "FT.SEARCH", "FT.SPELLCHECK", "FT.SUGADD", "FT.SUGDEL",
        "FT.SUGGET", "FT.SUGLEN", "FT.SYNDUMP", "FT.SYNUPDATE", "FT.TAGVALS",
        "JSON.ARRAPPEND", "JSON.ARRINDEX", "JSON.ARRINSERT", "JSON.ARRLEN", "JSON.ARRPOP", "JSON.ARRTRIM", "JSON.CLEAR", "JSON.DEBUG", "JSON.DEL",
        "JSON.FORGET", "JSON.GET", "JSON.MERGE", "JSON.NUMINCRBY", "JSON.NUMMULTBY", "JSON.OBJKEYS", "JSON.OBJLEN", "JSON.RESP", "JSON.SET",
        "JSON.STRAPPEND", "JSON.STRLEN", "JSON.TOGGLE", "JSON.TYPE",
        "TDIGEST.ADD", "TDIGEST.BYRANK", "TDIGEST.BYREVRANK", "TDIGEST.CDF", "TDIGEST.CREATE", "TDIGEST.INFO", "TDIGEST.MAX", "TDIGEST.MERGE",
        "TDIGEST.MIN", "TDIGEST.QUANTILE", "TDIGEST.RANK", "TDIGEST.RESET", "TDIGEST.REVRANK", "TDIGEST.TRIMMED_MEAN",
        "TOPK.ADD", "TOPK.COUNT", "TOPK.INCRBY", "TOPK.INFO", "TOPK.LIST", "TOPK.QUERY", "TOPK.RESERVE",
        "TS.ADD", "TS.ALTER", "TS.CREATE", "TS.DECRBY", "TS.DEL", "TS.GET", "TS.INCRBY", "TS.INFO", "TS.MADD", "TS.RANGE", "TS.REVRANGE",
        "VADD", "VCARD", "VDIM", "VEMB", "VGETATTR", "VINFO", "VISMEMBER", "VLINKS", "VRANDMEMBER", "VRANGE", "VREM", "VSETATTR", "VSIM",
    ]),
    (First(2), &[
        "BLMOVE", "BRPOPLPUSH", "COPY", "GEOSEARCHSTORE", "HEXISTS", "HGET", "HINCRBY", "HINCRBYFLOAT", "HSETNX", "HSTRLEN", "LCS", "LMOVE", "PFDEBUG",
        "RENAME", "RENAMENX", "RPOPLPUSH", "SMOVE", "TS.CREATERULE", "TS.DELETERULE", "XGROUP CREATE", "XGROUP DESTROY", "XGROUP SETID",
        "XINFO CONSUMERS", "XINFO GROUPS", "ZRANGESTORE",
    ]),
    (First(3), &["XGROUP CREATECONSUMER", "XGROUP DELCONSUMER"]),
    (All, &[
        "BITOP", "DEL", "EXISTS", "HDEL", "HMGET", "MGET", "PFCOUNT", "PFMERGE", "PSUBSCRIBE", "PUNSUBSCRIBE", "SDIFF", "SDIFFSTORE", "SINTER",
        "SINTERSTORE", "SSUBSCRIBE", "SUBSCRIBE", "SUNION", "SUNIONSTORE", "SUNSUBSCRIBE", "TOUCH", "UNLINK", "UNSUBSCRIBE", "WATCH",
    ]),
    (AllButLast, &["BLPOP", "BRPOP", "BZPOPMAX", "BZPOPMIN", "JSON.MGET"]),
    (Pairs(0), &["MSET", "MSETNX"]),
    (Pairs(1), &["HMSET", "HSET"]),
    (Counted(0), &["LMPOP", "SINTERCARD", "ZDIFF", "ZINTER", "ZINTERCARD", "ZMPOP", "ZUNION"]),
    (Counted(1), &["EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO", "ZDIFFSTORE", "ZINTERSTORE", "ZUNIONSTORE"]),
    (CountedAfterValue, &["BLMPOP", "BZMPOP", "EVAL", "EVAL_RO"]),
    (Streams, &["XREAD", "XREADGROUP"]),
];

/// Bytes of the longest name.
const LONGEST: usize = 32;

static KNOWN: LazyLock<HashMap<&'static str, Known>> = LazyLock::new(|| {
    let commands = COMMANDS.iter().flat_map(|(arguments, names)| names.iter().map(|name| (*name, *arguments)));
    commands.map(|(name, arguments)| (name, Known { name, arguments, words: name.split(' ').count() })).collect()
});

/// The command that begins with these words, whatever their case.
pub(super) fn find(first: &[u8], second: Option<&[u8]>) -> Option<&'static Known> {
    let mut name = Name { bytes: [0; LONGEST], length: 0 };
    if first.contains(&b' ') {
        return None;
    }
    name.push(first)?;
    let alone = KNOWN.get(name.as_str()?);
    let both = second.and_then(|second| {
        name.push(b" ")?;
        name.push(second)?;
        KNOWN.get(name.as_str()?)
    });
    both.or(alone)
}

/// A name in capitals, of a length that a known one may have.
struct Name {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Name {
    fn push(&mut self, word: &[u8]) -> Option<()> {
        let place = self.bytes.get_mut(self.length..self.length + word.len())?;
        place.copy_from_slice(word);
        place.make_ascii_uppercase();
        self.length += word.len();
        Some(())
    }

    fn as_str(&self) -> Option<&str> {
        str::from_utf8(&self.bytes[..self.length]).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_command_is_there_twice_or_too_long_to_be_found() {
        let names: Vec<&str> = COMMANDS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
        for name in names {
            let mut words = name.split(' ').map(str::as_bytes);
            let found = find(words.next().unwrap_or_default(), words.next());
            assert_eq!(found.map(|known| known.name), Some(name));
        }
    }

    #[test]
    fn a_command_is_found_with_its_subcommand_or_without() {
        for (first, second, name) in [
            ("get", None, Some("GET")),
            ("Get", Some("key"), Some("GET")),
            ("config", Some("set"), Some("CONFIG SET")),
            ("CONFIG", Some("NONE"), Some("CONFIG")),
            ("CONFIG", Some(&*"x".repeat(1_000)), Some("CONFIG")),
            ("CONFIG SET", None, None),
            ("PLEASE", Some("GET"), None),
            ("", Some("GET"), None),
        ] {
            let found = find(first.as_bytes(), second.map(str::as_bytes));
            assert_eq!(found.map(|known| known.name), name, "{first} {second:?}");
        }
    }
}
