//! The commands of SQL, and what follows them. Only these become names of operations, so that there are few.

/// What comes after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// Nothing that a summary has.
    Nothing,
    /// A query, whose tables come after `FROM`.
    Query,
    /// Tables, `FROM`, `JOIN` or `USING`.
    Tables,
    /// A table.
    Table,
    /// Something else that has a name.
    Object,
    /// What is created, altered or dropped, such as `TABLE`.
    Definition,
    /// A procedure.
    Procedure,
    /// Another command.
    Command,
    /// Names of queries, and then another command.
    Names,
}

const VERBS: &[(&str, After)] = &[
    ("SELECT", After::Query),
    ("INSERT", After::Table),
    ("UPDATE", After::Tables),
    ("DELETE", After::Query),
    ("MERGE", After::Table),
    ("REPLACE", After::Table),
    ("WITH", After::Names),
    ("CALL", After::Procedure),
    ("EXEC", After::Procedure),
    ("EXECUTE", After::Object),
    ("CREATE", After::Definition),
    ("ALTER", After::Definition),
    ("DROP", After::Definition),
    ("TRUNCATE", After::Tables),
    ("EXPLAIN", After::Command),
    ("TABLE", After::Table),
    ("COPY", After::Table),
    ("LOCK", After::Tables),
    ("ANALYZE", After::Table),
    ("VACUUM", After::Table),
    ("OPTIMIZE", After::Tables),
    ("REPAIR", After::Tables),
    ("CHECK", After::Tables),
    ("DESCRIBE", After::Object),
    ("DESC", After::Object),
    ("PRAGMA", After::Object),
    ("USE", After::Object),
    ("REINDEX", After::Object),
    ("REFRESH", After::Definition),
    ("LOAD", After::Query),
];

/// Commands that a summary has no target of: there is none, or it may be another one each time.
const PLAIN: &[&str] = &[
    "ABORT",
    "ATTACH",
    "BEGIN",
    "CHECKPOINT",
    "CLOSE",
    "CLUSTER",
    "COMMENT",
    "COMMIT",
    "DEALLOCATE",
    "DECLARE",
    "DETACH",
    "DISCARD",
    "DO",
    "END",
    "FETCH",
    "FLUSH",
    "GRANT",
    "HANDLER",
    "KILL",
    "LISTEN",
    "MOVE",
    "NOTIFY",
    "PREPARE",
    "RELEASE",
    "RENAME",
    "RESET",
    "REVOKE",
    "ROLLBACK",
    "SAVEPOINT",
    "SET",
    "SHOW",
    "START",
    "UNLISTEN",
    "UNLOCK",
    "VALUES",
    "XA",
];

/// What a command that is in capitals or not is followed by; `None` if it is no command.
pub(super) fn after(word: &str) -> Option<After> {
    let verb = VERBS.iter().find(|(verb, _)| verb.eq_ignore_ascii_case(word)).map(|(_, after)| *after);
    verb.or_else(|| PLAIN.iter().any(|verb| verb.eq_ignore_ascii_case(word)).then_some(After::Nothing))
}

/// What can be defined.
pub(super) const DEFINED: &[&str] = &[
    "AGGREGATE",
    "COLLATION",
    "DATABASE",
    "DOMAIN",
    "EVENT",
    "EXTENSION",
    "FUNCTION",
    "INDEX",
    "LANGUAGE",
    "OPERATOR",
    "POLICY",
    "PROCEDURE",
    "PUBLICATION",
    "ROLE",
    "RULE",
    "SCHEMA",
    "SEQUENCE",
    "SERVER",
    "STATISTICS",
    "SUBSCRIPTION",
    "SYSTEM",
    "TABLE",
    "TABLESPACE",
    "TRIGGER",
    "TYPE",
    "USER",
    "VIEW",
];

/// What is defined of a person, whose name is nobody's business.
pub(super) const PERSONAL: &[&str] = &["ROLE", "USER"];

/// Words between a command and the name of what it is about.
pub(super) const NO_NAMES: &[&str] = &[
    "CONCURRENTLY",
    "DELAYED",
    "EXISTS",
    "FULL",
    "HIGH_PRIORITY",
    "IF",
    "IGNORE",
    "INTO",
    "LATERAL",
    "LOW_PRIORITY",
    "NOT",
    "ON",
    "ONLY",
    "OR",
    "OVERWRITE",
    "QUICK",
    "TABLE",
    "TABLES",
    "TEMP",
    "TEMPORARY",
    "UNLOGGED",
    "VERBOSE",
];

/// After `OR`, in SQLite's `INSERT OR REPLACE INTO`.
pub(super) const CONFLICTS: &[&str] = &["ABORT", "FAIL", "IGNORE", "REPLACE", "ROLLBACK"];

/// With these ends a list of tables.
pub(super) const CLAUSES: &[&str] = &[
    "DUMPFILE",
    "EXCEPT",
    "FETCH",
    "FOR",
    "GROUP",
    "HAVING",
    "INTERSECT",
    "LIMIT",
    "OFFSET",
    "ORDER",
    "OUTFILE",
    "RETURNING",
    "SET",
    "UNION",
    "VALUES",
    "WHERE",
    "WINDOW",
];
