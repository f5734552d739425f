//! The rules of the specification's table.

use super::*;
use crate::setup::file::scalar::Kind;
use crate::setup::file::yaml::{Node, Scalar, Value, parse};

const VARIABLES: [(&str, &str); 8] = [
    ("WORD", "tea"),
    ("TRUTH", "true"),
    ("WHOLE", "7"),
    ("PART", "7.5"),
    ("HEX", "0xdeadbeef"),
    ("MAP", "tea\nkey: cup"),
    ("AGAIN", "${WORD}"),
    ("DOLLARS", "tea$$"),
];

/// What becomes of the value of a key.
fn value(written: &str) -> (String, Kind) {
    let remarks = Remarks::default();
    let lookup = |wanted: &str| VARIABLES.iter().find(|(name, _)| *name == wanted).map(|(_, value)| OsString::from(value));
    let variables = Variables::new(&lookup, &remarks);
    let node = parse(&format!("${{WORD}}: {written}"), &variables).unwrap_or_else(|problem| panic!("{written}: {problem}"));
    assert_eq!(remarks.finish().0, [], "{written}");
    let Node { value: Value::Map(entries), .. } = &*node else { panic!("{written}: {node:?}") };
    assert_eq!(entries[0].key, "${WORD}", "keys are as they are written");
    let Value::Scalar(scalar) = &entries[0].node.value else { panic!("{written}: no structure comes out of a variable: {node:?}") };
    let Scalar { text, .. } = scalar;
    (text.clone(), scalar.kind())
}

#[test]
fn variables_come_into_values_before_these_have_types() {
    let text = Kind::Text;
    for (written, expected, kind) in [
        ("${WORD}", "tea", text),
        ("${env:WORD}", "tea", text),
        ("${TRUTH}", "true", Kind::Bool(true)),
        ("${WHOLE}", "7", Kind::Int(7)),
        ("${PART}", "7.5", Kind::Float(7.5)),
        ("${HEX}", "0xdeadbeef", Kind::Int(0xdead_beef)),
        ("\"${TRUTH}\"", "true", text),
        ("'${WHOLE}'", "7", text),
        ("${WHOLE}${WHOLE}", "77", Kind::Int(77)),
        ("${MAP}", "tea\nkey: cup", text),
        ("a ${WORD} ${PART}", "a tea 7.5", text),
        ("${UNSET}", "", Kind::Null),
        ("\"${UNSET}\"", "", text),
        ("${UNSET:-cup}", "cup", text),
        ("${UNSET:-}", "", Kind::Null),
        ("${UNSET:-7}", "7", Kind::Int(7)),
        ("${env:UNSET:-a b:-c}", "a b:-c", text),
        ("${WORD:-cup}", "tea", text),
        ("${AGAIN}", "${WORD}", text),
        ("${UNSET:-${WORD}}", "${WORD}", text),
        ("${DOLLARS}", "tea$$", text),
        ("$${WORD}", "${WORD}", text),
        ("$$${WORD}", "$tea", text),
        ("$$$${WORD}", "$${WORD}", text),
        ("$${WORD:-cup}", "${WORD:-cup}", text),
        ("$${WORD:-${WORD}}", "${WORD:-tea}", text),
        ("${UNSET:-$${UNSET}}", "${UNSET:-${UNSET}}", text),
        ("a $$ b", "a $ b", text),
        ("a $ b", "a $ b", text),
        ("a ${ b", "a ${ b", text),
    ] {
        assert_eq!(value(written), (expected.to_owned(), kind), "{written}");
    }
}

#[test]
fn what_is_no_reference_is_an_error_wherever_it_stands() {
    for written in ["${1A}", "${A$B}", "${WORD:?gone}", "${}", "${A B}", "${env:}", "${ENV:WORD}", "x ${WORD} ${-}"] {
        let text = file(&format!("unknown: [a, {{b: \"{written}\"}}]"));
        let [error] = errors(&text).try_into().unwrap_or_else(|errors| panic!("{written}: {errors:?}"));
        assert!(error.starts_with("2:18: what stands in `${…}` is not the name of a variable"), "{written}: {error}");
    }
    assert_eq!(errors(&file("disabled: $${1A}")), ["2:1: disabled: this is a text; expected is true or false"]);
}

/// Whoever has a password of digits has not written a number.
#[test]
fn what_a_variable_has_is_a_text_where_one_is_expected() {
    let named = |name: &str| file(&format!("resource:\n  attributes:\n    - name: service.name\n      value: {name}"));
    let (config, _) = read_with(&named("\"${KEY}\""), &[("KEY", "1234")]);
    assert_eq!(read_with(&named("${KEY}"), &[("KEY", "1234")]).0, config);
    assert_eq!(read(&named("'1234'")).0, config);
    assert!(errors(&named("1234"))[0].contains("this is a whole number; expected is a text, in quotes"));
}
