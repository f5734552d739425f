use super::*;

/// `key=value` of each, in their order.
fn text(attributes: &[KeyValue]) -> Vec<String> {
    attributes.iter().map(|KeyValue { key, value, .. }| format!("{key}={value}")).collect()
}

#[test]
fn an_invocation() {
    let triggers = [
        (Trigger::Datasource, "datasource"),
        (Trigger::Http, "http"),
        (Trigger::PubSub, "pubsub"),
        (Trigger::Timer, "timer"),
        (Trigger::default(), "other"),
    ];
    for (trigger, name) in triggers {
        assert_eq!(text(&attributes(trigger, false, None)), [format!("faas.trigger={name}"), "faas.coldstart=false".to_owned()]);
    }
    assert_eq!(
        text(&attributes(Trigger::Http, true, Some("79104EXAMPLEB723"))),
        ["faas.trigger=http", "faas.coldstart=true", "faas.invocation_id=79104EXAMPLEB723"]
    );
}

#[test]
fn the_names_of_functions_of_aws_lambda() {
    const FUNCTION: &str = "arn:aws:lambda:eu-north-1:123456789012:function:checkout";
    // Under which it was called, the version; which it is.
    let cases = [
        (FUNCTION.to_owned(), "$LATEST", FUNCTION.to_owned()),
        (format!("{FUNCTION}:live"), "7", format!("{FUNCTION}:7")),
        (format!("{FUNCTION}:7"), "7", format!("{FUNCTION}:7")),
        (format!("{FUNCTION}:live"), "", FUNCTION.to_owned()),
    ];
    for (invoked, version, resource) in cases {
        let expected = [
            format!("aws.lambda.invoked_arn={invoked}"),
            format!("cloud.resource_id={resource}"),
            "cloud.account.id=123456789012".to_owned(),
        ];
        assert_eq!(text(&of_arn(&invoked, version)), expected);
    }
    for no_arn in ["", "checkout", "arn:aws:s3:::bucket"] {
        assert!(of_arn(no_arn, "7").is_empty(), "{no_arn}");
    }
}
