//! The conventions' rules for texts of SQL, by tables.

use proptest::prelude::*;

use super::super::{Database, TEXT_LIMIT};
use super::Dialect::{self, MySql, Other, PostgreSql as Pg, Sqlite};
use super::tokens::Tokens;
use super::{Query, SUMMARY_LIMIT};

const ALL: [Dialect; 4] = [MySql, Pg, Sqlite, Other];

fn text(text: &str, dialect: Dialect) -> String {
    Query::new(text, dialect).text().to_owned()
}

#[test]
fn literals_become_question_marks() {
    let everywhere = [
        ("SELECT * FROM t WHERE a = 'x'", "SELECT * FROM t WHERE a = ?"),
        ("SELECT 'it''s', ''", "SELECT ?, ?"),
        ("SELECT 1, -2, 3.5, .5, 1e10, 2.5E-3, 1_000, 0xFF, 0b01", "SELECT ?, -?, ?, ?, ?, ?, ?, ?, ?"),
        ("SELECT X'00ff', b'01', N'name'", "SELECT ?, ?, ?"),
        ("SELECT TRUE, false, NULL", "SELECT ?, ?, NULL"),
        ("SELECT t.true FROM t", "SELECT t.true FROM t"),
        ("SELECT DATE '2020-01-01', INTERVAL '1 day'", "SELECT DATE ?, INTERVAL ?"),
        ("SELECT a1, t2.b3 FROM t2", "SELECT a1, t2.b3 FROM t2"),
        ("SELECT 'öffnen', größe FROM maße", "SELECT ?, größe FROM maße"),
        ("SELECT a FROM t LIMIT 10 OFFSET 20", "SELECT a FROM t LIMIT ? OFFSET ?"),
        ("SELECT 'never closed", "SELECT ?"),
        ("SELECT \"never closed", "SELECT ?"),
        ("", ""),
        ("   ", ""),
        ("\n  SELECT a\n  FROM t\n", "SELECT a\n  FROM t"),
    ];
    for (written, exported) in everywhere {
        for dialect in ALL {
            assert_eq!(text(written, dialect), exported, "{written} in {dialect:?}");
        }
    }
}

