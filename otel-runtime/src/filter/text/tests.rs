use super::*;

fn ratio(ratio: f64) -> Rule {
    Rule::Ratio(Threshold::of_ratio(ratio).expect("it is a ratio"))
}

fn filter(text: &str) -> Filter {
    let parsed = Filter::parse(text);
    assert_eq!((parsed.bad.len(), parsed.repeated.len()), (0, 0), "{parsed:?}");
    parsed.filter
}

#[test]
fn the_longest_path_counts_wherever_it_stands() {
    for text in ["off,shop=on,shop::noisy=off,shop::hot=0.01", "shop::hot=0.01,shop::noisy=off,shop=on,off"] {
        let filter = filter(text);
        let cases = [
            ("other::work", Rule::Off),
            ("shop", Rule::On),
            ("shop::place_order", Rule::On),
            ("shopping::work", Rule::Off),
            ("shop::noisy::poll", Rule::Off),
            ("shop::noisy_too", Rule::On),
            ("shop::hot", ratio(0.01)),
            ("shop::hot::Path::take", ratio(0.01)),
            ("app::shop::work", Rule::Off),
        ];
        for (path, expected) in cases {
            assert_eq!(filter.rule(path), expected, "{path} of {text}");
        }
    }
}

#[test]
fn without_a_default_everything_is_on() {
    assert_eq!(filter("shop=off").rule("other"), Rule::On);
    for nothing in ["", " , ,", "on"] {
        assert!(filter(nothing).is_empty());
    }
    assert_eq!(filter("0.5").rule("anything"), ratio(0.5));
}

#[test]
fn spaces_and_case_do_not_matter() {
    assert_eq!(filter(" OFF , shop = On ,\tshop::hot= 1e-2 ,"), filter("off,shop=on,shop::hot=0.01"));
    assert_eq!(filter("naïve::r#type=off").rule("naïve::r#type"), Rule::Off);
}

#[test]
fn bad_entries_are_named_and_the_others_stay() {
    let cases = [
        ("fast", "`fast` is neither `on`, `off`, a ratio from 0 to 1, nor `path=` and one of these"),
        ("shop=maybe", "`maybe` in `shop=maybe` is neither `on`, `off` nor a ratio from 0 to 1"),
        ("shop=", "`` in `shop=` is neither `on`, `off` nor a ratio from 0 to 1"),
        ("shop=on=off", "`on=off` in `shop=on=off` is neither `on`, `off` nor a ratio from 0 to 1"),
        ("shop=1.5", "`1.5` in `shop=1.5` is neither `on`, `off` nor a ratio from 0 to 1"),
        ("shop=-0.1", "`-0.1` in `shop=-0.1` is neither `on`, `off` nor a ratio from 0 to 1"),
        ("shop=NaN", "`NaN` in `shop=NaN` is neither `on`, `off` nor a ratio from 0 to 1"),
        ("shop=inf", "`inf` in `shop=inf` is neither `on`, `off` nor a ratio from 0 to 1"),
        ("=on", "`` in `=on` is not a path like `shop::orders`"),
        ("my-shop=on", "`my-shop` in `my-shop=on` is not a path like `shop::orders` (did you mean `my_shop`?)"),
        ("shop.hot=on", "`shop.hot` in `shop.hot=on` is not a path like `shop::orders` (did you mean `shop::hot`?)"),
        ("shop::=on", "`shop::` in `shop::=on` is not a path like `shop::orders`"),
        ("shop:hot=on", "`shop:hot` in `shop:hot=on` is not a path like `shop::orders`"),
        ("shop::*=on", "`shop::*` in `shop::*=on` is not a path like `shop::orders`"),
        ("a b=on", "`a b` in `a b=on` is not a path like `shop::orders`"),
    ];
    for (entry, problem) in cases {
        let parsed = Filter::parse(&format!("off,{entry},shop::cold=on"));
        assert_eq!(parsed.bad, [problem]);
        assert_eq!(parsed.filter, filter("off,shop::cold=on"), "{entry}");
    }
}

#[test]
fn the_last_of_several_counts() {
    let parsed = Filter::parse("on,shop=off,off,shop=on,shop=0.5,0.1");
    assert_eq!(parsed.filter, filter("0.1,shop=0.5"));
    assert_eq!(
        parsed.repetitions().collect::<Vec<_>>(),
        ["there is more than one entry without a path; the last one counts", "`shop` stands there more than once; the last one counts"]
    );
}

#[test]
fn an_error_names_every_bad_entry() {
    let error = FilterError { problems: Filter::parse("x,shop=y").bad };
    assert_eq!(error.problems().len(), 2);
    assert_eq!(error.to_string(), error.problems().join("; "));
    assert_eq!(format!("{error:?}"), error.to_string());
}
