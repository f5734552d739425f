//! Telemetry that a configuration file sets up, to the bytes that arrive.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use otel_runtime::opentelemetry::KeyValue;
use otel_runtime::opentelemetry::logs::{LogRecord, Logger, LoggerProvider};
use otel_runtime::opentelemetry::metrics::MeterProvider;
use otel_runtime::setup::Variable;
use otel_runtime::{InitError, Sampler, traced};
use tests::fetched;
use tests::points::{Kind, points};
use tests::receiver::Receiver;
use tests::relay::Relay;
use tests::telemetry::{Builder, Printed, Said, Watched};
use tests::tls::{Authority, server};

#[traced("config.work", fields(size = 7, colour = "green"))]
fn work() {}

/// A file of a test's own.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config-file");
        std::fs::create_dir_all(&folder).expect("the target folder can be written to");
        let path = folder.join(name);
        std::fs::write(&path, text).expect("the target folder can be written to");
        Self(path)
    }

    fn path(&self) -> String {
        self.0.to_str().expect("the target folder has a name").to_owned()
    }

    /// Telemetry that the file describes, with these variables and no others.
    fn builder(&self, variables: &[(&str, String)]) -> Builder {
        self.with(variables).into()
    }

    fn with(&self, variables: &[(&str, String)]) -> otel_runtime::Builder {
        let mut variables: Vec<(String, String)> = variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        variables.push(("OTEL_CONFIG_FILE".to_owned(), self.path()));
        let lookup = move |wanted: &str| variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.into());
        otel_runtime::builder().environment(lookup)
    }
}

fn run(telemetry: &Watched) {
    let _attached = telemetry.context().attach();
    work();
}

fn text(value: Option<&Value>) -> &str {
    match value {
        Some(Value::StringValue(text)) => text,
        other => panic!("no text: {other:?}"),
    }
}

