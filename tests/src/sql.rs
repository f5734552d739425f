//! What holds of every text of SQL. The tests of properties and the fuzzer check the same statements: the latter includes this file.

use otel_runtime::sqlx::{Dialect, Query};

/// All of them.
pub const DIALECTS: [Dialect; 4] = [Dialect::MySql, Dialect::PostgreSql, Dialect::Sqlite, Dialect::Other];

/// Nothing panics, nothing is longer than it may be, and no string is left.
///
/// # Panics
///
/// If one of these does not hold.
pub fn query(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    for dialect in DIALECTS {
        let query = Query::new(&text, dialect);
        assert!(query.text().len() <= 32 * 1024, "{} bytes", query.text().len());
        assert!(query.summary().is_none_or(|summary| !summary.is_empty() && summary.len() <= 255), "{query:?}");
        assert!(query.batch_size().is_none_or(|size| size > 1), "{query:?}");
        // In SQLite a table may be written so, and a name in other quotes may have one.
        let has_names = query.text().contains(['"', '`', '[']);
        assert!(dialect == Dialect::Sqlite || has_names || !query.text().contains('\''), "{query:?}");
    }
}

/// A value that is the right side of a comparison is not exported, whatever is before it, if that ends with a statement.
///
/// # Panics
///
/// If it is.
pub fn secret(before: &[u8]) {
    // Nothing of this opens a quote or a comment that takes the rest in.
    let before: String = String::from_utf8_lossy(before).chars().filter(|letter| !"'\"`[$/-#\\".contains(*letter)).collect();
    if before.contains("s3cr") {
        return;
    }
    for dialect in DIALECTS {
        let query = Query::new(&format!("{before}; SELECT a FROM t WHERE b = '''s3cr3t' AND c = 's3cr3t'"), dialect);
        assert!(!format!("{query:?}").contains("s3cr"), "{query:?}");
    }
}
