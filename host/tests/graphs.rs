//! Random revision graphs with Alembic as an oracle: the planner does the same, or differs as a rule says.
//!
//! Some graphs with Alembic's answers are kept in `data/alembic_graphs.jsonl`, so this needs no Python: the first 230 of `cargo xtask graphs --seed 1`
//! and three later ones, for rules that those do not need. That verb makes some thousands, asks Alembic, and runs this with them: `TENON_GRAPHS`
//! names the file.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod oracle;

use std::fs;
use std::path::PathBuf;

use oracle::compare::{Tally, compare};
use oracle::rules::Rule;

/// How many of those that no rule explains are shown.
const SHOWN: usize = 10;

fn file() -> PathBuf {
    let kept = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/alembic_graphs.jsonl");
    std::env::var_os("TENON_GRAPHS").map_or_else(kept, PathBuf::from)
}

#[test]
fn the_planner_differs_from_alembic_only_as_the_rules_say() {
    let file = file();
    let lines = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut tally = Tally::default();
    lines.lines().for_each(|line| compare(line, &mut tally));
    print(&tally);
    let shown = &tally.unexplained[..tally.unexplained.len().min(SHOWN)];
    assert!(shown.is_empty(), "{} differences that no rule explains, among them\n{}", tally.unexplained.len(), shown.join("\n"));
    let unused: Vec<&str> = Rule::ALL.iter().filter(|rule| !tally.rules.contains_key(rule)).map(|rule| rule.words()).collect();
    // A line to run again has one difference.
    assert!(tally.graphs < 100 || unused.is_empty(), "these explain nothing: {unused:?}");
}

#[test]
fn every_rule_has_a_row_in_the_book() {
    let page = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/decisions/0030-where-the-planner-differs-from-alembic.md");
    let page = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let words: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |")).map(|(words, _)| words).collect();
    Rule::ALL.iter().for_each(|rule| assert_eq!(words.iter().filter(|&&row| row == rule.words()).count(), 1, "{}", rule.words()));
}

fn print(tally: &Tally) {
    let Tally { graphs, databases, questions, alike, reordered, .. } = tally;
    println!("{graphs} graphs, {databases} databases, {questions} questions");
    println!("{alike:>7} answered alike");
    println!("{reordered:>7} the same steps in another order, of several that are possible");
    tally.rules.iter().for_each(|(rule, count)| println!("{count:>7} {}", rule.words()));
}
