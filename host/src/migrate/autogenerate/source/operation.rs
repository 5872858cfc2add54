//! Operations as calls of the SDK.

use crate::model::{Change, ConstraintOf, Default, Name, Operation, View};

use super::Writer;
use super::words::{name, names, text, value};

/// A call whose receiver and table are still to be said.
struct Call {
    function: &'static str,
    arguments: Vec<String>,
    options: Vec<(&'static str, String)>,
}

impl Call {
    fn new(function: &'static str, arguments: impl IntoIterator<Item = String>) -> Self {
        Self { function, arguments: arguments.into_iter().collect(), options: Vec::new() }
    }

    fn option(mut self, option: Option<(&'static str, String)>) -> Self {
        self.options.extend(option);
        self
    }

    /// `op.option("using", "x").set_type("t", "a", "text")`.
    fn of_table(self, table: &Name) -> String {
        let options: String = self.options.iter().map(|(key, value)| format!(".option({}, {value})", text(key))).collect();
        let arguments: Vec<String> = std::iter::once(name(table)).chain(self.arguments).collect();
        format!("op{options}.{}({})", self.function, arguments.join(", "))
    }

    /// `Change::set_type("a", "text").with("using", "x")`.
    fn into_change(self, change: &str) -> String {
        let options: String = self.options.iter().map(|(key, value)| format!(".with({}, {value})", text(key))).collect();
        format!("{change}::{}({}){options}", self.function, self.arguments.join(", "))
    }
}

impl Writer {
    /// None of what autogenerate does not make.
    pub(super) fn operation(&mut self, operation: &Operation) -> Option<String> {
        Some(match operation {
            Operation::CreateTable { table, if_not_exists: false } => format!("op.create_table(&{})", self.table(table)?),
            Operation::DropTable { name: table, if_exists: false, detach } => {
                format!("op{}.drop_table({})", if *detach { ".option(\"detach\", true)" } else { "" }, name(table))
            }
            Operation::RenameTable { name: table, to } => format!("op.rename_table({}, {})", name(table), name(to)),
            Operation::AddColumn { table, column, if_not_exists } => {
                let change = Change::AddColumn { column: column.clone(), position: None, if_not_exists: *if_not_exists };
                self.call(&change)?.of_table(table)
            }
            Operation::DropColumn { table, name, if_exists } => {
                self.call(&Change::DropColumn { name: name.clone(), if_exists: *if_exists })?.of_table(table)
            }
            Operation::RenameColumn { table, name, to } => {
                self.call(&Change::RenameColumn { name: name.clone(), to: to.clone() })?.of_table(table)
            }
            Operation::AlterTable { table, changes, rebuild: false } => match &changes[..] {
                [change] => self.call(change)?.of_table(table),
                several => {
                    let list: Vec<String> = several.iter().map(|change| self.change(change)).collect::<Option<_>>()?;
                    format!("op.alter_table({}, [{}])", name(table), list.join(", "))
                }
            },
            Operation::CreateIndex { table, index, if_not_exists: false } => {
                format!("op.create_index({}, &{})", name(table), self.index(table, index))
            }
            Operation::DropIndex { name: index, if_exists: false } => format!("op.drop_index({})", name(index)),
            Operation::CreateView { view: View { name: view, query }, if_not_exists: false } => {
                format!("op.create_view(&{}::new({}, {}))", self.uses("View"), name(view), text(query))
            }
            Operation::DropView { name: view, if_exists: false } => format!("op.drop_view({})", name(view)),
            Operation::CreateTrigger { trigger, if_not_exists: false } => format!("op.create_trigger(&{})", self.trigger(trigger)),
            Operation::DropTrigger { name: trigger, if_exists: false } => format!("op.drop_trigger({})", name(trigger)),
            _ => return None,
        })
    }

    fn change(&mut self, change: &Change) -> Option<String> {
        let call = self.call(change)?;
        Some(call.into_change(self.uses("Change")))
    }

    fn call(&mut self, change: &Change) -> Option<Call> {
        Some(match change {
            Change::AddColumn { column, position: None, if_not_exists: false } => {
                Call::new("add_column", [format!("&{}", self.column(column))])
            }
            Change::DropColumn { name: column, if_exists: false } => Call::new("drop_column", [name(column)]),
            Change::RenameColumn { name: column, to } => Call::new("rename_column", [name(column), name(to)]),
            Change::SetType { name: column, data_type, using: None } => Call::new("set_type", [name(column), text(&data_type.to_string())]),
            Change::SetNullable { name: column, nullable, backfill } => {
                let backfill = backfill.as_ref().map(|backfill| match backfill {
                    Default::Value(given) => ("backfill", value(given)),
                    Default::Expression(given) => ("backfill-expression", text(given)),
                });
                Call::new("set_nullable", [name(column), nullable.to_string()]).option(backfill)
            }
            Change::SetDefault { name: column, default: None } => Call::new("drop_default", [name(column)]),
            Change::SetDefault { name: column, default: Some(Default::Value(default)) } => {
                Call::new("set_default", [name(column), value(default)])
            }
            Change::SetDefault { name: column, default: Some(Default::Expression(default)) } => {
                Call::new("set_default_expression", [name(column), text(default)])
            }
            Change::AddForeignKey { key, if_not_exists: false } => Call::new("add_foreign_key", [format!("&{}", self.foreign_key(key))]),
            Change::AddUnique { unique, if_not_exists: false } => Call::new("add_unique", [format!("&{}", self.unique(unique))]),
            Change::AddCheck { check, if_not_exists: false } => Call::new("add_check", [format!("&{}", self.check(check))]),
            Change::SetPrimaryKey { columns, autoincrement } => {
                let autoincrement = autoincrement.then(|| ("autoincrement", "true".to_owned()));
                Call::new("set_primary_key", [names(columns)]).option(autoincrement)
            }
            Change::DropConstraint { constraint, if_exists: false } => {
                let (function, argument) = match constraint {
                    ConstraintOf::Name(constraint) => ("drop_constraint", name(constraint)),
                    ConstraintOf::Unique(columns) => ("drop_unnamed_unique", names(columns)),
                    ConstraintOf::ForeignKey(columns) => ("drop_unnamed_foreign_key", names(columns)),
                    ConstraintOf::Check(expression) => ("drop_unnamed_check", text(expression)),
                };
                Call::new(function, [argument])
            }
            _ => return None,
        })
    }
}
