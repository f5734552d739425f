use prost::Message;
use prost::encoding::{decode_varint, encode_varint, encoded_len_varint};

use super::*;

#[test]
fn numbers_are_written_as_others_write_them() {
    for shift in 0..64 {
        for number in [1_u64 << shift, (1_u64 << shift) - 1, u64::MAX >> shift] {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            varint(&mut ours, number);
            encode_varint(number, &mut theirs);
            assert_eq!(ours, theirs);
            assert_eq!(length_of_varint(number), encoded_len_varint(number));
            assert_eq!(decode_varint(&mut ours.as_slice()).ok(), Some(number));
        }
    }
}

#[test]
fn a_message_of_any_length_is_read_back() {
    for length in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152] {
        let mut bytes = vec![7];
        message(&mut bytes, 3, |bytes| bytes.resize(bytes.len() + length, b'x'));
        let mut theirs = vec![7];
        prost::encoding::string::encode(3, &"x".repeat(length), &mut theirs);
        assert_eq!(bytes.len(), theirs.len());
        assert!(bytes == theirs, "{length}");
    }
}

#[test]
fn messages_stand_in_messages() {
    #[derive(Clone, PartialEq, Message)]
    struct Inner {
        #[prost(string, tag = "1")]
        text: String,
    }
    #[derive(Clone, PartialEq, Message)]
    struct Outer {
        #[prost(message, repeated, tag = "15")]
        inner: Vec<Inner>,
    }
    let texts = ["a".repeat(200), String::from("b"), "c".repeat(20_000)];
    let mut bytes = Vec::new();
    for text in &texts {
        message(&mut bytes, 15, |bytes| delimited(bytes, 1, text.as_bytes()));
    }
    let outer = Outer { inner: texts.map(|text| Inner { text }).into() };
    assert_eq!(Outer::decode(bytes.as_slice()).ok(), Some(outer));
}

#[test]
fn what_panics_while_it_is_written_leaves_nothing() {
    let mut bytes = vec![1, 2, 3];
    let written = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        message(&mut bytes, 1, |bytes| {
            bytes.extend_from_slice(&[4; 300]);
            panic!("on purpose");
        });
    }));
    assert!(written.is_err());
    assert_eq!(bytes, [1, 2, 3]);
}
