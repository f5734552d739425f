//! Each setting of a configuration file takes effect: a program is set up from a file that has it, works, and what arrives at a receiver, is scraped,
//! printed, written or said is what the setting asks for.
//!
//! A row of the table is a file, the settings that it shows, and how that is seen. That no setting is left out is a test too: the reader of files
//! says which keys it knows in all places where the rows have something.

mod exporters;
mod general;
mod instruments;
mod limits;
mod own;
mod processors;
mod readers;
mod samplers;
mod views;
mod world;

use std::collections::BTreeSet;

use otel_runtime::setup::known_keys;

use self::world::World;

/// A net under a test that hangs; nothing is measured by it.
const LONG: std::time::Duration = std::time::Duration::from_secs(60);

/// A file, and what is seen of it.
pub struct Effect {
    /// The settings, by the keys that lead to them as [`keys`] shortens them; `*` stands for the providers of all three signals.
    shows: Vec<String>,
    /// The file, but for its first line.
    text: String,
    /// What the program does before its telemetry ends, beside the usual.
    meanwhile: fn(&World),
    /// How telemetry ends.
    limit: std::time::Duration,
    check: Box<dyn Fn(&World) + Send + Sync>,
}

impl Effect {
    fn new(shows: &[&str], text: impl Into<String>, check: impl Fn(&World) + Send + Sync + 'static) -> Self {
        Self {
            shows: shows.iter().map(|path| (*path).to_owned()).collect(),
            text: text.into(),
            meanwhile: |_| {},
            limit: LONG,
            check: Box::new(check),
        }
    }

    /// The program waits for something of its telemetry.
    fn meanwhile(self, meanwhile: fn(&World)) -> Self {
        Self { meanwhile, ..self }
    }

    /// Telemetry does not end well, so it is not waited for.
    fn cut_off(self) -> Self {
        Self { limit: std::time::Duration::from_millis(300), ..self }
    }

    /// The whole file.
    fn file(&self) -> String {
        let first = if self.text.starts_with("file_format") { "" } else { "file_format: '1.0'\n" };
        format!("{first}{}", self.text)
    }

    fn is_shown(&self) -> impl Iterator<Item = String> {
        const PROVIDERS: [&str; 3] = ["tracer_provider", "meter_provider", "logger_provider"];
        let all = |path: &String| match path.strip_prefix('*') {
            Some(rest) => PROVIDERS.iter().map(|provider| format!("{provider}{rest}")).collect(),
            None => vec![path.clone()],
        };
        self.shows.iter().flat_map(all).collect::<Vec<_>>().into_iter()
    }
}

/// Runs all rows of a part of the table.
fn show(effects: &[Effect]) {
    for effect in effects {
        let world = World::run(effect);
        (effect.check)(&world);
    }
}

/// All rows.
fn table() -> Vec<Effect> {
    let parts = [
        general::rows,
        limits::rows,
        samplers::rows,
        processors::rows,
        exporters::rows,
        exporters::secure_rows,
        readers::rows,
        readers::limit_rows,
        views::selector_rows,
        views::stream_rows,
        own::rows,
    ];
    parts.into_iter().flat_map(|rows| rows()).collect()
}

macro_rules! parts {
    ($($name:ident: $rows:path;)*) => {$(
        #[test]
        fn $name() {
            show(&$rows());
        }
    )*};
}

parts! {
    general_settings_take_effect: general::rows;
    limits_take_effect: limits::rows;
    samplers_take_effect: samplers::rows;
    processors_take_effect: processors::rows;
    exporters_take_effect: exporters::rows;
    settings_of_tls_take_effect: exporters::secure_rows;
    readers_take_effect: readers::rows;
    limits_of_readers_take_effect: readers::limit_rows;
    selectors_of_views_take_effect: views::selector_rows;
    streams_of_views_take_effect: views::stream_rows;
    settings_of_this_distribution_take_effect: own::rows;
}

/// The keys that are known where a text has something, and whether it has them. What is read by the same code wherever it stands is one: an exporter of a
/// signal, whatever exports to it, and a sampler in whatever part of another.
fn keys(text: &str) -> Vec<(String, bool)> {
    known_keys(text).into_iter().map(|(path, is_there)| (shortened(&path), is_there)).collect()
}

fn shortened(path: &str) -> String {
    const EXPORTING: [&str; 3] = ["processors[].batch.exporter", "processors[].simple.exporter", "readers[].periodic.exporter"];
    const NESTING: [&str; 6] = [
        ".parent_based.root.",
        ".parent_based.remote_parent_sampled.",
        ".parent_based.remote_parent_not_sampled.",
        ".parent_based.local_parent_sampled.",
        ".parent_based.local_parent_not_sampled.",
        ".jaeger_remote.initial_sampler.",
    ];
    let path = EXPORTING.iter().fold(path.to_owned(), |path, exporting| path.replace(exporting, "exporter"));
    NESTING.iter().fold(path, |path, nesting| path.replace(nesting, "."))
}

#[test]
fn every_setting_that_is_known_is_shown() {
    let (mut known, mut shown) = (BTreeSet::new(), BTreeSet::new());
    for effect in table() {
        let keys = keys(&effect.file());
        for path in effect.is_shown() {
            let is_there = keys.iter().any(|(known, is_there)| *known == path && *is_there);
            assert!(is_there, "a row says that it shows {path}, which its file does not have:\n{}", effect.text);
            shown.insert(path);
        }
        known.extend(keys.into_iter().map(|(path, _)| path));
    }
    assert!(known.len() > 200, "the reader says what it knows: {known:?}");
    // What holds others is shown by these.
    let is_shown = |path: &String| {
        let below = [format!("{path}."), format!("{path}[]")];
        shown.contains(path) || shown.iter().any(|shown| below.iter().any(|below| shown.starts_with(below)))
    };
    let missing: Vec<&String> = known.iter().filter(|path| !is_shown(path)).collect();
    assert!(missing.is_empty(), "no row shows that these take effect: {missing:#?}");
}
