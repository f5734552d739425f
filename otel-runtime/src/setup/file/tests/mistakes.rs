//! What is said of mistakes, and of keys that nothing is done with.

use super::*;

const EXPORTER: &str = "tracer_provider: {processors: [{batch: {exporter: {@}}}]}";
const READER: &str = "meter_provider: {readers: [{@}]}";

fn view(selector: &str, stream: &str) -> String {
    let view = format!("{{selector: {{{selector}}}, stream: {{{stream}}}}}");
    file(&format!("meter_provider: {{readers: [{{pull: {{exporter: {{prometheus: }}}}}}], views: [{view}]}}"))
}

fn exporter(setting: &str) -> String {
    file(&EXPORTER.replace('@', setting))
}

#[test]
fn every_mistake_of_a_file_is_said_with_its_place() {
    let text = "\
file_format: \"1.0\"
disabled: maybe
log_level: loud
attribute_limits:
  attribute_count_limit: -1
resource:
  attributes:
    - name: shop.size
      value: large
      type: int
    - value: 7
tracer_provider:
  processors:
    - batch:
        schedule_delay: 5s
        exporter:
          otlp_http:
            endpoint: collector:4318
            compression: brotli
    - both: {}
  sampler:
    trace_id_ratio_based: {ratio: 1.5}
meter_provider: {}
logger_provider: []
distribution:
  otel-runtime:
    filter: fast
";
    assert_eq!(
        errors(text),
        [
            "2:1: disabled: this is a text; expected is true or false",
            "3:1: log_level: `loud` is not one of trace, debug, info, warn, error, fatal, each also with 2, 3 or 4 at its end",
            "5:3: attribute_limits.attribute_count_limit: `-1` is not a whole number from 0 to 4294967295",
            "9:7: resource.attributes[0].value: this is a text; expected is a whole number from -9223372036854775808 to 9223372036854775807",
            "11:7: resource.attributes[1]: `name` is missing",
            "11:7: resource.attributes[1].value: this is a whole number; expected is a text, in quotes if it looks like something else",
            "15:9: tracer_provider.processors[0].batch.schedule_delay: this is a text; expected is a whole number from 0 to 31536000000",
            "18:13: tracer_provider.processors[0].batch.exporter.otlp_http.endpoint: the value does not begin with http:// or https://",
            "19:13: tracer_provider.processors[0].batch.exporter.otlp_http.compression: `brotli` is not one of none, gzip, zstd",
            "20:7: tracer_provider.processors[1].both: there is no such choice (did you mean `batch`?); the choices are batch, simple",
            "22:28: tracer_provider.sampler.trace_id_ratio_based.ratio: `1.5` is not a number from 0 to 1",
            "23:1: meter_provider: `readers` is missing",
            "24:1: logger_provider: this is a list; expected is a map",
            "27:5: distribution.otel-runtime.filter: `fast` is neither `on`, `off`, a ratio from 0 to 1, nor `path=` and one of these",
        ]
    );
}

