//! The console exporter in several processes that print to one place: spans of one trace are one tree, wherever they were recorded.

#![cfg(target_os = "linux")]

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use tests::process::{Child, Output};

/// A net under a program that hangs.
const LONG: Duration = Duration::from_secs(60);

fn spawn(role: &str, services: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neighbour"));
    command.arg(role).args(services).env_remove("TRACEPARENT");
    Child::spawn(command)
}

fn run(role: &str, services: &[&str]) -> Output {
    let output = spawn(role, services).wait_with_timeout(LONG);
    assert!(output.status.success(), "{}", output.stderr);
    output
}

/// A printed tree: its heading, without trace and time, and its rows, up to their bars.
#[derive(Debug, PartialEq)]
struct Tree<'a> {
    heading: String,
    trace: &'a str,
    rows: Vec<&'a str>,
}

fn trees(printed: &str) -> Vec<Tree<'_>> {
    let mut trees: Vec<Tree> = Vec::new();
    for line in printed.lines() {
        match (line.strip_prefix("  "), trees.last_mut()) {
            (Some(row), Some(tree)) => tree.rows.push(row.split(['█', '▏', '░']).next().unwrap_or_default().trim_end()),
            (Some(_), None) => panic!("a row of no tree: {printed}"),
            (None, _) => trees.push(heading(line)),
        }
    }
    trees
}

fn heading(line: &str) -> Tree<'_> {
    let mut parts: Vec<_> = line.split(" · ").collect();
    let trace = parts.remove(1).strip_prefix("trace ").unwrap_or_else(|| panic!("no heading: {line}"));
    parts.retain(|part| !part.ends_with(" ms") && !part.ends_with(" µs") && !part.ends_with(" s"));
    Tree { heading: parts.join(" · "), trace, rows: Vec::new() }
}

fn assert_tree(tree: &Tree, heading: &str, rows: &[&str]) {
    assert_eq!((tree.heading.as_str(), tree.rows.as_slice()), (heading, rows));
}

fn assert_one_tree(output: &Output, heading: &str, rows: &[&str]) {
    let trees = trees(&output.stderr);
    assert_eq!(trees.len(), 1, "{}", output.stderr);
    assert_tree(&trees[0], heading, rows);
}

const BOTH: [&str; 3] = ["order", "└─ call (client)", "   └─ serve (server) [bank]"];

#[test]
fn a_process_and_its_child_print_one_tree() {
    assert_one_tree(&run("calls", &["shop", "bank"]), "shop, bank · 3 spans", &BOTH);
}

#[test]
fn a_chain_of_processes_prints_one_tree() {
    let rows = [&BOTH[..], &["      └─ call (client)", "         └─ serve (server) [vault]"]].concat();
    assert_one_tree(&run("calls", &["shop", "bank", "vault"]), "shop, bank, vault · 5 spans", &rows);
}

#[test]
fn a_server_whose_span_ends_last_is_in_the_tree() {
    assert_one_tree(&run("late", &["shop", "bank"]), "shop, bank · 3 spans", &BOTH);
}

#[test]
fn processes_that_print_to_different_places_print_a_tree_each() {
    let output = run("apart", &["shop", "bank"]);
    assert_one_tree(&output, "shop · 2 spans", &BOTH[..2]);
    let trees = trees(&output.stdout);
    assert_eq!(trees.len(), 1, "{}", output.stdout);
    assert!(trees[0].heading.starts_with("bank · child of "), "{}", output.stdout);
    assert_eq!(trees[0].rows, ["serve (server)"]);
}

#[test]
fn a_neighbour_that_is_stopped_holds_nobody_up() {
    let output = run("bystander", &["shop", "bank"]);
    let trees: Vec<_> = trees(&output.stderr).into_iter().filter(|tree| tree.heading.starts_with("shop, bank")).collect();
    assert_eq!(trees.len(), 1, "{}", output.stderr);
    assert_tree(&trees[0], "shop, bank · 3 spans", &BOTH);
}

/// The tree of the bank, and that of the shop, which follows if the shop is still there.
fn assert_trees_apart(printed: &str, shop_too: bool) {
    let trees = trees(printed);
    let (bank, shop): (Vec<_>, Vec<_>) = trees.iter().partition(|tree| tree.heading.starts_with("bank"));
    assert_eq!((bank.len(), shop.len()), (1, usize::from(shop_too)), "{printed}");
    assert!(bank[0].heading.starts_with("bank · child of ") && bank[0].heading.ends_with(" · 1 span"), "{printed}");
    assert_eq!(bank[0].rows, ["serve (server)"]);
    for shop in shop {
        assert_tree(shop, "shop · 2 spans", &BOTH[..2]);
        assert_eq!(shop.trace, bank[0].trace);
    }
}

#[test]
fn a_caller_that_is_stopped_does_not_hold_up_what_it_called() {
    assert_trees_apart(&run("stops", &["shop", "bank"]).stderr, true);
}

#[test]
fn what_outlives_its_caller_prints_its_own_tree() {
    assert_trees_apart(&run("outlives", &["shop", "bank"]).stderr, true);
}

#[test]
fn what_outlives_a_caller_that_was_killed_prints_its_own_tree() {
    let shop = spawn("kills", &["shop", "bank"]);
    shop.wait_for_line("serve (server)", LONG);
    assert_trees_apart(&shop.stderr(), false);
}

/// All of them at once may be more than a busy machine does in the time that a tree waits; then there are two trees of a trace, and only then.
#[test]
fn traces_at_the_same_time_stay_apart_and_no_span_is_lost_or_printed_twice() {
    let output = run("busy", &["shop", "bank"]);
    let mut traces: BTreeMap<&str, Vec<Tree>> = BTreeMap::new();
    for tree in trees(&output.stderr) {
        traces.entry(tree.trace).or_default().push(tree);
    }
    assert_eq!(traces.len(), 50, "{}", output.stderr);
    let mut joined = 0;
    for trees in traces.values_mut() {
        trees.sort_by_key(|tree| Reverse(tree.rows.len()));
        match trees.as_slice() {
            [both] => {
                assert_tree(both, "shop, bank · 3 spans", &BOTH);
                joined += 1;
            }
            [shop, bank] => {
                assert_tree(shop, "shop · 2 spans", &BOTH[..2]);
                assert!(bank.heading.starts_with("bank · child of ") && bank.rows == ["serve (server)"], "{bank:?}");
            }
            more => panic!("{more:?}"),
        }
    }
    assert!(joined > 0, "{}", output.stderr);
}