#[test]
fn dialects_have_their_literals() {
    let table = [
        (Pg, r"SELECT E'it\'s', 1", "SELECT ?, ?"),
        (Pg, r"SELECT 'c:\', 'x'", "SELECT ?, ?"),
        (Sqlite, r"SELECT 'c:\', 'x'", "SELECT ?, ?"),
        (MySql, r"SELECT 'it\'s', 'x'", "SELECT ?, ?"),
        (MySql, r#"SELECT "a ""b"" \" c", 1"#, "SELECT ?, ?"),
        (MySql, "SELECT _utf8mb4'x', N'y'", "SELECT _utf8mb4?, ?"),
        (Pg, "SELECT $$it's$$, $tag$ $$ $tag$, $1", "SELECT ?, ?, $1"),
        (Pg, "SELECT $tag$ never closed", "SELECT ?"),
        (Pg, "SELECT a[1:2], ARRAY[3, 4]", "SELECT a[?:?], ARRAY[?, ?]"),
        (Pg, "SELECT U&'d\\0061t'", "SELECT U&?"),
        (Sqlite, "SELECT * FROM t WHERE name = \"Ada\"", "SELECT * FROM t WHERE name = ?"),
        (Sqlite, "INSERT INTO t (\"name\") VALUES (\"Ada\", \"b\"), (\"c\", 1)", "INSERT INTO t (\"name\") VALUES (?, ?), (?, ?)"),
        (
            Sqlite,
            "SELECT \"a\" FROM \"t\" JOIN \"u\" ON \"t\".\"id\" = \"u\".\"id\"",
            "SELECT \"a\" FROM \"t\" JOIN \"u\" ON \"t\".\"id\" = \"u\".\"id\"",
        ),
        (Sqlite, "SELECT * FROM \"song list\", 'artists'", "SELECT * FROM \"song list\", 'artists'"),
        (Sqlite, "SELECT a IS DISTINCT FROM 'x' FROM t", "SELECT a IS DISTINCT FROM ? FROM t"),
        (Pg, "SELECT trim('x' FROM 'y')", "SELECT trim(? FROM ?)"),
    ];
    for (dialect, written, exported) in table {
        assert_eq!(text(written, dialect), exported, "{written} in {dialect:?}");
    }
}

#[test]
fn parameters_and_names_stay() {
    let table = [
        (Pg, "SELECT * FROM t WHERE a = $1 AND b = $2::int", "SELECT * FROM t WHERE a = $1 AND b = $2::int"),
        (Pg, "SELECT a ? 'x', a ?| b, a @> c, a #>> d", "SELECT a ? ?, a ?| b, a @> c, a #>> d"),
        (MySql, "SELECT * FROM t WHERE a = ? AND b = @v AND c = @@global.x", "SELECT * FROM t WHERE a = ? AND b = @v AND c = @@global.x"),
        (Sqlite, "SELECT ?, ?1, :name, @name, $name", "SELECT ?, ?1, :name, @name, $name"),
        (Other, "SELECT \"a 1\", :p1", "SELECT \"a 1\", :p1"),
        (MySql, "SELECT `a 1` FROM `t`", "SELECT `a 1` FROM `t`"),
        (Sqlite, "SELECT [a 1] FROM [t]", "SELECT [a 1] FROM [t]"),
        (Pg, "SELECT \"a \"\"1\" FROM t", "SELECT \"a \"\"1\" FROM t"),
    ];
    for (dialect, written, exported) in table {
        assert_eq!(text(written, dialect), exported, "{written} in {dialect:?}");
    }
}

#[test]
fn comments_go() {
    let table = [
        (Pg, "SELECT a -- secret\nFROM t", "SELECT a \nFROM t"),
        (Pg, "SELECT a/* secret /* nested */ secret */FROM t", "SELECT a FROM t"),
        (Sqlite, "SELECT a /* secret /* */ FROM t", "SELECT a  FROM t"),
        (MySql, "SELECT a # secret\nFROM t", "SELECT a \nFROM t"),
        (MySql, "SELECT 5--3", "SELECT ?--?"),
        (Pg, "SELECT a # b", "SELECT a # b"),
        (Other, "/* secret */ SELECT a /* never closed", "SELECT a"),
    ];
    for (dialect, written, exported) in table {
        assert_eq!(text(written, dialect), exported, "{written} in {dialect:?}");
    }
}

#[test]
fn lists_collapse() {
    let table = [
        ("SELECT * FROM t WHERE a IN (1, 2, 3) AND b = 4", "SELECT * FROM t WHERE a IN (?) AND b = ?"),
        ("SELECT * FROM t WHERE a IN ( 'x' , 'y' )", "SELECT * FROM t WHERE a IN (?)"),
        ("SELECT * FROM t WHERE a NOT IN (?, ?)", "SELECT * FROM t WHERE a NOT IN (?)"),
        ("SELECT * FROM t WHERE a IN ($1, $2)", "SELECT * FROM t WHERE a IN ($1, $2)"),
        ("SELECT * FROM t WHERE a IN (1, b)", "SELECT * FROM t WHERE a IN (?, b)"),
        ("SELECT * FROM t WHERE a IN (SELECT 1, 2)", "SELECT * FROM t WHERE a IN (SELECT ?, ?)"),
        ("SELECT f(1, 2)", "SELECT f(?, ?)"),
    ];
    for (written, exported) in table {
        assert_eq!(text(written, Pg), exported);
    }
}

/// Text, summary, operation, collection.
type Row = (&'static str, &'static str, &'static str, &'static str);

fn check(dialect: Dialect, table: &[Row]) {
    for (written, summary, operation, collection) in table {
        let query = Query::new(written, dialect);
        let found = [query.summary(), query.operation_name(), query.collection_name()].map(Option::unwrap_or_default);
        assert_eq!(found, [*summary, *operation, *collection], "{written}");
    }
}

#[test]
fn summaries_of_the_conventions() {
    check(
        Sqlite,
        &[
            ("SELECT * FROM wuser_table WHERE username = ?", "SELECT wuser_table", "SELECT", "wuser_table"),
            (
                "INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE order_id = ?",
                "INSERT shipping_details SELECT orders",
                "",
                "",
            ),
            ("SELECT * FROM songs, artists WHERE songs.artist_id == artists.id", "SELECT songs artists", "SELECT", ""),
            (
                "SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.customer_id = c.customer_id)",
                "SELECT SELECT orders customers",
                "SELECT",
                "",
            ),
            ("SELECT * FROM \"song list\", 'artists'", "SELECT \"song list\" 'artists'", "SELECT", ""),
            ("SELECT * FROM (SELECT * FROM t) u", "SELECT SELECT t", "SELECT", "t"),
        ],
    );
}

#[test]
fn summaries_of_queries() {
    check(
        Pg,
        &[
            ("select id from public.users u where u.id = $1", "select public.users", "select", "public.users"),
            ("SELECT \"a\" FROM \"Users\"", "SELECT \"Users\"", "SELECT", "Users"),
            ("SELECT 1", "SELECT", "SELECT", ""),
            (
                "SELECT * FROM a LEFT JOIN b USING (id) CROSS JOIN c, d AS e (x, y), ONLY f WHERE a.x IN (1, 2)",
                "SELECT a b c d f",
                "SELECT",
                "",
            ),
            ("SELECT * FROM a JOIN b ON a.x = b.x, c GROUP BY a.x, a.y ORDER BY 1, 2", "SELECT a b c", "SELECT", ""),
            ("SELECT * FROM (a JOIN b ON TRUE) JOIN LATERAL (SELECT 1 FROM c) d ON TRUE", "SELECT a b SELECT c", "SELECT", ""),
            ("SELECT extract(year FROM at), substring(x FROM 2) FROM t", "SELECT t", "SELECT", "t"),
            ("SELECT a IS NOT DISTINCT FROM b FROM t", "SELECT t", "SELECT", "t"),
            ("SELECT (SELECT max(x) FROM a), b FROM c WHERE EXISTS (SELECT FROM d)", "SELECT SELECT a c SELECT d", "SELECT", ""),
            ("SELECT * FROM generate_series(1, 3) s, t", "SELECT generate_series t", "SELECT", "t"),
            ("SELECT a FROM t UNION ALL SELECT b FROM u", "SELECT t SELECT u", "SELECT", ""),
            ("(SELECT a FROM t) UNION (SELECT b FROM t)", "SELECT t SELECT t", "SELECT", "t"),
            ("SELECT a INTO TEMP copy FROM t FOR UPDATE OF t", "SELECT copy t", "SELECT", ""),
            (
                "WITH x AS (SELECT * FROM a), y (n) AS MATERIALIZED (SELECT * FROM x) SELECT * FROM y JOIN b ON TRUE",
                "SELECT a SELECT SELECT b",
                "SELECT",
                "",
            ),
            ("WITH RECURSIVE x AS (SELECT 1 UNION SELECT n FROM x) SELECT * FROM x", "SELECT SELECT SELECT", "SELECT", ""),
            ("WITH gone AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM gone", "DELETE a INSERT b SELECT", "", ""),
            ("VALUES (1, 'x')", "VALUES", "VALUES", ""),
            ("TABLE users", "TABLE users", "TABLE", "users"),
            ("EXPLAIN ANALYZE SELECT * FROM t", "EXPLAIN SELECT t", "", "t"),
            ("EXPLAIN (ANALYZE, FORMAT JSON) UPDATE t SET a = 1", "EXPLAIN UPDATE t", "", "t"),
            ("SELECT a FROM /* x */ s /* y */ . t", "SELECT s.t", "SELECT", "s.t"),
        ],
    );
}

#[test]
fn summaries_of_changes() {
    check(
        Pg,
        &[
            (
                "INSERT INTO users (name, age) VALUES ($1, $2), ($3, $4) ON CONFLICT (name) DO UPDATE SET age = 1",
                "INSERT users",
                "INSERT",
                "users",
            ),
            ("UPDATE users SET a = 1, b = 2 FROM other o WHERE o.id = users.id", "UPDATE users other", "UPDATE", ""),
            ("UPDATE ONLY users SET a = (SELECT 1 FROM t)", "UPDATE users SELECT t", "", ""),
            ("DELETE FROM users USING old WHERE TRUE", "DELETE users old", "DELETE", ""),
            (
                "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)",
                "MERGE t s",
                "MERGE",
                "",
            ),
            ("TRUNCATE TABLE a, b CASCADE", "TRUNCATE a b", "TRUNCATE", ""),
            ("COPY t (a, b) FROM STDIN", "COPY t", "COPY", "t"),
        ],
    );
    check(
        MySql,
        &[
            ("INSERT IGNORE INTO users SET a = 1 ON DUPLICATE KEY UPDATE a = 2", "INSERT users", "INSERT", "users"),
            ("REPLACE INTO `users` VALUES (REPLACE('a', 'b', 'c'))", "REPLACE `users`", "REPLACE", "users"),
            ("UPDATE a JOIN b ON a.x = b.x, c SET a.y = 1", "UPDATE a b c", "UPDATE", ""),
            ("DELETE a FROM a JOIN b ON a.x = b.x", "DELETE a b", "DELETE", ""),
            ("LOAD DATA INFILE 'secret' INTO TABLE t", "LOAD t", "LOAD", "t"),
            ("SELECT a INTO OUTFILE 'secret' FROM t", "SELECT t", "SELECT", "t"),
            ("SELECT a INTO @x FROM t", "SELECT t", "SELECT", "t"),
        ],
    );
    check(
        Sqlite,
        &[
            ("INSERT OR REPLACE INTO users VALUES (1)", "INSERT users", "INSERT", "users"),
            ("UPDATE OR FAIL users SET a = 1", "UPDATE users", "UPDATE", "users"),
        ],
    );
}

#[test]
fn summaries_of_other_commands() {
    check(
        Pg,
        &[
            ("CREATE TABLE IF NOT EXISTS users (id INT PRIMARY KEY, name TEXT)", "CREATE TABLE users", "CREATE TABLE", "users"),
            ("create temporary table t as select * from u", "create table t select u", "", ""),
            ("CREATE OR REPLACE VIEW v AS WITH x AS (SELECT 1) SELECT * FROM x, t", "CREATE VIEW v SELECT SELECT t", "", "t"),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX i", "CREATE INDEX", ""),
            ("ALTER TABLE users ADD COLUMN a INT, DROP COLUMN b", "ALTER TABLE users", "ALTER TABLE", "users"),
            ("DROP TABLE IF EXISTS a, b CASCADE", "DROP TABLE a b", "DROP TABLE", ""),
            ("CREATE USER ada PASSWORD 'secret'", "CREATE USER", "CREATE USER", ""),
            ("BEGIN", "BEGIN", "BEGIN", ""),
            ("SAVEPOINT s1", "SAVEPOINT", "SAVEPOINT", ""),
            ("SET LOCAL app.user = 'secret'", "SET", "SET", ""),
            ("VACUUM FULL users", "VACUUM users", "VACUUM", "users"),
            ("what is this", "", "", ""),
            ("", "", "", ""),
            ("-- only words", "", "", ""),
        ],
    );
    check(
        MySql,
        &[("SHOW TABLES FROM shop", "SHOW", "SHOW", ""), ("USE shop", "USE shop", "USE", ""), ("DESC users", "DESC users", "DESC", "")],
    );
    check(Sqlite, &[("PRAGMA table_info('users')", "PRAGMA table_info", "PRAGMA", "")]);
}

#[test]
fn procedures_are_no_collections() {
    for (written, dialect, summary, procedure) in [
        ("CALL shop.ship(1, 'x')", Pg, "CALL shop.ship", Some("shop.ship")),
        ("EXEC dbo.ship @id = 1", Other, "EXEC dbo.ship", Some("dbo.ship")),
        ("EXECUTE ship 1", Other, "EXECUTE ship", Some("ship")),
        ("EXECUTE prepared (1)", Pg, "EXECUTE prepared", None),
    ] {
        let query = Query::new(written, dialect);
        assert_eq!(
            (query.summary(), query.stored_procedure_name(), query.collection_name()),
            (Some(summary), procedure, None),
            "{written}"
        );
    }
}

#[test]
fn several_statements_are_a_batch() {
    for (written, summary, operation, collection, size) in [
        ("INSERT INTO a VALUES (1); INSERT INTO a VALUES (2);", "BATCH INSERT a", "BATCH INSERT", Some("a"), Some(2)),
        ("INSERT INTO a VALUES (1); INSERT INTO b VALUES (2)", "BATCH", "BATCH INSERT", None, Some(2)),
        ("BEGIN; DELETE FROM a; COMMIT", "BATCH", "BATCH", None, Some(3)),
        (";; SELECT 1 ;", "SELECT", "SELECT", None, None),
    ] {
        let query = Query::new(written, Sqlite);
        assert_eq!((query.summary(), query.operation_name()), (Some(summary), Some(operation)), "{written}");
        assert_eq!((query.collection_name(), query.batch_size()), (collection, size), "{written}");
    }
}

#[test]
fn long_texts_end_where_a_token_does() {
    let tables: Vec<_> = (0..100).map(|index| format!("table_{index:03}")).collect();
    let query = Query::new(&format!("SELECT * FROM {}", tables.join(", ")), Pg);
    let summary = query.summary().expect("it is a query");
    assert_eq!(summary, format!("SELECT {}", tables[..24].join(" ")));
    assert!(summary.len() <= SUMMARY_LIMIT && summary.len() + " table_024".len() > SUMMARY_LIMIT);

    let rows = vec!["($1, $2)"; TEXT_LIMIT].join(", ");
    let query = Query::new(&format!("INSERT INTO t VALUES {rows}"), Pg);
    assert!(query.text().len() <= TEXT_LIMIT && query.text().len() > TEXT_LIMIT - 8, "{}", query.text().len());
    assert!(query.text().starts_with("INSERT INTO t VALUES ($1, $2), "));
}

#[test]
fn a_span_is_named_after_its_query_or_the_target() {
    let database = Database::new("postgresql");
    for (written, name) in [("SELECT * FROM t", "SELECT t"), ("what is this", "postgresql")] {
        assert_eq!(Query::new(written, Pg).span_name(&database), name);
    }
}

/// A dialect, and a literal in it with a secret.
fn literals() -> impl Strategy<Value = (Dialect, String)> {
    prop_oneof![
        Just((Pg, "'s3cr3t'".to_owned())),
        Just((Pg, "'it''s s3cr3t'".to_owned())),
        Just((Pg, r"E'\'s3cr3t'".to_owned())),
        Just((Pg, "$$ ' s3cr3t $$".to_owned())),
        Just((Pg, "$a$ $$ s3cr3t $a$".to_owned())),
        Just((MySql, r"'\'s3cr3t'".to_owned())),
        Just((MySql, r#""s3cr3t""#.to_owned())),
        Just((Sqlite, "'s3cr3t'".to_owned())),
        Just((Sqlite, "/* s3cr3t */ 1".to_owned())),
        Just((Other, "X's3cr3t'".to_owned())),
        (Just(Sqlite), Just("1s3cr3t".to_owned())),
    ]
}

/// Pieces of SQL around a literal, each of which leaves it a literal.
fn pieces() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "SELECT",
        "a",
        "t.b",
        "FROM t",
        "WHERE",
        "=",
        "(",
        ")",
        ",",
        "IN (",
        "1",
        "?",
        "$1",
        "'x'",
        "''",
        "-- c\n",
        "/* c */",
        "AND",
        "VALUES (",
        "|| ",
        "[1]",
        "LIKE",
        "CASE WHEN",
        "::text",
        "INSERT INTO t",
        "ON",
        ";",
    ])
    .prop_map(str::to_owned)
}