#[test]
fn a_mistake_says_what_would_be_right() {
    for (text, problem) in [
        ("file_format: 2.0".to_owned(), "1:1: file_format: `2.0` cannot be read; this version reads 1.x, and the release candidates"),
        ("file_format: '0.3'".to_owned(), "`0.3` cannot be read; this version reads 1.x"),
        ("file_format: '1.1-rc.1'".to_owned(), "`1.1-rc.1` cannot be read"),
        ("file_format: []".to_owned(), "this is a list; expected is a text"),
        ("disabled: true".to_owned(), "1:1: `file_format` is missing"),
        (file("disabled: 'true'"), "this is a text; expected is true or false without quotes"),
        (file("disabled: [true]"), "this is a list; expected is true or false"),
        (file("attribute_limits: {attribute_count_limit: '7'}"), "expected is a whole number from 0 to 4294967295 without quotes"),
        (file("attribute_limits: {attribute_count_limit: 7.0}"), "this is a number; expected is a whole number"),
        (file("tracer_provider: {processors: [{}]}"), "nothing is chosen; the choices are batch, simple"),
        (exporter(""), "nothing is chosen; the choices are otlp_http, otlp_grpc, otlp_file, console, zipkin"),
        (exporter("console: , zipkin: "), "only one can be chosen"),
        (exporter("console: 7"), "this is a whole number; expected is a map"),
        (exporter("consol: "), "there is no such choice (did you mean `console`?)"),
        (
            file("tracer_provider: {processors: [{simple: {exporter: console}}]}"),
            "exporter: this is a text; expected is a map (did you mean `{console: }`?)",
        ),
        (
            file("tracer_provider: {processors: [batch]}"),
            "2:32: tracer_provider.processors[0]: this is a text; expected is a map (did you mean `{batch: }`?)",
        ),
        (
            file("tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: traceidratio}"),
            "sampler: this is a text; expected is a map (did you mean `{trace_id_ratio_based: }`?)",
        ),
        (
            file("tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {traceidratio: }}"),
            "mean `trace_id_ratio_based`?)",
        ),
        (file("tracer_provider: jaeger"), "2:1: tracer_provider: this is a text; expected is a map"),
        (file("tracer_provider: [console]"), "2:1: tracer_provider: this is a list; expected is a map"),
        (exporter("otlp: {}"), "there is no such choice; the choices are otlp_http"),
        (exporter("otlp_http: {encoding: xml}"), "`xml` is not one of protobuf, json"),
        (exporter("otlp_http: {encoding: http/protobuf}"), "`http/protobuf` is not one of protobuf, json (did you mean `protobuf`?)"),
        (exporter("otlp_http: {endpoint: 'grpc://a'}"), "the scheme `grpc` is none"),
        (exporter("otlp_http: {headers: [{name: a b, value: c}]}"), "this is not a header"),
        (exporter("otlp_http: {headers: [{name: a}]}"), "headers[0]: `value` is missing"),
        (exporter("otlp_http: {headers: {a: b}}"), "this is a map; expected is a list"),
        (exporter("otlp_file/development: {output_stream: /tmp/x}"), "neither `stdout` nor a file like `file:///var"),
        (file("tracer_provider: {processors: [{batch: }]}"), "processors[0].batch: `exporter` is missing"),
        (file("logger_provider: {processors: [{simple: {exporter: {zipkin: }}}]}"), "there is no such choice; the choices are otlp_http"),
        (file(&READER.replace('@', "pull: {exporter: {otlp_http: }}")), "there is no such choice; the choices are prometheus"),
        (
            file(&READER.replace('@', "periodic: {exporter: {console: {temporality_preference: lowmemory}}}")),
            "one of cumulative, delta, low_memory (did you mean `low_memory`?)",
        ),
        (file(&READER.replace('@', "pull: {exporter: {prometheus: {port: 65536}}}")), "`65536` is not a whole number from 0 to 65535"),
        (view("instrument_name: 'a.*'", "name: b"), "views[0]: the view of `a.*` cannot give the name `b` to more than one metric"),
        (view("instrument_type: timer", ""), "`timer` is not one of counter, gauge, histogram"),
        (view("", "aggregation: {explicit_bucket_histogram: {boundaries: [1, 1]}}"), "bounds of buckets rise"),
        (view("", "aggregation: {explicit: }"), "there is no such choice"),
        (view("", "aggregation_cardinality_limit: 0"), "`0` is not a whole number from 1 to 1000000"),
        (file("propagator: {composite: [{zipkin: }]}"), "there is no such choice; the choices are tracecontext, baggage, b3"),
        (file("propagator: {composite_list: 'b3,zipkin'}"), "there is no format `zipkin`; there are tracecontext"),
        (file("propagator: {composite_list: 'trace-context'}"), "(did you mean `tracecontext`?)"),
        (file("log_level: warning"), "each also with 2, 3 or 4 at its end (did you mean `warn`?)"),
        (file("resource: {detection: {detectors: [{hosts: }]}}"), "there is no such choice (did you mean `host`?)"),
        (file("resource: {attributes: [{name: a, value: [1, x], type: int_array}]}"), "attributes[0].value[1]: this is a text"),
        (file("resource: {attributes: [{name: a, value: 1, type: number}]}"), "`number` is not one of string, bool"),
        (file("distribution: {otel-runtime: {baggage_attributes: [tenant.*]}}"), "`tenant.*` is a pattern, and names are whole"),
        (file("distribution: {otel-runtime: {max_concurrent_exports: 65}}"), "`65` is not a whole number from 1 to 64"),
        (file("distribution: {otel-runtime: {spool: {max_bytes: 1}}}"), "distribution.otel-runtime.spool: `folder` is missing"),
    ] {
        let found = errors(&text);
        assert!(found.len() == 1 && found[0].contains(problem), "{text}: {found:#?}");
    }
}

