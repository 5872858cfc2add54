//! CREATE TABLE and CREATE INDEX, in the shape that SQLAlchemy gave the tables of the seed: one clause a line, columns first, then
//! primary key, foreign keys, uniques, checks.

use crate::migrate::dialect::DialectError;
use crate::model::schema::{IndexKey, IndexTerm};
use crate::model::sql::{SqlTextError, identifier, identifiers};
use crate::model::{Check, ColumnType, ForeignKey, Index, Name, ReferenceAction, Table, Unique};

use super::column::clause;
use super::sql_text::expression;

/// The table, then its indexes.
pub(super) fn create(table: &Table, if_not_exists: bool) -> Result<Vec<String>, DialectError> {
    let counter = counter(table)?;
    let mut lines = Vec::new();
    for column in &table.columns {
        if Some(&column.name) == counter {
            // The only form that SQLite has for it: in the column, and the type must be this word.
            lines.push(format!("{} INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", identifier(column.name.as_str())));
        } else {
            lines.push(clause(column, table.strict)?);
        }
    }
    if lines.is_empty() {
        return Err(DialectError::NoColumns { table: table.name.clone() });
    }
    if counter.is_none() && !table.primary_key.is_empty() {
        lines.push(format!("PRIMARY KEY ({})", identifiers(&table.primary_key)));
    }
    for key in &table.foreign_keys {
        lines.push(foreign_key(&table.name, key)?);
    }
    for unique in &table.uniques {
        lines.push(self::unique(&table.name, unique)?);
    }
    for check in &table.checks {
        lines.push(self::check(&table.name, check)?);
    }
    let options: Vec<&str> =
        [(table.strict, "STRICT"), (table.without_rowid, "WITHOUT ROWID")].iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect();
    let options = if options.is_empty() { String::new() } else { format!(" {}", options.join(", ")) };
    let (exists, name) = (exists(if_not_exists), identifier(table.name.as_str()));
    let mut statements = vec![format!("CREATE TABLE {exists}{name} (\n\t{}\n){options}", lines.join(", \n\t"))];
    for index in &table.indexes {
        statements.push(create_index(&table.name, index, if_not_exists)?);
    }
    Ok(statements)
}

/// `CREATE INDEX name ON table (terms) WHERE filter`.
pub(super) fn create_index(table: &Name, index: &Index, if_not_exists: bool) -> Result<String, DialectError> {
    let subject = || format!("index {}", index.name);
    if index.terms.is_empty() {
        return Err(DialectError::NothingNamed { subject: subject() });
    }
    let terms: Vec<String> =
        index.terms.iter().map(term).collect::<Result<_, _>>().map_err(|error| DialectError::Text { subject: subject(), error })?;
    let filter = match &index.filter {
        None => String::new(),
        Some(text) => format!(" WHERE {}", expression(text).map_err(|error| DialectError::Text { subject: subject(), error })?),
    };
    let kind = if index.unique { "UNIQUE INDEX" } else { "INDEX" };
    let (name, table) = (identifier(index.name.as_str()), identifier(table.as_str()));
    Ok(format!("CREATE {kind} {}{name} ON {table} ({}){filter}", exists(if_not_exists), terms.join(", ")))
}

/// The words that make a statement do nothing when the thing is there.
pub(super) fn exists(if_not_exists: bool) -> &'static str {
    if if_not_exists { "IF NOT EXISTS " } else { "" }
}

fn term(term: &IndexTerm) -> Result<String, SqlTextError> {
    let mut sql = match &term.key {
        IndexKey::Column(name) => identifier(name.as_str()).into_owned(),
        IndexKey::Expression(text) => format!("({})", expression(text)?),
    };
    if let Some(collate) = &term.collate {
        sql.push_str(&format!(" COLLATE {}", identifier(collate)));
    }
    if term.descending {
        sql.push_str(" DESC");
    }
    Ok(sql)
}

/// The column that counts by itself, if the table asked for one.
fn counter(table: &Table) -> Result<Option<&Name>, DialectError> {
    if !table.autoincrement {
        return Ok(None);
    }
    let refuse = |reason| DialectError::Autoincrement { table: table.name.clone(), reason };
    let [key] = &table.primary_key[..] else { return Err(refuse("the primary key must be one column")) };
    let column = table.column(key).ok_or_else(|| refuse("the primary key is no column of the table"))?;
    if !matches!(column.data_type, ColumnType::Integer | ColumnType::BigInt) {
        return Err(refuse("the primary key must be an integer or bigint"));
    }
    if column.default.is_some() || column.collate.is_some() {
        return Err(refuse("the primary key has a default or a collation"));
    }
    if table.without_rowid { Err(refuse("a table without rowid has nothing to count")) } else { Ok(Some(&column.name)) }
}

fn named(name: Option<&Name>) -> String {
    name.map(|name| format!("CONSTRAINT {} ", identifier(name.as_str()))).unwrap_or_default()
}

pub(super) fn foreign_key(table: &Name, key: &ForeignKey) -> Result<String, DialectError> {
    if key.columns.is_empty() {
        return Err(DialectError::NothingNamed { subject: format!("a foreign key of table {table}") });
    }
    let target = identifier(key.target_table.as_str());
    let mut sql = format!("{}FOREIGN KEY({}) REFERENCES {target}", named(key.name.as_ref()), identifiers(&key.columns));
    if !key.target_columns.is_empty() {
        sql.push_str(&format!(" ({})", identifiers(&key.target_columns)));
    }
    for (event, action) in [("DELETE", key.on_delete), ("UPDATE", key.on_update)] {
        if let Some(words) = action_words(action) {
            sql.push_str(&format!(" ON {event} {words}"));
        }
    }
    if key.deferred {
        sql.push_str(" DEFERRABLE INITIALLY DEFERRED");
    }
    Ok(sql)
}

pub(super) fn action_words(action: ReferenceAction) -> Option<&'static str> {
    match action {
        ReferenceAction::NoAction => None,
        ReferenceAction::Restrict => Some("RESTRICT"),
        ReferenceAction::Cascade => Some("CASCADE"),
        ReferenceAction::SetNull => Some("SET NULL"),
        ReferenceAction::SetDefault => Some("SET DEFAULT"),
    }
}

pub(super) fn unique(table: &Name, unique: &Unique) -> Result<String, DialectError> {
    if unique.columns.is_empty() {
        return Err(DialectError::NothingNamed { subject: format!("a unique constraint of table {table}") });
    }
    Ok(format!("{}UNIQUE ({})", named(unique.name.as_ref()), identifiers(&unique.columns)))
}

pub(super) fn check(table: &Name, check: &Check) -> Result<String, DialectError> {
    let text = expression(&check.expression).map_err(|error| DialectError::Text { subject: format!("a check of table {table}"), error })?;
    Ok(format!("{}CHECK ({text})", named(check.name.as_ref())))
}
