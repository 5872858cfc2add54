//! `operations`: the migration vocabulary. Turns each call into a checked [`Operation`] and hands it to the step's context.
//!
//! What cannot be is the problem `invalid-operation` (422) with every mistake in it; what a later version of tenon brings is
//! `not-yet-supported` (501), by name. The guest decides what to do with either; a call at the wrong time is a trap.

use wasmtime::component::Resource;

use crate::model::{Attribute, AttributeReader, Change, Name, Operation, Problem, Value};
use crate::runtime::bindings::tenon::plugin::operations::{Change as WitChange, Host};
use crate::runtime::bindings::tenon::plugin::schema as wit;
use crate::runtime::bindings::tenon::plugin::types::{Attribute as WitAttribute, Problem as WitProblem, Value as WitValue};
use crate::runtime::context::MigrationContext;
use crate::runtime::documents::Document;
use crate::runtime::mistakes::{Mistakes, quoted};
use crate::runtime::request::{About, Found};
use crate::runtime::state::HostState;

use super::changes::{self, text, texts};
use super::schema;
use super::values::{attributes, values};

/// What a function of this interface answers: a trap, or a problem for the guest, or its result.
type Answer<T> = wasmtime::Result<Result<T, WitProblem>>;

/// Mistakes told in one problem.
const TOLD: usize = 20;

/// Changes that one `alter-table` can have: as many as a table can have columns.
const MOST_CHANGES: usize = 2_000;

impl HostState {
    /// Makes an operation out of a call's arguments and applies it.
    fn operate(&mut self, function: &str, make: impl FnOnce(&mut Mistakes) -> Option<Operation>) -> Answer<()> {
        // First of all: may it be called now?
        self.migration(&format!("operations.{function}"))?;
        let mut mistakes = Mistakes::new(TOLD);
        let operation = match make(&mut mistakes) {
            Some(operation) if mistakes.is_empty() => operation,
            _ => return Ok(Err(invalid(mistakes).into())),
        };
        self.ask_context(function, |context| context.apply(operation))
    }

    fn ask_context<T>(&mut self, function: &str, question: impl FnOnce(&mut dyn MigrationContext) -> Result<T, Problem>) -> Answer<T> {
        Ok(self.ask(&format!("operations.{function}"), question)?.map_err(WitProblem::from))
    }

    /// A function that makes one change of a table: its own arguments and its options are the change's attributes.
    fn change(
        &mut self,
        function: &'static str,
        table: &str,
        name: &str,
        mut given: Vec<Attribute>,
        options: Vec<WitAttribute>,
    ) -> Answer<()> {
        self.operate(function, |mistakes| {
            let (rebuild, rest) = take_rebuild(function, options, mistakes);
            given.extend(rest);
            let change = changes::change(&format!("table {}", quoted(table)), function, name, given, mistakes);
            one(mistakes.parse(&format!("{function}, table"), table), change, rebuild)
        })
    }
}

fn one(table: Option<Name>, change: Option<Change>, rebuild: bool) -> Option<Operation> {
    table.zip(change).map(|(table, change)| Operation::AlterTable { table, changes: vec![change], rebuild })
}

/// The option `rebuild`, and the others.
fn take_rebuild(function: &str, options: Vec<WitAttribute>, mistakes: &mut Mistakes) -> (bool, Vec<Attribute>) {
    let (rebuild, rest): (Vec<_>, Vec<_>) = attributes(options).into_iter().partition(|option| option.key == "rebuild");
    let mut reader = AttributeReader::new(format!("{function}, options"), &rebuild);
    (mistakes.take(reader.flag("rebuild")).unwrap_or_default(), rest)
}

fn invalid(mistakes: Mistakes) -> Problem {
    let (mistakes, left_out) = mistakes.into_parts();
    let mut told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    if left_out > 0 {
        told.push(format!("and {left_out} more"));
    }
    Problem::new(422, "invalid-operation", told.join("; "))
}

/// Reads options of which only one flag is known.
fn option(subject: &str, known: Option<&'static str>, options: Vec<WitAttribute>, mistakes: &mut Mistakes) -> bool {
    flag_of(subject, known, &attributes(options), mistakes)
}

fn flag_of(subject: &str, known: Option<&'static str>, options: &[Attribute], mistakes: &mut Mistakes) -> bool {
    let mut reader = AttributeReader::new(format!("{subject}, options"), options);
    let flag = known.and_then(|key| mistakes.take(reader.flag(key))).unwrap_or_default();
    mistakes.take(reader.finish());
    flag
}

const IF_NOT_EXISTS: Option<&str> = Some("if-not-exists");
const IF_EXISTS: Option<&str> = Some("if-exists");

impl Host for HostState {
    fn create_table(&mut self, table: wit::Table, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("create-table", |mistakes| {
            let if_not_exists = option("create-table", IF_NOT_EXISTS, options, mistakes);
            schema::table(table, mistakes).map(|table| Operation::CreateTable { table, if_not_exists })
        })
    }