#[test]
fn unknown_keys_warn_with_their_place_and_what_was_meant() {
    let text = "\
file_format: \"1.0\"
tracer_provder: {}
propagator:
  composit: []
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            protocol: http/protobuf
            header: {}
distribution:
  somebody-else: {anything: goes}
  otel-runtime: {filters: off}
";
    let ignored = "is not a key that this version knows";
    assert_eq!(
        read(text).1,
        [
            format!("2:1: tracer_provder: {ignored} (did you mean `tracer_provider`?); it is ignored"),
            format!("4:3: propagator.composit: {ignored} (did you mean `composite`?); it is ignored"),
            format!("10:13: tracer_provider.processors[0].batch.exporter.otlp_http.protocol: {ignored}; it is ignored"),
            format!(
                "11:13: tracer_provider.processors[0].batch.exporter.otlp_http.header: {ignored} (did you mean `headers`?); it is ignored"
            ),
            format!("14:18: distribution.otel-runtime.filters: {ignored} (did you mean `filter`?); it is ignored"),
        ]
    );
}

#[test]
fn what_the_schema_has_and_this_version_does_not_do_is_said() {
    for (text, problem) in [
        ("file_format: '1.0-rc.2'".to_owned(), "1:1: file_format: `1.0-rc.2` is read as 1.0"),
        ("file_format: '1.9'".to_owned(), "`1.9` is newer than 1.2"),
        (
            file("instrumentation/development: {general: {}}"),
            "2:1: instrumentation/development: is not supported by this version, and ignored",
        ),
        (file("instrumentation: {general: {}}"), "instrumentation: is not supported"),
        (
            file("tracer_provider: {processors: [{simple: {exporter: {console: }}}], tracer_configurator/development: {a: b}}"),
            "filter` says which",
        ),
        (
            file(
                "tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {jaeger_remote/development: {endpoint: 'http://a', initial_sampler: {always_off: }}}}",
            ),
            "its `initial_sampler` decides",
        ),
        (
            file(
                "tracer_provider: {processors: [{simple: {exporter: {console: }}}], sampler: {composite/development: {rule_based: {rules: []}}}}",
            ),
            "the default sampler",
        ),
        (
            file("logger_provider: {processors: [{simple: {exporter: {console: }}}], logger_configurator/development: {a: b}}"),
            "not supported",
        ),
        (file("meter_provider: {readers: [{periodic: {exporter: {console: }}}], exemplar_filter: always_on}"), "no exemplars"),
        (
            file("meter_provider: {readers: [{periodic: {exporter: {console: {temporality_preference: delta}}}}]}"),
            "the console shows totals",
        ),
        (
            file("meter_provider: {readers: [{periodic: {exporter: {console: }, producers: [{opencensus: }]}}]}"),
            "producers: is not supported",
        ),
        (
            file(&READER.replace('@', "pull: {exporter: {prometheus/development: {without_scope_info: true}}}")),
            "without_scope_info: is not supported",
        ),
        (
            file(&READER.replace('@', "pull: {exporter: {prometheus/development: {translation_strategy: no_translation}}}")),
            "names are escaped",
        ),
        (file("propagator: {composite: [{ottrace: }]}"), "`ottrace` is not supported"),
        (file("resource: {detection/development: {detectors: [{aws.ec2: }]}}"), "there is no such detector in this version"),
        (file("resource: {attributes_list: tea}"), "this is not a list like `key=value,…`"),
        (file("tracer_provider: {processors: [{batch: {schedule_delay: 0, exporter: {console: }}}]}"), "0 is taken for 1"),
        (
            file("tracer_provider: {processors: [{batch: {max_queue_size: 7, max_export_batch_size: 8, exporter: {console: }}}]}"),
            "8 is more than max_queue_size; using 7",
        ),
        (exporter("otlp_http: {endpoint: 'http://a:4317/v1/traces'}"), "4317 is the port of OTLP over gRPC by convention"),
        (exporter("otlp_http: {endpoint: 'http://a:4318'}"), "did you mean http://a:4318/v1/traces?"),
        (exporter("otlp_http: {tls: {ca_file: /a}}"), "tls: is not used where the endpoint is http"),
        (exporter("otlp_http: {headers_list: 'a=b,c'}"), "entry 2 is not a header like name=value; it is ignored"),
        (exporter("otlp_http: {headers: [{name: content-length, value: '7'}]}"), "`content-length` is for the exporter to set"),
    ] {
        let (_, warnings) = read(&text);
        assert!(warnings.len() == 1 && warnings[0].contains(problem), "{text}: {warnings:#?}");
    }
    let none = "meter_provider: {readers: [{pull: {exporter: {prometheus/development: {without_scope_info: false, translation_strategy: underscore_escaping_with_suffixes}}}}], exemplar_filter: always_off}";
    assert_eq!(read(&file(none)).1, [""; 0], "what is so anyway needs no word");
}