fn any_dialect() -> impl Strategy<Value = Dialect> {
    prop::sample::select(ALL.to_vec())
}

proptest! {
    #[test]
    fn tokens_are_the_text(text in any::<String>(), dialect in any_dialect()) {
        prop_assert_eq!(Tokens::new(&text, dialect).map(|token| token.text).collect::<String>(), text);
    }

    #[test]
    fn tokens_of_what_looks_like_sql_are_the_text(text in "[-'\"`$a1.:@#?/*(),;eExX\\\\\\[\\]\n E]{0,40}", dialect in any_dialect()) {
        prop_assert_eq!(Tokens::new(&text, dialect).map(|token| token.text).collect::<String>(), text.clone());
        let query = Query::new(&text, dialect);
        prop_assert!(query.summary().is_none_or(|summary| summary.len() <= SUMMARY_LIMIT));
    }

    #[test]
    fn no_literal_is_exported(
        (dialect, literal) in literals(),
        before in prop::collection::vec(pieces(), 0..12),
        after in prop::collection::vec(pieces(), 0..12),
    ) {
        let text = format!("{} = {literal} {}", before.join(" "), after.join(" "));
        let query = Query::new(&text, dialect);
        prop_assert!(!format!("{query:?}").contains("s3cr3t"), "{:?} becomes {:?}", text, query);
    }
}
