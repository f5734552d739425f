use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message;

use super::super::testing::Chance;
use super::*;

/// What an item is preceded by in its request: a tag and its length.
const PREFIX: usize = 5;

#[test]
fn a_log_record_is_not_larger_than_is_counted() {
    let mut chance = Chance(2);
    for attributes in [0, 5, 50, 1_000] {
        for _ in 0..50 {
            let record = chance.log(attributes);
            let (counted, encoded) = (of_log(&record), LogRecord::from(&record).encoded_len() + PREFIX);
            assert!(encoded <= counted, "{encoded} bytes were counted as {counted}");
        }
    }
}
