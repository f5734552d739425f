//! What holds of each text, whatever it is: random bytes, and what is nearly SQL.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tests::sql as statements;

const PIECES: &[&str] = &[
    "SELECT ",
    "INSERT ",
    "INTO ",
    "FROM ",
    "JOIN ",
    "WITH ",
    "AS ",
    "UPDATE ",
    "SET ",
    "VALUES ",
    "IN ",
    "EXPLAIN ",
    "CREATE ",
    "TABLE ",
    "CALL ",
    "E",
    "x",
    "'",
    "''",
    "\"",
    "`",
    "[",
    "]",
    "(",
    ")",
    ",",
    ";",
    ".",
    "--",
    "/*",
    "*/",
    "\\",
    "$",
    "$$",
    "$a$",
    "?",
    ":",
    "::",
    "@",
    "#",
    "=",
    "1",
    "0x",
    "1e",
    "+",
    "-",
    "\n",
    " ",
    "ä",
    "TRUE",
    "t",
    "IS DISTINCT FROM ",
];

proptest! {
    #[test]
    fn random_bytes(input in vec(any::<u8>(), 0..200)) {
        statements::query(&input);
        statements::secret(&input);
    }

    #[test]
    fn nearly_sql(pieces in vec(select(PIECES), 0..40)) {
        statements::query(pieces.concat().as_bytes());
        statements::secret(pieces.concat().as_bytes());
    }
}
