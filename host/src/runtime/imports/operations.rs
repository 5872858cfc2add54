//! `operations`: the migration vocabulary. Turns each call into a checked [`Operation`] and hands it to the step's context.
//!
//! What cannot be is the problem `invalid-operation` (422) with every mistake in it; what a later version of tenon brings is
//! `not-yet-supported` (501), by name. The guest decides what to do with either; a call at the wrong time is a trap.

use wasmtime::component::Resource;

use crate::model::{Attribute, AttributeReader, Operation, Problem, Value};
use crate::runtime::bindings::tenon::plugin::operations::{Change, Host};
use crate::runtime::bindings::tenon::plugin::schema as wit;
use crate::runtime::bindings::tenon::plugin::types::{Attribute as WitAttribute, Problem as WitProblem, Value as WitValue};
use crate::runtime::context::MigrationContext;
use crate::runtime::documents::Document;
use crate::runtime::mistakes::{Mistakes, quoted};
use crate::runtime::request::{About, Found};
use crate::runtime::state::HostState;

use super::schema;
use super::values::{attributes, values};

/// What a function of this interface answers: a trap, or a problem for the guest, or its result.
type Answer<T> = wasmtime::Result<Result<T, WitProblem>>;

/// Mistakes told in one problem.
const TOLD: usize = 20;

/// Options that the contract documents and this version does not carry out.
const LATER: [&str; 4] = ["rebuild", "detach", "backfill", "backfill-expression"];

impl HostState {
    /// Makes an operation out of a call's arguments and applies it.
    fn operate(&mut self, function: &str, make: impl FnOnce(&mut Mistakes) -> Result<Option<Operation>, Problem>) -> Answer<()> {
        // First of all: may it be called now?
        self.migration(&format!("operations.{function}"))?;
        let mut mistakes = Mistakes::new(TOLD);
        let operation = match make(&mut mistakes) {
            Err(problem) => return Ok(Err(problem.into())),
            Ok(Some(operation)) if mistakes.is_empty() => operation,
            Ok(_) => return Ok(Err(invalid(mistakes).into())),
        };
        self.ask_context(function, |context| context.apply(operation))
    }

    fn ask_context<T>(&mut self, function: &str, question: impl FnOnce(&mut dyn MigrationContext) -> Result<T, Problem>) -> Answer<T> {
        Ok(self.ask(&format!("operations.{function}"), question)?.map_err(WitProblem::from))
    }

    fn not_yet_an_operation<T>(&mut self, function: &str) -> Answer<T> {
        self.migration(&format!("operations.{function}"))?;
        Ok(Err(Problem::not_yet(&format!("operations.{function}")).into()))
    }
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
///
/// # Errors
/// A problem by name for an option of a later version.
fn option(subject: &str, known: Option<&'static str>, options: Vec<WitAttribute>, mistakes: &mut Mistakes) -> Result<bool, Problem> {
    let options: Vec<Attribute> = attributes(options);
    if let Some(later) = options.iter().find(|option| LATER.contains(&option.key.as_str())) {
        return Err(Problem::not_yet(&format!("the option `{}` of {subject}", later.key)));
    }
    let mut reader = AttributeReader::new(format!("{subject}, options"), &options);
    let flag = known.and_then(|key| mistakes.take(reader.flag(key))).unwrap_or_default();
    mistakes.take(reader.finish());
    Ok(flag)
}

const IF_NOT_EXISTS: Option<&str> = Some("if-not-exists");
const IF_EXISTS: Option<&str> = Some("if-exists");

impl Host for HostState {
    fn create_table(&mut self, table: wit::Table, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("create-table", |mistakes| {
            let if_not_exists = option("create-table", IF_NOT_EXISTS, options, mistakes)?;
            Ok(schema::table(table, mistakes).map(|table| Operation::CreateTable { table, if_not_exists }))
        })
    }

