//! Changes to a stored text. All are said of the table as it is; [`Edits::finish`] makes them at once.

use std::collections::BTreeSet;

use crate::model::sql::{Kind, tokens};

use super::{Span, StoredTable};

/// Changes to one text.
#[derive(Debug)]
pub(in super::super) struct Edits<'a> {
    table: &'a StoredTable,
    /// Pieces of the text, and what stands there afterwards.
    replaced: Vec<(Span, String)>,
    /// By place among the columns.
    dropped_columns: BTreeSet<usize>,
    /// By place among the table's constraints.
    dropped_constraints: BTreeSet<usize>,
    new_columns: Vec<(Place, String)>,
    new_constraints: Vec<String>,
}

/// Where a new column goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Place {
    First,
    /// By place among the columns that are there.
    After(usize),
    Last,
}

impl<'a> Edits<'a> {
    pub(in super::super) fn of(table: &'a StoredTable) -> Self {
        let (dropped_columns, dropped_constraints) = (BTreeSet::new(), BTreeSet::new());
        Self { table, replaced: Vec::new(), dropped_columns, dropped_constraints, new_columns: Vec::new(), new_constraints: Vec::new() }
    }

    /// Gives the table another name, as it stands in a statement.
    pub(in super::super) fn rename(&mut self, to: &str) {
        self.replaced.push((self.table.name.clone(), to.to_owned()));
    }

    /// Gives a column another type.
    pub(in super::super) fn set_type(&mut self, column: usize, data_type: &str) {
        let column = &self.table.columns[column];
        let edit = match &column.data_type {
            Some(span) => (span.clone(), data_type.to_owned()),
            None => (column.name_end..column.name_end, format!(" {data_type}")),
        };
        self.replaced.push(edit);
    }

    /// Puts another piece in the place of one.
    pub(in super::super) fn replace(&mut self, span: &Span, text: &str) {
        self.replaced.push((span.clone(), text.to_owned()));
    }

    /// Takes a constraint out of a column.
    pub(in super::super) fn drop_rule(&mut self, column: usize, constraint: usize) {
        let column = &self.table.columns[column];
        let span = &column.constraints[constraint].span;
        let before = match constraint.checked_sub(1) {
            Some(previous) => column.constraints[previous].span.end,
            None => column.data_type.as_ref().map_or(column.name_end, |span| span.end),
        };
        // With the space before it, unless a comment stands there.
        let blank = self.table.sql[before..span.start].trim().is_empty();
        self.replaced.push((if blank { before } else { span.start }..span.end, String::new()));
    }

    /// Adds a constraint at the end of a column.
    pub(in super::super) fn add_rule(&mut self, column: usize, rule: &str) {
        let end = self.table.columns[column].span.end;
        self.replaced.push((end..end, format!(" {rule}")));
    }

    pub(in super::super) fn drop_column(&mut self, column: usize) {
        self.dropped_columns.insert(column);
    }

    pub(in super::super) fn add_column(&mut self, place: Place, clause: String) {
        self.new_columns.push((place, clause));
    }

    /// Takes one of the table's constraints out.
    pub(in super::super) fn drop_constraint(&mut self, constraint: usize) {
        self.dropped_constraints.insert(constraint);
    }

    /// Adds a constraint to the table.
    pub(in super::super) fn add_constraint(&mut self, clause: String) {
        self.new_constraints.push(clause);
    }