    fn drop_table(&mut self, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-table", |mistakes| {
            let options = attributes(options);
            let mut reader = AttributeReader::new("drop-table, options", &options);
            let if_exists = mistakes.take(reader.flag("if-exists")).unwrap_or_default();
            let detach = mistakes.take(reader.flag("detach")).unwrap_or_default();
            mistakes.take(reader.finish());
            mistakes.parse("drop-table", &name).map(|name| Operation::DropTable { name, if_exists, detach })
        })
    }

    fn rename_table(&mut self, name: String, to: String) -> Answer<()> {
        self.operate("rename-table", |mistakes| {
            let (name, to) = (mistakes.parse("rename-table", &name), mistakes.parse("rename-table, to", &to));
            name.zip(to).map(|(name, to)| Operation::RenameTable { name, to })
        })
    }

    fn alter_table(&mut self, name: String, changes: Vec<WitChange>, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("alter-table", |mistakes| {
            let rebuild = option("alter-table", Some("rebuild"), options, mistakes);
            let subject = format!("table {}", quoted(&name));
            if changes.len() > MOST_CHANGES {
                mistakes.note(&subject, format!("{} changes at once; at most {MOST_CHANGES} are possible", changes.len()));
                return None;
            }
            let read = |mistakes: &mut Mistakes, given: WitChange| {
                changes::change(&subject, &given.kind, &given.name, attributes(given.attributes), mistakes)
            };
            let changes: Vec<Change> = changes.into_iter().filter_map(|given| read(mistakes, given)).collect();
            mistakes.parse("alter-table", &name).map(|table| Operation::AlterTable { table, changes, rebuild })
        })
    }

    fn add_column(&mut self, table: String, column: wit::Column, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("add-column", |mistakes| {
            let (rebuild, options) = take_rebuild("add-column", options, mistakes);
            let if_not_exists = flag_of("add-column", IF_NOT_EXISTS, &options, mistakes);
            let mut given = attributes(column.attributes);
            given.push(text("data-type", column.data_type));
            given.push(Attribute { key: "nullable".to_owned(), value: Value::Boolean(column.nullable) });
            if if_not_exists {
                given.push(Attribute { key: "if-not-exists".to_owned(), value: Value::Boolean(true) });
            }
            let change = changes::change(&format!("table {}", quoted(&table)), "add-column", &column.name, given, mistakes);
            let table = mistakes.parse("add-column, table", &table);
            match (table, change) {
                (Some(table), Some(Change::AddColumn { column, position: None, if_not_exists })) if !rebuild => {
                    Some(Operation::AddColumn { table, column, if_not_exists })
                }
                (table, change) => one(table, change, rebuild),
            }
        })
    }

    fn drop_column(&mut self, table: String, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-column", |mistakes| {
            let (rebuild, options) = take_rebuild("drop-column", options, mistakes);
            let if_exists = flag_of("drop-column", IF_EXISTS, &options, mistakes);
            let (table, name) = (mistakes.parse("drop-column, table", &table), mistakes.parse("drop-column", &name));
            match rebuild {
                true => one(table, name.map(|name| Change::DropColumn { name, if_exists }), true),
                false => table.zip(name).map(|(table, name)| Operation::DropColumn { table, name, if_exists }),
            }
        })
    }

    fn rename_column(&mut self, table: String, name: String, to: String) -> Answer<()> {
        self.operate("rename-column", |mistakes| {
            let (table, name) = (mistakes.parse("rename-column, table", &table), mistakes.parse("rename-column", &name));
            let to = mistakes.parse("rename-column, to", &to);
            table.zip(name).zip(to).map(|((table, name), to)| Operation::RenameColumn { table, name, to })
        })
    }

    fn set_nullable(&mut self, table: String, column: String, nullable: bool, options: Vec<WitAttribute>) -> Answer<()> {
        let nullable = Attribute { key: "nullable".to_owned(), value: Value::Boolean(nullable) };
        self.change("set-nullable", &table, &column, vec![nullable], options)
    }

    fn set_default(&mut self, table: String, column: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.change("set-default", &table, &column, Vec::new(), options)
    }

    fn set_type(&mut self, table: String, column: String, data_type: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.change("set-type", &table, &column, vec![text("data-type", data_type)], options)
    }

    fn create_index(&mut self, table: String, index: wit::Index, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("create-index", |mistakes| {
            let if_not_exists = option("create-index", IF_NOT_EXISTS, options, mistakes);
            let index = schema::index(&format!("table {}", quoted(&table)), None, index, mistakes);
            let table = mistakes.parse("create-index, table", &table);
            table.zip(index).map(|(table, index)| Operation::CreateIndex { table, index, if_not_exists })
        })
    }

    fn drop_index(&mut self, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-index", |mistakes| {
            let if_exists = option("drop-index", IF_EXISTS, options, mistakes);
            mistakes.parse("drop-index", &name).map(|name| Operation::DropIndex { name, if_exists })
        })
    }

    fn add_foreign_key(&mut self, table: String, key: wit::ForeignKey, options: Vec<WitAttribute>) -> Answer<()> {
        let (name, given) = changes::of_foreign_key(key);
        self.change("add-foreign-key", &table, &name, given, options)
    }

    fn add_unique(&mut self, table: String, unique: wit::Unique, options: Vec<WitAttribute>) -> Answer<()> {
        let mut given = texts("columns", unique.columns);
        given.extend(attributes(unique.attributes));
        self.change("add-unique", &table, &unique.name.unwrap_or_default(), given, options)
    }

    fn add_check(&mut self, table: String, check: wit::Check, options: Vec<WitAttribute>) -> Answer<()> {
        let mut given = vec![text("expression", check.expression)];
        given.extend(attributes(check.attributes));
        self.change("add-check", &table, &check.name.unwrap_or_default(), given, options)
    }

    fn set_primary_key(&mut self, table: String, columns: Vec<String>, options: Vec<WitAttribute>) -> Answer<()> {
        self.change("set-primary-key", &table, "", texts("columns", columns), options)
    }

    fn drop_constraint(&mut self, table: String, name: Option<String>, options: Vec<WitAttribute>) -> Answer<()> {
        self.change("drop-constraint", &table, &name.unwrap_or_default(), Vec::new(), options)
    }

    fn create_view(&mut self, view: wit::View, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("create-view", |mistakes| {
            let if_not_exists = option("create-view", IF_NOT_EXISTS, options, mistakes);
            schema::view(view, mistakes).map(|view| Operation::CreateView { view, if_not_exists })
        })
    }

    fn drop_view(&mut self, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-view", |mistakes| {
            let if_exists = option("drop-view", IF_EXISTS, options, mistakes);
            mistakes.parse("drop-view", &name).map(|name| Operation::DropView { name, if_exists })
        })
    }

    fn create_trigger(&mut self, trigger: wit::Trigger, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("create-trigger", |mistakes| {
            let if_not_exists = option("create-trigger", IF_NOT_EXISTS, options, mistakes);
            schema::trigger(trigger, mistakes).map(|trigger| Operation::CreateTrigger { trigger, if_not_exists })
        })
    }

    fn drop_trigger(&mut self, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-trigger", |mistakes| {
            let if_exists = option("drop-trigger", IF_EXISTS, options, mistakes);
            mistakes.parse("drop-trigger", &name).map(|name| Operation::DropTrigger { name, if_exists })
        })
    }

    fn execute(&mut self, sql: String, params: Vec<WitValue>) -> Answer<u64> {
        self.ask_context("execute", |context| context.execute(&sql, &values(params)))
    }

    fn insert_rows(&mut self, table: String, rows: Resource<Document>) -> Answer<u64> {
        self.migration("operations.insert-rows")?;
        let content = self.content(&rows)?;
        match name("insert-rows", &table) {
            Ok(table) => self.ask_context("insert-rows", |context| context.insert_rows(&table, &content)),
            Err(problem) => Ok(Err(problem.into())),
        }
    }

    fn touches(&mut self, table: String) -> Answer<()> {
        self.migration("operations.touches")?;
        match name("touches", &table) {
            Ok(table) => self.ask_context("touches", |context| context.touches(&table)),
            Err(problem) => Ok(Err(problem.into())),
        }
    }

    fn query(&mut self, sql: String, params: Vec<WitValue>) -> Answer<Resource<Document>> {
        match self.ask_context("query", |context| context.query(&sql, &values(params)))? {
            Ok((content, rows)) => self.hand(Found { body: Some(content.into()), about: About { rows: Some(rows), ..About::default() } }),
            Err(problem) => Ok(Err(problem)),
        }
    }

    fn row(&mut self, sql: String, params: Vec<WitValue>) -> Answer<Option<Vec<WitValue>>> {
        let row = self.ask_context("row", |context| context.row(&sql, &values(params)))?;
        Ok(row.map(|row| row.map(|cells: Vec<Value>| cells.into_iter().map(WitValue::from).collect())))
    }

    fn dialect(&mut self) -> wasmtime::Result<String> {
        Ok(self.ask("operations.dialect", |context| context.dialect().to_owned())?)
    }

    fn offline(&mut self) -> wasmtime::Result<bool> {
        Ok(self.ask("operations.offline", |context| context.offline())?)
    }
}

fn name(function: &str, text: &str) -> Result<Name, Problem> {
    let mut mistakes = Mistakes::new(TOLD);
    mistakes.parse(function, text).ok_or_else(|| invalid(mistakes))
}

#[cfg(test)]
mod tests;
