//! Tables, columns, indexes and views, from the contract's shapes into the model's, with every mistake on the way.
//!
//! Lenient on purpose: a part that cannot be is noted and left out, and the rest goes on, so that an author hears of everything at once.
//! Whoever calls looks at the mistakes before using the result.

use std::collections::HashSet;

use crate::model::schema::{Timing, TriggerEvent};
use crate::model::sql::{check_expression, check_query, check_trigger_condition, check_trigger_statement};
use crate::model::{AttributeReader, Check, ForeignKey, Index, Name, Table, Trigger, Unique, View};
use crate::runtime::bindings::tenon::plugin::schema as wit;
use crate::runtime::mistakes::{Mistakes, quoted};

use super::values::attributes;

mod column;
mod index_term;

pub(super) use column::{column, column_of};
use index_term::index_term;

/// SQLite's limit on columns of a table, and on terms of an index.
const MOST_COLUMNS: usize = 2_000;

/// Statements that a trigger's body can have.
const MOST_STATEMENTS: usize = 100;

/// A table with everything that belongs to it.
pub(super) fn table(table: wit::Table, mistakes: &mut Mistakes) -> Option<Table> {
    let subject = format!("table {}", quoted(&table.name));
    let name = mistakes.parse(&subject, &table.name);
    if table.columns.is_empty() {
        mistakes.note(&subject, "has no columns");
    }
    if table.columns.len() > MOST_COLUMNS {
        mistakes.note(&subject, format!("has {} columns; at most {MOST_COLUMNS} are possible", table.columns.len()));
        return None;
    }
    let columns = Columns::of(&subject, &table.columns, mistakes);
    let reading = attributes(table.attributes);
    let mut reader = AttributeReader::new(&subject, &reading);
    reader.not_yet(&["search"]);
    let strict = mistakes.take(reader.flag("strict")).unwrap_or_default();
    let without_rowid = mistakes.take(reader.flag("without-rowid")).unwrap_or_default();
    let autoincrement = mistakes.take(reader.flag("autoincrement")).unwrap_or_default();
    comment(&mut reader, mistakes);
    let renamed_from = renamed_from(&subject, &mut reader, mistakes);
    mistakes.take(reader.finish());
    if without_rowid && table.primary_key.is_empty() {
        mistakes.note(&subject, "`without-rowid` needs a primary key");
    }
    if autoincrement && (without_rowid || table.primary_key.len() != 1) {
        mistakes.note(&subject, "`autoincrement` needs a primary key of one integer column, and rowids");
    }
    let table = Table {
        // Never used when there was a mistake; a valid stand-in keeps the rest going.
        name: name.clone().unwrap_or_else(stand_in),
        primary_key: columns.names(&subject, "primary key", &table.primary_key, mistakes),
        columns: table.columns.into_iter().filter_map(|given| column(&subject, given, mistakes)).collect(),
        foreign_keys: table.foreign_keys.into_iter().filter_map(|key| foreign_key(&subject, &columns, key, mistakes)).collect(),
        uniques: table.uniques.into_iter().filter_map(|given| unique(&subject, &columns, given, mistakes)).collect(),
        checks: table.checks.into_iter().filter_map(|given| check(&subject, given, mistakes)).collect(),
        indexes: table.indexes.into_iter().filter_map(|given| index(&subject, Some(&columns), given, mistakes)).collect(),
        strict,
        without_rowid,
        autoincrement,
        renamed_from,
    };
    let constraints = table.foreign_keys.iter().filter_map(|key| key.name.as_ref());
    let constraints = constraints.chain(table.uniques.iter().filter_map(|unique| unique.name.as_ref()));
    once(&subject, "constraint", constraints.chain(table.checks.iter().filter_map(|check| check.name.as_ref())), mistakes);
    once(&subject, "index", table.indexes.iter().map(|index| &index.name), mistakes);
    name.map(|_| table)
}

fn stand_in() -> Name {
    "x".parse().expect("a letter is a name")
}