    /// The text with all of it; none when no column would be left.
    pub(in super::super) fn finish(mut self) -> Option<String> {
        let kept: Vec<usize> = (0..self.table.columns.len()).filter(|place| !self.dropped_columns.contains(place)).collect();
        let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return self.finish_anew() };
        let (first, last) = (self.table.columns[*first].span.start, self.table.columns[*last].span.end);
        self.remove_items();
        for (place, clause) in std::mem::take(&mut self.new_columns) {
            self.replaced.push(match place {
                Place::First => (first..first, format!("{clause}, ")),
                // Where that one goes as well, in its place: after the last that stays before it.
                Place::After(column) => match kept.iter().rev().find(|place| **place <= column) {
                    Some(before) => {
                        let end = self.table.columns[*before].span.end;
                        (end..end, format!(", {clause}"))
                    }
                    None => (first..first, format!("{clause}, ")),
                },
                Place::Last => (last..last, format!(", {clause}")),
            });
        }
        let constraints = self.table.constraints.iter().enumerate();
        let end = constraints.filter(|(place, _)| !self.dropped_constraints.contains(place)).map(|(_, kept)| kept.span.end).next_back();
        let end = end.unwrap_or(last);
        self.replaced.extend(self.new_constraints.iter().map(|clause| (end..end, format!(", {clause}"))));
        Some(self.apply())
    }

    /// No column of the old ones stays: only new ones, and what stays of the constraints.
    fn finish_anew(self) -> Option<String> {
        let Self { table, new_columns, .. } = &self;
        if new_columns.is_empty() {
            return None;
        }
        let columns = new_columns.iter().map(|(_, clause)| clause.clone());
        let kept = table.constraints.iter().enumerate().filter(|(place, _)| !self.dropped_constraints.contains(place));
        let kept = kept.map(|(_, constraint)| table.text(&constraint.span).to_owned());
        let items: Vec<String> = columns.chain(kept).chain(self.new_constraints.iter().cloned()).collect();
        let body = table.columns.first()?.span.start..self.items().last()?.end;
        let rename = self.replaced.iter().filter(|(span, _)| *span == table.name).cloned();
        Some(apply(&table.sql, rename.chain([(body, items.join(", "))]).collect()))
    }

    /// Columns and constraints, in order.
    fn items(&self) -> Vec<Span> {
        let columns = self.table.columns.iter().map(|column| column.span.clone());
        columns.chain(self.table.constraints.iter().map(|constraint| constraint.span.clone())).collect()
    }

    fn is_dropped(&self, item: usize) -> bool {
        match item.checked_sub(self.table.columns.len()) {
            None => self.dropped_columns.contains(&item),
            Some(constraint) => self.dropped_constraints.contains(&constraint),
        }
    }

    /// What is dropped goes with the comma after it; at the end of the list, with the one before it.
    fn remove_items(&mut self) {
        let items = self.items();
        let tail = (0..items.len()).rev().take_while(|item| self.is_dropped(*item)).last().unwrap_or(items.len());
        let dropped: Vec<usize> = (0..tail).filter(|item| self.is_dropped(*item)).collect();
        self.replaced.extend(dropped.into_iter().map(|item| (items[item].start..items[item + 1].start, String::new())));
        let (Some(from), Some(to), Some(before)) = (items.get(tail), items.last(), tail.checked_sub(1)) else { return };
        let gap = items[before].end..from.start;
        // Only blanks, comments and a comma stand between two items. A comment is of the one before and stays.
        let between = tokens(self.table.text(&gap)).unwrap_or_default();
        if between.iter().all(|token| token.kind != Kind::Comment) {
            self.replaced.push((gap.start..to.end, String::new()));
            return;
        }
        if let Some(comma) = between.iter().find(|token| token.text == ",").map(|token| gap.start + token.at) {
            self.replaced.push((comma..comma + 1, String::new()));
        }
        self.replaced.push((from.start..to.end, String::new()));
    }

    fn apply(self) -> String {
        apply(&self.table.sql, self.replaced)
    }
}

/// Makes the replacements. One that begins within another, earlier one is of something that is gone.
fn apply(sql: &str, mut replaced: Vec<(Span, String)>) -> String {
    // Of two that begin at the same place, the one that only inserts comes first; the sort keeps the order of the others.
    replaced.sort_by_key(|(span, _)| (span.start, !span.is_empty()));
    let (mut text, mut at) = (String::with_capacity(sql.len()), 0);
    for (span, new) in replaced.into_iter() {
        if span.start < at {
            continue;
        }
        text.push_str(&sql[at..span.start]);
        text.push_str(&new);
        at = span.end;
    }
    text.push_str(&sql[at..]);
    text
}
