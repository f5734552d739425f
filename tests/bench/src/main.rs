//! What an annotation costs, beside what others write for the same: prints a table. Which groups of rows it has can be said: `calls`, `metrics`, `layers`,
//! `floods`; all of these without. `sustained`, `compile` and `builds` take minutes, and are there when they are said; the latter two print tables of
//! their own. `README.md` says what is measured, and keeps the latest table.

mod compile;
mod flood;
#[path = "../../tests/compile_cost/functions.rs"]
mod functions;
mod instructions;
mod layers;
mod measure;
mod metering;
mod peers;
mod sink;
mod spans;
mod table;
mod work;

use std::env;
use std::process::Command;

use measure::{Case, Measured, Surroundings};
use sink::Sink;
use spans::{Installed, NOTHING, Nothing};
use table::{Row, Table};

/// Groups of cases that need a process of their own, by what is installed in it.
const GROUPS: [&str; 5] = ["uninstalled", "installed", "metrics", "layers-uninstalled", "layers"];

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["sink"] => sink::run(),
        ["group", group, port] => report(group, port.parse().expect("a port")),
        ["count", group, port] => instructions::run(group, port.parse().expect("a port"), None),
        ["look", group, row, peer] => {
            let sink = Sink::start();
            instructions::run(group, sink.port(), Some((row, peer)));
        }
        ["row", group, row] => look_at_row(group, row, |_| true),
        ["row", group, row, peer] => look_at_row(group, row, |case| [NOTHING, peer].contains(&case.peer)),
        ["flood", how, peer, protocol, port, grpc_port] => {
            flood::run(how, peer, protocol, port.parse().expect("a port"), grpc_port.parse().expect("a port"));
        }
        _ => print(&arguments),
    }
}

fn print(wanted: &[&str]) {
    if wanted.contains(&"compile") {
        println!("{}", compile::annotations());
    }
    if wanted.contains(&"builds") {
        println!("{}", compile::builds());
    }
    let wants = |group| wanted.is_empty() || wanted.contains(&group);
    let sink = Sink::start();
    let mut table = Table::default();
    for group in GROUPS {
        let wanted = match group {
            "metrics" => "metrics",
            "layers" | "layers-uninstalled" => "layers",
            _ => "calls",
        };
        if wants(wanted) {
            table.add(calls(group, sink.port()));
        }
    }
    if wants("floods") {
        table.add(flood::at_once(&sink));
    }
    if wanted.contains(&"sustained") {
        table.add(flood::sustained(&sink));
    }
    if !table.is_empty() {
        print!("{table}");
    }
}

/// The rows of a group, from a process of its own.
fn calls(group: &'static str, port: u16) -> Vec<Row> {
    let instructions = instructions::of(group, port);
    let measured = child(&["group", group, &port.to_string()]);
    let measured = measured.lines().map(|line| {
        let mut numbers = line.split(' ').map(|number| number.parse().expect("a number"));
        let mut next = || numbers.next().expect("four numbers");
        Measured { caller: next(), process: next(), exported: next(), at_once: next() }
    });
    let cases = cases(group);
    let measured: Vec<_> =
        cases.iter().zip(measured).zip(instructions).map(|((case, measured), counted)| (case, measured, counted)).collect();
    let plain = |row| measured.iter().find(|(case, ..)| case.row == row && case.peer == NOTHING).expect("each row has it");
    measured
        .iter()
        .map(|(case, measured, counted)| {
            let (_, plain, plain_counted) = plain(case.row);
            #[allow(clippy::cast_precision_loss, reason = "it is small")]
            let spans = case.spans.max(1) as f64;
            let each = |value: f64, nothing: f64| if case.peer == NOTHING { value } else { (value - nothing) / spans };
            let counted = counted.zip(*plain_counted);
            Row {
                row: case.row,
                peer: case.peer.to_owned(),
                caller: Some(each(measured.caller, plain.caller)).filter(|caller| caller.is_finite()),
                ratio: Some(measured.caller / plain.caller).filter(|ratio| ratio.is_finite()),
                instructions: counted.map(|(counted, plain)| each(counted.caller, plain.caller)),
                process: (case.spans > 0).then_some(measured.process),
                process_instructions: counted.filter(|_| case.spans > 0).map(|(counted, _)| counted.process),
                exported: (case.spans > 0).then_some(measured.exported),
                note: if case.threads > 1 { format!("{:.0} % at once", measured.at_once * 100.0) } else { String::new() },
                ..Row::default()
            }
        })
        .collect()
}

/// In the process of a group: prints what it measured, a line for each case.
fn report(group: &str, port: u16) {
    let cases = cases(group);
    for measured in measure::measure(&cases, &*installed(group, port)) {
        println!("{} {} {} {}", measured.caller, measured.process, measured.exported, measured.at_once);
    }
}

/// Prints the nanoseconds of the caller of one row, quickly.
fn look_at_row(group: &str, row: &str, wanted: impl Fn(&Case) -> bool) {
    let sink = Sink::start();
    let cases: Vec<Case> = cases(group).into_iter().filter(|case| case.row == row && wanted(case)).collect();
    assert!(!cases.is_empty(), "the group {group} has no row {row:?}");
    let measured = measure::measure(&cases, &*installed(group, sink.port()));
    for (case, measured) in cases.iter().zip(&measured) {
        println!("{:>8.1} ns, {:>8.1} ns of the process for a span  {}", measured.caller, measured.process, case.peer);
    }
}

fn cases(group: &str) -> Vec<Case> {
    match group {
        "uninstalled" => spans::uninstalled(),
        "installed" => spans::installed(),
        "layers-uninstalled" => layers::uninstalled(),
        "layers" => layers::installed(),
        _ => metering::cases(),
    }
}

/// Installs what the cases of a group need.
fn installed(group: &str, port: u16) -> Box<dyn Surroundings> {
    match group {
        "uninstalled" => Box::new(Nothing),
        "installed" => Box::new(Installed::new(port)),
        "layers-uninstalled" => Box::new(layers::Nothing::new()),
        "layers" => Box::new(layers::Installed::new(port)),
        _ => Box::new(metering::Installed::new(port)),
    }
}

/// What this program says if it is run with these arguments.
fn child(arguments: &[&str]) -> String {
    said(Command::new(env::current_exe().expect("this program has a file")).args(arguments))
}

fn said(command: &mut Command) -> String {
    let output = command.stderr(std::process::Stdio::inherit()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("it is text")
}
