//! One line for a person.

use crate::model::text::plain;
use crate::model::{Change, Column, Name, Operation};

const UNLESS: &str = " unless it is there";
const IF: &str = " if it is there";

/// More of an SQL text than this is not shown in a line.
const SHOWN: usize = 60;

impl Operation {
    /// What it does, in one line without control characters.
    pub fn describe(&self) -> String {
        let text = match self {
            Self::CreateTable { table, if_not_exists } => {
                format!("create table {} with {}{}", table.name, counted(table.columns.len(), "column"), maybe(if_not_exists, UNLESS))
            }
            Self::DropTable { name, if_exists, .. } => format!("drop table {name} with its rows{}", maybe(if_exists, IF)),
            Self::RenameTable { name, to } => format!("rename table {name} to {to}"),
            Self::AddColumn { table, column, if_not_exists } => {
                format!("add column {table}.{}{}", kind(column), maybe(if_not_exists, UNLESS))
            }
            Self::DropColumn { table, name, if_exists } => format!("drop column {table}.{name} with its values{}", maybe(if_exists, IF)),
            Self::RenameColumn { table, name, to } => format!("rename column {table}.{name} to {to}"),
            Self::AlterTable { table, changes, rebuild } => {
                let changes = changes.iter().map(|change| described(table, change));
                changes.chain(rebuild.then(|| format!("rebuild table {table}"))).collect::<Vec<_>>().join(", ")
            }
            Self::CreateIndex { table, index, if_not_exists } => {
                format!("create {}index {} on {table}{}", maybe(&index.unique, "unique "), index.name, maybe(if_not_exists, UNLESS))
            }
            Self::DropIndex { name, if_exists } => format!("drop index {name}{}", maybe(if_exists, IF)),
            Self::CreateView { view, if_not_exists } => format!("create view {}{}", view.name, maybe(if_not_exists, UNLESS)),
            Self::DropView { name, if_exists } => format!("drop view {name}{}", maybe(if_exists, IF)),
            Self::CreateTrigger { trigger, if_not_exists } => {
                format!("create trigger {} on {}{}", trigger.name, trigger.table, maybe(if_not_exists, UNLESS))
            }
            Self::DropTrigger { name, if_exists } => format!("drop trigger {name}{}", maybe(if_exists, IF)),
            Self::Execute { sql, params } if params.is_empty() => format!("run {}", shortened(sql)),
            Self::Execute { sql, params } => format!("run {} with {}", shortened(sql), counted(params.len(), "parameter")),
            Self::InsertRows { table, rows, .. } => format!("insert {} into {table}", counted(rows.len(), "row")),
        };
        plain(&text)
    }
}

fn maybe(flag: &bool, words: &'static str) -> &'static str {
    if *flag { words } else { "" }
}

fn described(table: &Name, change: &Change) -> String {
    match change {
        Change::AddColumn { column, if_not_exists, .. } => format!("add column {table}.{}{}", kind(column), maybe(if_not_exists, UNLESS)),
        Change::DropColumn { name, if_exists } => format!("drop column {table}.{name} with its values{}", maybe(if_exists, IF)),
        Change::RenameColumn { name, to } => format!("rename column {table}.{name} to {to}"),
        Change::SetType { name, data_type, using } => {
            let using = using.as_ref().map(|using| format!(" using {}", shortened(using))).unwrap_or_default();
            format!("give column {table}.{name} the type {data_type}{using}")
        }
        Change::SetNullable { name, nullable: true, .. } => format!("let column {table}.{name} be NULL"),
        Change::SetNullable { name, nullable: false, .. } => format!("take no NULL in column {table}.{name}"),
        Change::SetDefault { name, default: Some(_) } => format!("give column {table}.{name} a default"),
        Change::SetDefault { name, default: None } => format!("take the default of column {table}.{name}"),
        Change::AddForeignKey { key, if_not_exists } => {
            format!("add foreign key {table} ({}) to {}{}", list(&key.columns), key.target_table, maybe(if_not_exists, UNLESS))
        }
        Change::AddUnique { unique, if_not_exists } => {
            format!("add unique {table} ({}){}", list(&unique.columns), maybe(if_not_exists, UNLESS))
        }
        Change::AddCheck { check, if_not_exists } => {
            format!("add check {table} ({}){}", shortened(&check.expression), maybe(if_not_exists, UNLESS))
        }
        Change::SetPrimaryKey { columns, .. } if columns.is_empty() => format!("take the primary key of {table}"),
        Change::SetPrimaryKey { columns, .. } => format!("make {table} ({}) the primary key", list(columns)),
        Change::DropConstraint { constraint, if_exists } => format!("drop {constraint} of {table}{}", maybe(if_exists, IF)),
    }
}

fn list(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn kind(column: &Column) -> String {
    let nullable = if column.nullable { ", which may be NULL" } else { "" };
    format!("{} ({}){nullable}", column.name, column.data_type)
}

/// On one line, and not all of a long one.
fn shortened(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut shown: String = words.chars().take(SHOWN).collect();
    if shown.len() < words.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use crate::migrate::samples::every_operation;

    #[test]
    fn every_operation_can_be_told_to_a_person() {
        let told: Vec<String> = every_operation().iter().skip(6).map(|operation| operation.describe()).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        create table Order Lines with 13 columns
        create table counter with 3 columns unless it is there
        create table pair with 2 columns
        rename table tasks to jobs
        add column users.phone (string), which may be NULL
        add column users.active (boolean) unless it is there
        rename column users.phone to group
        drop column users.group with its values if it is there
        create unique index ix_busy on orders unless it is there
        drop index ix_busy if it is there
        create view totals
        drop view totals
        run INSERT INTO log VALUES (?, ?, ?, ?, ?, ?) with 6 parameters
        run UPDATE users SET name = upper(name);
        insert 2 rows into log
        add column pair.sum (integer), which may be NULL, add column pair.late (string), which may be NULL, give column pair.b the type text using upper(b), let column pair.b be NULL, give column pair.a a default, take the default of column pair.b, add foreign key pair (a) to counter, add unique pair (b, a), add check pair (a > 0), make pair (a) the primary key, rename column pair.b to c
        rebuild table pair
        drop column log.f with its values, take no NULL in column log.a
        create trigger tr on log
        drop trigger tr if it is there
        drop table orders with its rows
        drop table jobs with its rows if it is there
        drop table counter with its rows
        ");
    }
}