#[test]
fn a_file_says_what_is_sent_where_and_how() {
    let receivers = [Receiver::start(), Receiver::start()];
    let file = File::new(
        "everywhere.yaml",
        r#"
file_format: "1.0"
resource:
  attributes:
    - {name: service.name, value: "${NAME}"}
    - {name: shop.size, value: 7, type: int}
    - {name: shop.rooms, value: [kitchen, hall], type: string_array}
  schema_url: https://opentelemetry.io/schemas/1.40.0
tracer_provider:
  limits: {attribute_value_length_limit: 3}
  processors:
    - simple:
        exporter:
          otlp_http: {endpoint: "${FIRST}/v1/traces", compression: gzip, headers: [{name: x-token, value: "${TOKEN}"}]}
    - batch:
        schedule_delay: 600000
        exporter: {otlp_grpc: {endpoint: "${SECOND}", headers_list: "x-token=second"}}
logger_provider:
  limits: {attribute_count_limit: 1}
  processors:
    - batch: {exporter: {otlp_http: {endpoint: "${FIRST}/v1/logs", encoding: json}}}
meter_provider:
  readers:
    - periodic:
        interval: 600000
        exporter: {otlp_http: {endpoint: "${FIRST}/v1/metrics", temporality_preference: delta}}
        cardinality_limits: {counter: 1}
    - periodic:
        interval: 600000
        exporter: {otlp_grpc: {endpoint: "${SECOND}", default_histogram_aggregation: base2_exponential_bucket_histogram}}
  views:
    - selector: {instrument_name: "shop.*", instrument_type: histogram}
      stream: {attribute_keys: {excluded: [colour]}}
"#,
    );
    let variables = [
        ("NAME", "checkout".to_owned()),
        ("FIRST", receivers[0].http_endpoint()),
        ("SECOND", receivers[1].grpc_endpoint()),
        ("TOKEN", "1234".to_owned()),
        ("OTEL_TRACES_EXPORTER", "none".to_owned()),
        ("OTEL_SDK_DISABLED", "true".to_owned()),
    ];
    let telemetry = file.builder(&variables).build().expect("the file is good");
    assert!(telemetry.warnings().is_empty(), "{:?}", telemetry.warnings());
    run(&telemetry);
    receivers[0].wait_for_spans(1, Duration::from_secs(10));
    let logger = telemetry.logger_provider().expect("there are logs").logger("shop");
    let mut record = logger.create_log_record();
    record.set_body("brewed".into());
    record.add_attributes([("first", 1), ("second", 2)]);
    logger.emit(record);
    let meter = telemetry.meter_provider().expect("there are metrics").meter("shop");
    for colour in ["green", "black"] {
        meter.u64_counter("cups").build().add(1, &[KeyValue::new("colour", colour)]);
        meter.f64_histogram("shop.time").build().record(1.0, &[KeyValue::new("colour", colour)]);
    }
    telemetry.shutdown().expect("everything is delivered");

    for (receiver, token) in receivers.iter().zip(["1234", "second"]) {
        let spans = receiver.spans();
        assert_eq!(spans.len(), 1, "each backend has the span once");
        assert_eq!(text(spans[0].attribute("colour")), "gre");
        assert_eq!(text(spans[0].resource_attribute("service.name")), "checkout");
        assert_eq!(spans[0].resource_attribute("shop.size"), Some(&Value::IntValue(7)));
        assert_eq!(spans[0].resource_attribute("process.pid"), None, "nothing is detected unless it is asked for");
        let requests = receiver.requests();
        assert!(requests.iter().any(|request| request.header("x-token") == Some(token)), "{requests:?}");
        let metrics = receiver.metrics();
        let names: Vec<&str> = metrics.iter().map(|metric| metric.data.name.as_str()).collect();
        assert!(names.contains(&"cups") && names.contains(&"shop.time"), "{names:?}");
        let of =
            |name: &str| points(&metrics).into_iter().filter(|point| point.metric == name).map(|point| point.labels()).collect::<Vec<_>>();
        assert_eq!(of("shop.time"), [""], "the colour is left out");
        let is_first = token == "1234";
        assert_eq!(of("cups").iter().any(|labels| labels.contains("overflow")), is_first, "a limit is of its reader: {:?}", of("cups"));
        let kind = points(&metrics).iter().find(|point| point.metric == "shop.time").map(|point| point.kind);
        assert_eq!(kind, Some(if is_first { Kind::Histogram } else { Kind::ExponentialHistogram }), "and so is an aggregation");
    }
    let first = receivers[0].requests();
    assert!(first.iter().any(|request| request.header("content-encoding") == Some("gzip")), "{first:?}");
    assert!(first.iter().any(|request| request.header("content-type") == Some("application/json")), "{first:?}");
    let logs = receivers[0].logs();
    assert_eq!((logs.len(), logs[0].data.attributes.len(), logs[0].data.dropped_attributes_count), (1, 1, 1));
    assert!(receivers[1].logs().is_empty());
}

#[test]
fn code_wins_over_the_file_and_a_variable_that_it_does_not_name_is_told() {
    let receiver = Receiver::start();
    let file = File::new(
        "code.yaml",
        "\
file_format: '1.0'
resource: {attributes: [{name: service.name, value: file}, {name: a, value: file}, {name: b, value: file}]}
tracer_provider:
  sampler: {always_off: }
  processors:
    - simple:
        exporter:
          otlp_http:
            endpoint: ${ENDPOINT}/v1/traces
",
    );
    let builder = file.builder(&[("ENDPOINT", "http://localhost:1".to_owned()), ("OTEL_SERVICE_NAME", "environment".to_owned())]);
    let said = Said::default();
    let telemetry = said
        .listen(builder)
        .service_name("code")
        .resource_attribute(KeyValue::new("a", "code"))
        .sampler(Sampler::always_on())
        .set("OTEL_TRACES_EXPORTER", "none")
        .build();
    assert!(telemetry.is_ok(), "{telemetry:?}");
    let telemetry = telemetry.expect("the file is good");
    let [warning] = telemetry.warnings() else { panic!("{:?}", telemetry.warnings()) };
    assert_eq!(
        warning.to_string(),
        "OTEL_TRACES_EXPORTER: is set in code, and ignored, because OTEL_CONFIG_FILE names a configuration file"
    );
    assert!(said.lines().iter().any(|line| line.contains("OTEL_TRACES_EXPORTER")));
    drop(telemetry);

    let builder = file.builder(&[("ENDPOINT", receiver.http_endpoint())]);
    let builder = builder.service_name("code").resource_attribute(KeyValue::new("a", "code")).sampler(Sampler::always_on());
    let telemetry = builder.build().expect("the file is good");
    run(&telemetry);
    telemetry.shutdown().expect("everything is delivered");
    let span = receiver.spans().pop().expect("the sampler of the code records it");
    let of = |key: &str| text(span.resource_attribute(key)).to_owned();
    assert_eq!([of("service.name"), of("a"), of("b")], ["code", "code", "file"]);
}