/// A view.
pub(super) fn view(view: wit::View, mistakes: &mut Mistakes) -> Option<View> {
    let subject = format!("view {}", quoted(&view.name));
    let reading = attributes(view.attributes);
    mistakes.take(AttributeReader::new(&subject, &reading).finish());
    if let Err(reason) = check_query(&view.query) {
        mistakes.note(&subject, reason);
    }
    Some(View { name: mistakes.parse(&subject, &view.name)?, query: view.query })
}

/// A trigger.
pub(super) fn trigger(trigger: wit::Trigger, mistakes: &mut Mistakes) -> Option<Trigger> {
    let subject = format!("trigger {}", quoted(&trigger.name));
    let reading = attributes(trigger.attributes);
    let mut reader = AttributeReader::new(&subject, &reading);
    let of = mistakes.take(reader.texts("of")).unwrap_or_default();
    let of: Vec<Name> = of.iter().filter_map(|name| mistakes.parse(&format!("{subject}, `of`"), name)).collect();
    let condition = mistakes.take(reader.text("condition")).flatten().map(str::to_owned);
    mistakes.take(reader.finish());
    if let Some(Err(reason)) = condition.as_deref().map(check_trigger_condition) {
        mistakes.note(&subject, format!("`condition`: {reason}"));
    }
    let timing = match trigger.timing.as_str() {
        "before" => Some(Timing::Before),
        "after" => Some(Timing::After),
        "instead-of" => Some(Timing::InsteadOf),
        other => {
            mistakes.note(&subject, format!("timing cannot be {}; known are before, after, instead-of", quoted(other)));
            None
        }
    };
    let event = match trigger.event.as_str() {
        "insert" => Some(TriggerEvent::Insert),
        "update" => Some(TriggerEvent::Update),
        "delete" => Some(TriggerEvent::Delete),
        other => {
            mistakes.note(&subject, format!("event cannot be {}; known are insert, update, delete", quoted(other)));
            None
        }
    };
    if !of.is_empty() && event.is_some_and(|event| event != TriggerEvent::Update) {
        mistakes.note(&subject, "`of` is for updates");
    }
    if trigger.body.is_empty() || trigger.body.len() > MOST_STATEMENTS {
        mistakes.note(&subject, format!("has {} statements; 1 to {MOST_STATEMENTS} are possible", trigger.body.len()));
        return None;
    }
    for statement in &trigger.body {
        if let Err(reason) = check_trigger_statement(statement) {
            mistakes.note(&subject, reason);
        }
    }
    let (name, table) = (mistakes.parse(&subject, &trigger.name), mistakes.parse(&format!("{subject}, table"), &trigger.table));
    Some(Trigger { name: name?, table: table?, timing: timing?, event: event?, of, condition, body: trigger.body })
}

/// An index. `columns` are those of its table, where they are known.
pub(super) fn index(table: &str, columns: Option<&Columns>, index: wit::Index, mistakes: &mut Mistakes) -> Option<Index> {
    let subject = format!("{table}, index {}", quoted(&index.name));
    let reading = attributes(index.attributes);
    let mut reader = AttributeReader::new(&subject, &reading);
    let filter = mistakes.take(reader.text("where")).flatten().map(str::to_owned);
    comment(&mut reader, mistakes);
    mistakes.take(reader.finish());
    if let Some(Err(reason)) = filter.as_deref().map(check_expression) {
        mistakes.note(&subject, format!("`where`: {reason}"));
    }
    if index.terms.is_empty() || index.terms.len() > MOST_COLUMNS {
        mistakes.note(&subject, format!("has {} terms; 1 to {MOST_COLUMNS} are possible", index.terms.len()));
        return None;
    }
    let terms = index.terms.iter().filter_map(|term| index_term(&subject, columns, term, mistakes)).collect();
    Some(Index { name: mistakes.parse(&subject, &index.name)?, terms, unique: index.unique, filter })
}

