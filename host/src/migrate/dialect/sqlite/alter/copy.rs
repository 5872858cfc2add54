//! The copy into a new table, and the names that columns have in the end.

use crate::migrate::dialect::DialectError;
use crate::migrate::dialect::alteration::{AlterStep, Copy};
use crate::model::Name;
use crate::model::sql::{Token, identifier, text_literal, tokens};

use super::super::stored::{Edits, StoredTable};
use super::Planner;

/// What the new table is called until it takes the old one's place. No plugin's table can be called so.
const NEW: &str = "tenon_rebuild";

/// A table's text without its own name before its columns, in rules and computed columns: the copy has another name until it takes the
/// old one's place. Nothing else can be meant there, for such an expression knows no other table.
fn unqualified(create: &str, table: &str) -> String {
    let Ok(all) = tokens(create) else { return create.to_owned() };
    let spoken: Vec<&Token<'_>> = all.iter().filter(|token| !token.is_blank()).collect();
    let is = |token: &Token<'_>, name: &str| token.name().is_some_and(|found| found.eq_ignore_ascii_case(name));
    let (mut text, mut kept) = (String::new(), 0);
    let mut place = 0;
    while place < spoken.len() {
        let dotted = |at: usize| spoken.get(at + 1).is_some_and(|token| token.text == ".");
        let schema = usize::from(is(spoken[place], "main") && dotted(place)) * 2;
        if spoken.get(place + schema).is_some_and(|token| is(token, table)) && dotted(place + schema) {
            text.push_str(&create[kept..spoken[place].at]);
            place += schema + 2;
            kept = spoken.get(place).map_or(create.len(), |token| token.at);
        }
        place += 1;
    }
    text.push_str(&create[kept..]);
    text
}

impl Planner<'_> {
    /// Through names of nobody's, where one column takes the name that another gives up.
    pub(super) fn rename(&mut self) {
        let alter_table = self.alter_table();
        let statement =
            |from: &str, to: &str| AlterStep::Run(format!("{alter_table} RENAME COLUMN {} TO {}", identifier(from), identifier(to)));
        let takes = |to: &Name| self.renames.iter().any(|(name, _)| *name == to);
        if !self.renames.iter().any(|(name, to)| name != to && takes(to)) {
            self.plan.steps.extend(self.renames.iter().map(|(name, to)| statement(name.as_str(), to.as_str())));
            return;
        }
        let between: Vec<String> = (0..self.renames.len()).map(|number| format!("tenon_rename_{number}")).collect();
        let pairs = self.renames.iter().zip(&between);
        let there = pairs.clone().map(|((name, _), between)| statement(name.as_str(), between));
        let on = pairs.map(|((_, to), between)| statement(between, to.as_str()));
        self.plan.steps.extend(there.chain(on));
    }

    pub(super) fn rebuild(&mut self) -> Result<(), DialectError> {
        // As it is written there, whatever case the operation writes it in.
        let stored_name = self.table.name_text();
        let table = identifier(&stored_name).into_owned();
        let mut edits = std::mem::replace(&mut self.edits, Edits::of(self.table));
        edits.rename(NEW);
        let create = edits.finish().ok_or_else(|| DialectError::NoColumns { table: self.name.clone() })?;
        let create = unqualified(&create, &stored_name);
        let new = StoredTable::read(&create).map_err(|error| DialectError::Unreadable { table: self.name.clone(), error })?;
        let kept = self.table.columns.iter().zip(&self.copied);
        let pairs = kept.filter_map(|(column, copied)| Some((identifier(&column.name).into_owned(), copied.clone()?)));
        let (mut into, mut values): (Vec<String>, Vec<String>) = pairs.unzip();
        let rowid = self.table.rowid_name();
        if let (Some(to), Some(from)) = (self.rowid_of(&new), rowid) {
            into.insert(0, to);
            values.insert(0, from.to_owned());
        }
        self.plan.steps.push(AlterStep::Restore(create));
        let sql = match into.is_empty() {
            // Nothing is kept but how many there are.
            true => format!("INSERT OR ABORT INTO {NEW} ({}) SELECT NULL FROM {table}", identifier(&new.columns[0].name)),
            false => format!("INSERT OR ABORT INTO {NEW} ({}) SELECT {} FROM {table}", into.join(", "), values.join(", ")),
        };
        self.plan.steps.push(AlterStep::Copy(Copy { sql, from: self.name.clone(), into: NEW, rowid }));
        if self.table.autoincrement() && new.autoincrement() {
            let name = text_literal(&stored_name);
            let run = |sql| AlterStep::Run(sql);
            self.plan.steps.push(run(format!("DELETE FROM sqlite_sequence WHERE name = '{NEW}'")));
            self.plan
                .steps
                .push(run(format!("INSERT INTO sqlite_sequence (name, seq) SELECT '{NEW}', seq FROM sqlite_sequence WHERE name = {name}")));
        }
        let statements = vec![format!("DROP TABLE {table}"), format!("ALTER TABLE {NEW} RENAME TO {table}")];
        self.plan.steps.push(AlterStep::Swap { table: self.name.clone(), statements });
        self.plan.steps.extend(self.stored.others.iter().cloned().map(AlterStep::Restore));
        Ok(())
    }

    /// The column of the new table into which the old rowid goes: the rowid itself, or a new column that is its other name. None where
    /// the old column that is its other name brings it along, or where there is none on either side.
    fn rowid_of(&self, new: &StoredTable) -> Option<String> {
        match new.rowid_alias() {
            None => new.rowid_name().map(str::to_owned),
            Some(alias) => {
                let is_new = self.added.iter().any(|added| alias.name.eq_ignore_ascii_case(added.name.as_str()));
                is_new.then(|| identifier(&alias.name).into_owned())
            }
        }
    }
}