/// What a variable says is in force only if it is heard: beside the file, or by its reference in it.
#[test]
fn variables_that_a_file_does_not_name_are_shown_as_ignored() {
    let file = File::new(
        "heard.yaml",
        "\
file_format: '1.0'
tracer_provider:
  processors: [{simple: {exporter: {console: }}}]
  sampler:
    trace_id_ratio_based:
      ratio: ${OTEL_TRACES_SAMPLER_ARG}
",
    );
    let set = [("OTEL_TRACES_SAMPLER_ARG", "0.25"), ("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_SERVICE_NAME", "environment")];
    let variables = set.map(|(name, value)| (name, value.to_owned()));
    let said = Said::default();
    let builder = said.listen(file.with(&variables)).set("OTEL_RUST_FILTER", "off");
    for variable in builder.variables() {
        let is_heard =
            ["OTEL_CONFIG_FILE", "OTEL_EXPERIMENTAL_CONFIG_FILE", "NO_COLOR", "OTEL_TRACES_SAMPLER_ARG"].contains(&variable.name());
        assert_eq!(variable.is_ignored(), !is_heard, "{variable}");
        if variable.is_ignored() {
            assert_eq!(variable.value(), "");
            assert_eq!(variable.to_string(), format!("{} is ignored: a configuration file says everything", variable.name()));
        }
    }
    let value = |name: &str| builder.variables().into_iter().find(|variable| variable.name() == name).map(|found| found.value().to_owned());
    assert_eq!(value("OTEL_TRACES_SAMPLER_ARG").as_deref(), Some("0.25"));
    assert_eq!(value("OTEL_CONFIG_FILE"), Some(file.path()));
    drop(builder.build().expect("the file is good"));
    let warning = "OTEL_RUST_FILTER: is set in code, and ignored, because OTEL_CONFIG_FILE names a configuration file";
    assert_eq!(said.lines(), [warning]);

    let named = file.with(&[]).service_name("code").variables();
    let name = named.into_iter().find(|variable| variable.name() == "OTEL_SERVICE_NAME").expect("it is one");
    assert_eq!((name.value(), name.is_ignored()), ("code", false), "code wins over the file");
    let wrong = File::new("unheard.yaml", "file_format: '1.0'\ndisabled: maybe\n").with(&variables).variables();
    assert!(wrong.iter().find(|variable| variable.name() == "OTEL_TRACES_SAMPLER").is_some_and(Variable::is_ignored));
}

/// What cannot be done is said with the key of the file that asks for it, and its place.
#[test]
fn errors_name_keys_and_no_variables() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port();
    let provider = |exporter: &str| format!("file_format: '1.0'\ntracer_provider: {{processors: [{{batch: {{exporter: {exporter}}}}}]}}\n");
    let scraped = format!(
        "file_format: '1.0'\nmeter_provider: {{readers: [{{pull: {{exporter: {{prometheus/development: {{host: 127.0.0.1, port: {port}}}}}}}}}]}}\n"
    );
    for (name, text, expected) in [
        ("port", scraped, "set `port` of meter_provider.readers[0].pull.exporter.prometheus/development (2:47) to another"),
        (
            "authority",
            provider("{otlp_http: {endpoint: 'https://localhost:1', tls: {ca_file: /gone.pem}}}"),
            "tracer_provider.processors[0].batch.exporter.otlp_http.tls.ca_file (2:103), /gone.pem, cannot be read",
        ),
        (
            "certificate",
            provider("{otlp_grpc: {endpoint: 'https://localhost:1', tls: {key_file: /gone.key}}}"),
            "set `tls.cert_file` of tracer_provider.processors[0].batch.exporter.otlp_grpc (2:52) as well",
        ),
    ] {
        let error = File::new(&format!("names-{name}.yaml"), &text).builder(&[]).build().expect_err("it cannot be done").to_string();
        assert!(error.contains(expected) && !error.contains("OTEL_"), "{error}");
    }
}