    fn drop_table(&mut self, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-table", |mistakes| {
            let if_exists = option("drop-table", IF_EXISTS, options, mistakes)?;
            Ok(mistakes.parse("drop-table", &name).map(|name| Operation::DropTable { name, if_exists }))
        })
    }

    fn rename_table(&mut self, name: String, to: String) -> Answer<()> {
        self.operate("rename-table", |mistakes| {
            let (name, to) = (mistakes.parse("rename-table", &name), mistakes.parse("rename-table, to", &to));
            Ok(name.zip(to).map(|(name, to)| Operation::RenameTable { name, to }))
        })
    }

    fn alter_table(&mut self, _: String, _: Vec<Change>, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("alter-table")
    }

    fn add_column(&mut self, table: String, column: wit::Column, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("add-column", |mistakes| {
            let if_not_exists = option("add-column", IF_NOT_EXISTS, options, mistakes)?;
            let column = schema::column(&format!("table {}", quoted(&table)), column, mistakes);
            let table = mistakes.parse("add-column, table", &table);
            Ok(table.zip(column).map(|(table, column)| Operation::AddColumn { table, column, if_not_exists }))
        })
    }

    fn drop_column(&mut self, table: String, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-column", |mistakes| {
            let if_exists = option("drop-column", IF_EXISTS, options, mistakes)?;
            let (table, name) = (mistakes.parse("drop-column, table", &table), mistakes.parse("drop-column", &name));
            Ok(table.zip(name).map(|(table, name)| Operation::DropColumn { table, name, if_exists }))
        })
    }

    fn rename_column(&mut self, table: String, name: String, to: String) -> Answer<()> {
        self.operate("rename-column", |mistakes| {
            let (table, name) = (mistakes.parse("rename-column, table", &table), mistakes.parse("rename-column", &name));
            let to = mistakes.parse("rename-column, to", &to);
            Ok(table.zip(name).zip(to).map(|((table, name), to)| Operation::RenameColumn { table, name, to }))
        })
    }

    fn set_nullable(&mut self, _: String, _: String, _: bool, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("set-nullable")
    }

    fn set_default(&mut self, _: String, _: String, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("set-default")
    }

    fn set_type(&mut self, _: String, _: String, _: String, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("set-type")
    }

    fn create_index(&mut self, table: String, index: wit::Index, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("create-index", |mistakes| {
            let if_not_exists = option("create-index", IF_NOT_EXISTS, options, mistakes)?;
            let index = schema::index(&format!("table {}", quoted(&table)), None, index, mistakes);
            let table = mistakes.parse("create-index, table", &table);
            Ok(table.zip(index).map(|(table, index)| Operation::CreateIndex { table, index, if_not_exists }))
        })
    }

    fn drop_index(&mut self, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-index", |mistakes| {
            let if_exists = option("drop-index", IF_EXISTS, options, mistakes)?;
            Ok(mistakes.parse("drop-index", &name).map(|name| Operation::DropIndex { name, if_exists }))
        })
    }

    fn add_foreign_key(&mut self, _: String, _: wit::ForeignKey, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("add-foreign-key")
    }

    fn add_unique(&mut self, _: String, _: wit::Unique, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("add-unique")
    }

    fn add_check(&mut self, _: String, _: wit::Check, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("add-check")
    }

    fn set_primary_key(&mut self, _: String, _: Vec<String>, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("set-primary-key")
    }

    fn drop_constraint(&mut self, _: String, _: Option<String>, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("drop-constraint")
    }

    fn create_view(&mut self, view: wit::View, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("create-view", |mistakes| {
            let if_not_exists = option("create-view", IF_NOT_EXISTS, options, mistakes)?;
            Ok(schema::view(view, mistakes).map(|view| Operation::CreateView { view, if_not_exists }))
        })
    }

    fn drop_view(&mut self, name: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.operate("drop-view", |mistakes| {
            let if_exists = option("drop-view", IF_EXISTS, options, mistakes)?;
            Ok(mistakes.parse("drop-view", &name).map(|name| Operation::DropView { name, if_exists }))
        })
    }

    fn create_trigger(&mut self, _: wit::Trigger, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("create-trigger")
    }

    fn drop_trigger(&mut self, _: String, _: Vec<WitAttribute>) -> Answer<()> {
        self.not_yet_an_operation("drop-trigger")
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

fn name(function: &str, text: &str) -> Result<crate::model::Name, Problem> {
    let mut mistakes = Mistakes::new(TOLD);
    mistakes.parse(function, text).ok_or_else(|| invalid(mistakes))
}

#[cfg(test)]
mod tests;
