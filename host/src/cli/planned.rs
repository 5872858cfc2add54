//! What an upgrade would do, and what one did to a copy, as text.

use std::fmt::Write as _;
use std::time::Duration;

use super::progress::running;
use crate::service::plan::{PlannedOperation, UpgradePlan};
use crate::service::simulate::{RowsChanged, Simulated};

/// Of more statements of one operation than this, and of longer ones, only the beginning is shown; `--json` has all.
const SHOWN: usize = 8;
const LONGEST: usize = 400;

/// A plan: each revision, its operations, and their statements.
pub(super) fn plan(plan: &UpgradePlan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        line(&mut text, 0, &running(&step.line));
        if step.operations.is_empty() {
            line(&mut text, 1, "does nothing to an empty database");
        }
        step.operations.iter().for_each(|operation| operation_of(&mut text, operation));
    }
    text
}

fn operation_of(text: &mut String, planned: &PlannedOperation) {
    let mut marks: Vec<String> = planned.way.iter().map(|way| (*way).to_owned()).collect();
    marks.extend(planned.because.iter().cloned());
    marks.extend(planned.passed_over.then(|| "nothing to do".to_owned()));
    marks.extend(planned.rows.iter().map(|(table, rows)| format!("{table}: {rows} {}", if *rows == 1 { "row" } else { "rows" })));
    marks.extend((planned.values_lost > 0).then(|| match planned.values_lost {
        1 => "1 value becomes NULL".to_owned(),
        many => format!("{many} values become NULL"),
    }));
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join("; ")) };
    let destructive = if planned.destructive { "DESTRUCTIVE: " } else { "" };
    line(text, 1, &format!("{destructive}{}{marks}", planned.operation));
    if let Some(why) = &planned.refusal {
        line(text, 2, &format!("would be refused: {why}"));
    }
    for statement in planned.statements.iter().take(SHOWN) {
        for part in cut(statement).lines() {
            line(text, 2, part.trim_end());
        }
    }
    if planned.statements.len() > SHOWN {
        line(text, 2, &format!("… and {} more statements", planned.statements.len() - SHOWN));
    }
}

fn cut(statement: &str) -> String {
    let shown: String = statement.chars().take(LONGEST).collect();
    if shown.len() < statement.len() { format!("{shown} …") } else { format!("{shown};") }
}

/// What came of a simulation.
pub(super) fn simulated(simulated: &Simulated) -> String {
    let mut text = String::new();
    for step in &simulated.report.steps {
        line(&mut text, 0, &format!("{}  [{:.1?}]", running(&step.line), Duration::from_micros(step.duration_us)));
    }
    for (what, objects) in [("created", &simulated.created), ("changed", &simulated.changed), ("dropped", &simulated.dropped)] {
        objects.iter().for_each(|object| line(&mut text, 0, &format!("{what}: {object}")));
    }
    for (table, RowsChanged { before, after }) in &simulated.rows {
        let number = |rows: &Option<u64>| rows.map_or("none".to_owned(), |rows| rows.to_string());
        line(&mut text, 0, &format!("rows of {table}: {} -> {}", number(before), number(after)));
    }
    line(&mut text, 0, &format!("size: {} -> {} bytes; the database itself is as it was", simulated.bytes_before, simulated.bytes_after));
    text
}

fn line(text: &mut String, depth: usize, words: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{:1$}{words}", "", depth * 4);
}