#[test]
fn a_certificate_of_the_file_is_what_is_trusted() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config-file-tls");
    let authority = Authority::new(&folder);
    let receiver = Receiver::start();
    let address = ([127, 0, 0, 1], receiver.http_port()).into();
    let terminator = Relay::start(address, Some(server(&authority.identity("localhost", false), Some(&authority))));
    let client = authority.identity("shop", false);
    let text = |path: &Path| path.to_str().expect("the target folder has a name").to_owned();
    let file = File::new(
        "tls.yaml",
        "\
file_format: '1.0'
tracer_provider:
  processors:
    - batch:
        exporter:
          otlp_http:
            endpoint: ${ENDPOINT}/v1/traces
            tls:
              ca_file: ${CA}
              cert_file: ${CERT}
              key_file: ${KEY}
",
    );
    let variables = |authority: String| {
        let endpoint = format!("https://localhost:{}", terminator.address().port());
        [("ENDPOINT", endpoint), ("CA", authority), ("CERT", text(&client.certificate)), ("KEY", text(&client.key))]
    };
    let telemetry = file.builder(&variables(text(&authority.file()))).build().expect("the file is good");
    run(&telemetry);
    telemetry.shutdown().expect("everything is delivered");
    assert_eq!(receiver.spans().len(), 1);

    let error = file.builder(&variables("/gone.pem".to_owned())).build().expect_err("there is no such file");
    let InitError::Unsupported(problem) = &error else { panic!("{error}") };
    assert!(problem.contains("tracer_provider.processors[0].batch.exporter.otlp_http.tls.ca_file (9:15), /gone.pem"), "{problem}");
}