fn foreign_key(table: &str, columns: &Columns, key: wit::ForeignKey, mistakes: &mut Mistakes) -> Option<ForeignKey> {
    let subject = format!("{table}, foreign key to {}", quoted(&key.target_table));
    let reading = attributes(key.attributes);
    let mut reader = AttributeReader::new(&subject, &reading);
    let deferred = mistakes.take(reader.flag("deferred")).unwrap_or_default();
    mistakes.take(reader.finish());
    if key.columns.is_empty() || key.columns.len() != key.target_columns.len() {
        mistakes.note(
            &subject,
            format!(
                "has {} columns and refers to {}; both must be the same number, at least one",
                key.columns.len(),
                key.target_columns.len()
            ),
        );
        return None;
    }
    let target_columns = key.target_columns.iter().filter_map(|name| mistakes.parse(&subject, name)).collect();
    let on_delete = mistakes.parse(&format!("{subject}, on-delete"), &key.on_delete);
    let on_update = mistakes.parse(&format!("{subject}, on-update"), &key.on_update);
    Some(ForeignKey {
        name: constraint_name(&subject, key.name.as_deref(), mistakes),
        columns: columns.names(&subject, "foreign key", &key.columns, mistakes),
        target_table: mistakes.parse(&subject, &key.target_table)?,
        target_columns,
        on_delete: on_delete?,
        on_update: on_update?,
        deferred,
    })
}

fn unique(table: &str, columns: &Columns, unique: wit::Unique, mistakes: &mut Mistakes) -> Option<Unique> {
    let subject = format!("{table}, unique({})", quoted(&unique.columns.join(", ")));
    let reading = attributes(unique.attributes);
    mistakes.take(AttributeReader::new(&subject, &reading).finish());
    if unique.columns.is_empty() {
        mistakes.note(&subject, "names no column");
        return None;
    }
    let name = constraint_name(&subject, unique.name.as_deref(), mistakes);
    Some(Unique { name, columns: columns.names(&subject, "constraint", &unique.columns, mistakes) })
}

fn check(table: &str, check: wit::Check, mistakes: &mut Mistakes) -> Option<Check> {
    let subject = format!("{table}, check {}", quoted(check.name.as_deref().unwrap_or(&check.expression)));
    let reading = attributes(check.attributes);
    mistakes.take(AttributeReader::new(&subject, &reading).finish());
    if let Err(reason) = check_expression(&check.expression) {
        mistakes.note(&subject, reason);
        return None;
    }
    Some(Check { name: constraint_name(&subject, check.name.as_deref(), mistakes), expression: check.expression })
}

fn constraint_name(subject: &str, name: Option<&str>, mistakes: &mut Mistakes) -> Option<Name> {
    mistakes.parse(subject, name?)
}

/// `comment`, which is for readers of the source.
fn comment(reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) {
    mistakes.take(reader.text("comment"));
}

/// `renamed-from`: what autogenerate takes for a rename.
fn renamed_from(subject: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Option<Name> {
    let name = mistakes.take(reader.text("renamed-from")).flatten()?;
    mistakes.parse(&format!("{subject}, `renamed-from`"), name)
}

fn once<'a>(subject: &str, kind: &str, names: impl Iterator<Item = &'a Name>, mistakes: &mut Mistakes) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name) {
            mistakes.note(subject, format!("{kind} {name} is named twice"));
        }
    }
}

/// The names of a table's columns, as given, to check what refers to them.
pub(super) struct Columns(HashSet<String>);

impl Columns {
    fn of(subject: &str, columns: &[wit::Column], mistakes: &mut Mistakes) -> Self {
        let mut names = HashSet::new();
        for column in columns {
            if !names.insert(column.name.to_ascii_lowercase()) {
                mistakes.note(subject, format!("column {} is there twice", quoted(&column.name)));
            }
        }
        Self(names)
    }

    fn contains(&self, name: &str) -> bool {
        self.0.contains(&name.to_ascii_lowercase())
    }

    /// The names in a list that must be of columns, each once.
    fn names(&self, subject: &str, what: &str, given: &[String], mistakes: &mut Mistakes) -> Vec<Name> {
        let mut seen = HashSet::new();
        let mut names = Vec::new();
        for name in given {
            if !self.contains(name) {
                mistakes.note(subject, format!("the {what} names {}, which is no column of the table", quoted(name)));
            } else if !seen.insert(name.to_ascii_lowercase()) {
                mistakes.note(subject, format!("the {what} names {} twice", quoted(name)));
            } else {
                // A bad name was noted with the column itself.
                names.extend(name.parse::<Name>());
            }
        }
        names
    }
}

#[cfg(test)]
mod tests;
