//! A crate of a thousand small functions that somebody has annotated, and what it costs to compile: for the test here, and for the bench, which includes
//! this file.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, SectionKind};

pub const FUNCTIONS: usize = 1000;

/// Plain values and `Result`s in turn, none of which the compiler can leave out.
pub fn source(attribute: &str) -> String {
    let mut source = String::from(
        "use std::fmt;\n\
         #[derive(Debug)] pub struct Odd(pub u64);\n\
         impl fmt::Display for Odd { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, \"{} is odd\", self.0) } }\n\
         impl std::error::Error for Odd {}\n",
    );
    let (mut plain, mut results) = (String::new(), String::new());
    for number in 0..FUNCTIONS / 2 {
        let _ = writeln!(source, "{attribute}\npub fn plain_{number}(value: u64) -> u64 {{ value.wrapping_mul({number}) ^ 7 }}");
        let _ = writeln!(
            source,
            "{attribute}\npub fn result_{number}(value: u64) -> Result<u64, Odd> {{\n    \
             if value % 2 == 0 {{ Ok(value.wrapping_add({number})) }} else {{ Err(Odd(value)) }}\n}}"
        );
        let _ = write!(plain, "plain_{number}, ");
        let _ = write!(results, "result_{number}, ");
    }
    let half = FUNCTIONS / 2;
    let _ = writeln!(source, "pub static PLAIN: [fn(u64) -> u64; {half}] = [{plain}];");
    let _ = writeln!(source, "pub static RESULTS: [fn(u64) -> Result<u64, Odd>; {half}] = [{results}];");
    source
}

/// The time that the processor spends on processes which this one waits for, or the time on the wall.
pub struct Clock(Instant, Option<f64>);

impl Clock {
    pub fn start() -> Self {
        Self(Instant::now(), Self::of_children())
    }

    pub fn seconds(&self) -> f64 {
        match (self.1, Self::of_children()) {
            (Some(start), Some(end)) => end - start,
            _ => self.0.elapsed().as_secs_f64(),
        }
    }

    /// `cutime` and `cstime` of Linux, in hundredths of a second.
    fn of_children() -> Option<f64> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let (_, after_name) = stat.rsplit_once(')')?;
        let ticks = after_name.split_whitespace().skip(13).take(2).map(str::parse::<f64>);
        ticks.sum::<Result<f64, _>>().ok().map(|ticks| ticks / 100.0)
    }
}

/// The bytes of code in a library.
pub fn text_size(library: &Path) -> u64 {
    let bytes = fs::read(library).unwrap_or_else(|error| panic!("{}: {error}", library.display()));
    let archive = ArchiveFile::parse(&*bytes).expect("a library is an archive");
    let members = archive.members().map(|member| member.and_then(|member| member.data(&*bytes)).expect("the archive is whole"));
    // What is no object file is the compiler's own.
    let objects = members.filter_map(|data| object::File::parse(data).ok());
    let sections =
        |object: &object::File| object.sections().filter(|section| section.kind() == SectionKind::Text).map(|s| s.size()).sum::<u64>();
    objects.map(|object| sections(&object)).sum()
}