#[test]
fn consoles_files_and_scrapers_are_where_the_file_says() {
    let lines = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config-file-lines.jsonl");
    let _ = std::fs::remove_file(&lines);
    let file = File::new(
        "local.yaml",
        "\
file_format: '1.1'
tracer_provider:
  processors:
    - simple: {exporter: {console: }}
    - batch: {exporter: {otlp_file/development: {output_stream: \"${LINES}\"}}}
meter_provider:
  readers:
    - pull: {exporter: {prometheus/development: {host: 127.0.0.1, port: 0}}}
distribution: {otel-runtime: {filter: 'off,config_file=on'}}
",
    );
    let printed = Printed::default();
    let lines_at = format!("file://{}", lines.display());
    let telemetry = file.builder(&[("LINES", lines_at)]).console(printed.clone()).build().expect("the file is good");
    run(&telemetry);
    telemetry.meter_provider().expect("there are metrics").meter("shop").u64_counter("cups").build().add(1, &[]);
    let address = telemetry.prometheus_address().expect("metrics are served");
    let mut scrape = TcpStream::connect(address).expect("somebody listens");
    scrape.write_all(b"GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").expect("it is taken");
    let mut page = String::new();
    scrape.read_to_string(&mut page).expect("it is text");
    assert!(page.contains("cups_total"), "{page}");
    telemetry.shutdown().expect("everything is delivered");
    assert!(printed.text().contains("config.work"), "{}", printed.text());
    let written = std::fs::read_to_string(&lines).expect("there are lines");
    assert!(written.contains("config.work"), "{written}");
    std::fs::remove_file(&lines).expect("it can be removed");
}

#[test]
fn a_file_that_is_wrong_sets_nothing_up() {
    let file = File::new("wrong.yaml", "file_format: '1.0'\ntracer_provider: {processor: []}\n");
    let error = file.builder(&[]).build().expect_err("the file is wrong");
    let expected = [
        format!("the configuration file {} of OTEL_CONFIG_FILE cannot be used: 2:1: tracer_provider: `processors` is missing", file.path()),
        "  warning: 2:19: tracer_provider.processor: is not a key that this version knows (did you mean `processors`?); it is ignored"
            .to_owned(),
    ];
    assert_eq!(error.to_string(), expected.join("\n"), "why it is missing");
    let old = otel_runtime::builder().environment(|_| None).set("OTEL_EXPERIMENTAL_CONFIG_FILE", file.path()).build();
    assert!(old.expect_err("the file is wrong").to_string().contains("of OTEL_EXPERIMENTAL_CONFIG_FILE"));
    let off =
        File::new("off.yaml", "file_format: '1.0'\ndisabled: ${OFF}\ntracer_provider: {processors: [{simple: {exporter: {console: }}}]}\n");
    for (disabled, is_there) in [("true", false), ("false", true)] {
        let telemetry = off.builder(&[("OFF", disabled.to_owned())]).console(Printed::default()).build().expect("the file is good");
        assert_eq!(telemetry.tracer_provider().is_some(), is_there);
    }
}

#[test]
fn more_exporters_of_a_kind_than_there_are_ways_are_refused() {
    let exporter = "{simple: {exporter: {otlp_http: }}}";
    let of = |count: usize| {
        let exporters = vec![exporter; count].join(", ");
        let file = File::new(&format!("{count}.yaml"), &format!("file_format: '1.0'\ntracer_provider: {{processors: [{exporters}]}}\n"));
        file.builder(&[]).build()
    };
    drop(of(3).expect("three are possible"));
    let error = of(4).expect_err("four are not");
    assert_eq!(error.to_string(), "traces can be exported to at most 3 places in one way");
}

/// What a sample asks for that is not done, each said with its place: a section that is not known would be here, or be missing here.
const NOT_DONE: &[&str] = &[
    "11:1: file_format: `1.0-rc.2` is read as 1.0",
    "54:13: logger_provider.processors[0].batch.exporter.otlp_http.tls: is not used where the endpoint is http, without TLS; did you mean https?",
    "97:13: logger_provider.processors[1].batch.exporter.otlp_grpc.tls: is not used where the endpoint is http, without TLS; did you mean https?",
    "171:3: logger_provider.logger_configurator/development: is not supported by this version, and ignored",
    "209:13: meter_provider.readers[0].pull.exporter.prometheus/development.with_resource_constant_labels: is not supported by this version, and ignored; the resource is `target_info`",
    "234:9: meter_provider.readers[0].pull.producers: is not supported by this version, and ignored",
    "281:13: meter_provider.readers[1].periodic.exporter.otlp_http.tls: is not used where the endpoint is http, without TLS; did you mean https?",
    "324:9: meter_provider.readers[1].periodic.producers: is not supported by this version, and ignored",
    "363:13: meter_provider.readers[2].periodic.exporter.otlp_grpc.tls: is not used where the endpoint is http, without TLS; did you mean https?",
    "524:3: meter_provider.exemplar_filter: this version records no exemplars, whatever the filter",
    "527:3: meter_provider.meter_configurator/development: is not supported by this version, and ignored; `distribution.otel-runtime.filter` says which places record",
    "561:7: propagator.composite[5].ottrace: the format `ottrace` is not supported by this version, and left out",
    "566:3: propagator.composite_list: the format `ottrace` is not supported by this version, and left out",
    "595:13: tracer_provider.processors[0].batch.exporter.otlp_http.tls: is not used where the endpoint is http, without TLS; did you mean https?",
    "638:13: tracer_provider.processors[1].batch.exporter.otlp_grpc.tls: is not used where the endpoint is http, without TLS; did you mean https?",
    "761:3: tracer_provider.tracer_configurator/development: is not supported by this version, and ignored; `distribution.otel-runtime.filter` says which places record",
    "848:1: instrumentation/development: is not supported by this version, and ignored",
];

/// What another sample asks for with a key of a version before.
const OLD: &[&str] = &["117:3: resource.detectors: is not a key that this version knows (did you mean `detection`?); it is ignored"];

/// A sample with what is there in the place of what it makes up: files, ports and backends.
fn usable(sample: &str, receiver: &Receiver) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("config-file");
    let authority = Authority::new(&folder.join("authority"));
    let identity = authority.identity("shop", false);
    let text = |path: &Path| path.to_str().expect("the target folder has a name").to_owned();
    [
        ("<CA_CERT>", text(&authority.file())),
        ("<CLIENT_KEY>", text(&identity.key)),
        ("<CLIENT_CERT>", text(&identity.certificate)),
        ("http://localhost:4318", receiver.http_endpoint()),
        ("http://localhost:4317", receiver.grpc_endpoint()),
        ("port: 9464", "port: 0".to_owned()),
        ("/var/log", text(&folder)),
    ]
    .iter()
    .fold(sample.to_owned(), |sample, (written, meant)| sample.replace(written, meant))
}

/// What another implementation has as samples of the format, the specification's own among them. They come with a module of Go's; where that cannot
/// be had, the test says so and skips.
#[test]
#[ignore = "downloads a module of Go's"]
fn samples_of_another_implementation_are_read_and_those_that_are_wrong_are_errors() {
    const MODULE: &str = "go.opentelemetry.io/contrib/otelconf@v0.27.0";
    let find = |folder: &Path| Some(folder.join(MODULE).join("testdata")).filter(|samples| samples.is_dir());
    let fetch = |folder: &Path| {
        let mut go = Command::new("go");
        go.args(["mod", "download", MODULE]).env("GOMODCACHE", folder).env("GOFLAGS", "-modcacherw").current_dir(folder);
        fetched::run(&mut go, Duration::from_secs(120))
    };
    let samples = match fetched::folder_with("otelconf", find, fetch) {
        Ok(samples) => samples,
        Err(reason) => return tests::skipped(format_args!("the samples cannot be had: {reason}")),
    };
    // Those that a sample names.
    let variables = [
        ("OTEL_SDK_DISABLED", "false"),
        ("STRING_VALUE", "value"),
        ("BOOL_VALUE", "true"),
        ("INT_VALUE", "1"),
        ("FLOAT_VALUE", "1.1"),
        ("HEX_VALUE", "0xdeadbeef"),
        ("INVALID_MAP_VALUE", "value\nkey:value"),
        ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "4096"),
        ("ENV_VAR_IN_KEY", "env_var_in_key"),
        ("REPLACE_ME", "${STRING_VALUE}"),
        ("VALUE_WITH_ESCAPE", "value$$"),
    ];
    let read = |name: &str| {
        let path = samples.join(name);
        let lookup = move |wanted: &str| match wanted {
            "OTEL_CONFIG_FILE" => Some(path.clone().into_os_string()),
            _ => variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| OsString::from(value)),
        };
        otel_runtime::builder().environment(lookup).to_config_file()
    };
    for (name, parts) in [
        ("v1.0.0.yaml", ["service.name", "tracer_provider:", "meter_provider:", "logger_provider:"]),
        ("v1.0.0_env_var.yaml", ["service.name", "foo value 1.1", "value: 3735928559", "$${STRING_VALUE:-fallback}"]),
    ] {
        let written = read(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        for part in parts {
            assert!(written.contains(part), "{part} is missing in what {name} became:\n{written}");
        }
    }
    for (name, expected) in [("v1.0.0.yaml", NOT_DONE), ("v1.0.0_env_var.yaml", OLD)] {
        let (receiver, said) = (Receiver::start(), Said::default());
        let sample = std::fs::read_to_string(samples.join(name)).expect("it is text");
        let file = File::new(name, &usable(&sample, &receiver));
        let telemetry =
            said.listen(file.builder(&variables.map(|(name, value)| (name, value.to_owned())))).console(Printed::default()).build();
        let telemetry = telemetry.unwrap_or_else(|error| panic!("{name}: {error}"));
        let warnings: Vec<String> =
            telemetry.warnings().iter().map(|warning| warning.to_string().replace(&format!("{}:", file.path()), "")).collect();
        assert_eq!(warnings, expected, "{name}");
        telemetry.shutdown().expect("there is somebody who takes it");
    }
    for name in ["v1.0.0_invalid_nil_name.yaml", "v1.0.0_invalid_nil_value.yaml", "invalid_bool.yaml"] {
        let error = read(name).err().unwrap_or_else(|| panic!("{name} is read")).to_string();
        assert!(error.contains(name), "{error}");
    }
}
