//! Changes of a table that is there: those of `alter-table`, each a kind, a name and attributes, and the functions that make one change,
//! which are read as the same.

use crate::model::sql::check_expression;
use crate::model::{
    Attribute, AttributeReader, Change, Check, ConstraintOf, Default as ColumnDefault, ForeignKey, Mistake, Name, Position,
    ReferenceAction, Unique, Value,
};
use crate::runtime::bindings::tenon::plugin::schema as wit;
use crate::runtime::mistakes::{Mistakes, quoted};

use super::schema;

/// The kinds of change, as the contract names them.
const KINDS: [&str; 11] = [
    "add-column",
    "drop-column",
    "rename-column",
    "set-type",
    "set-nullable",
    "set-default",
    "add-foreign-key",
    "add-unique",
    "add-check",
    "set-primary-key",
    "drop-constraint",
];

/// One change of `table` (the subject of its mistakes): its kind, what it is about, and the rest.
pub(super) fn change(table: &str, kind: &str, name: &str, attributes: Vec<Attribute>, mistakes: &mut Mistakes) -> Option<Change> {
    let about = if name.is_empty() { String::new() } else { format!(" {}", quoted(name)) };
    let subject = format!("{table}, {}{about}", quoted(kind));
    if kind == "add-column" {
        return add_column(table, &subject, name, attributes, mistakes);
    }
    let mut reader = AttributeReader::new(&subject, &attributes);
    let found = match kind {
        "drop-column" => {
            let if_exists = mistakes.take(reader.flag("if-exists")).unwrap_or_default();
            mistakes.parse(&subject, name).map(|name| Change::DropColumn { name, if_exists })
        }
        "rename-column" => rename_column(&subject, name, &mut reader, mistakes),
        "set-type" => set_type(&subject, name, &mut reader, mistakes),
        "set-nullable" => set_nullable(&subject, name, &mut reader, mistakes),
        "set-default" => {
            let default = mistakes.take(value(&mut reader, "default", "default-expression")).flatten();
            mistakes.parse(&subject, name).map(|name| Change::SetDefault { name, default })
        }
        "add-foreign-key" => add_foreign_key(&subject, name, &mut reader, mistakes),
        "add-unique" => {
            let columns = names(&subject, &mut reader, "columns", mistakes);
            let if_not_exists = if_not_exists(&mut reader, mistakes);
            let name = constraint_name(&subject, name, mistakes);
            columns.zip(name).map(|(columns, name)| Change::AddUnique { unique: Unique { name, columns }, if_not_exists })
        }
        "add-check" => add_check(&subject, name, &mut reader, mistakes),
        "set-primary-key" => {
            let given = mistakes.take(reader.texts("columns")).unwrap_or_default();
            let autoincrement = mistakes.take(reader.flag("autoincrement")).unwrap_or_default();
            let columns: Vec<Name> = given.iter().filter_map(|name| mistakes.parse(&subject, name)).collect();
            twice(&subject, &columns, mistakes);
            Some(Change::SetPrimaryKey { columns, autoincrement })
        }
        "drop-constraint" => drop_constraint(&subject, name, &mut reader, mistakes),
        _ => {
            mistakes.note(&subject, format!("is no kind of change; known are {}", KINDS.join(", ")));
            return None;
        }
    };
    mistakes.take(reader.finish());
    found
}

fn add_column(table: &str, subject: &str, name: &str, attributes: Vec<Attribute>, mistakes: &mut Mistakes) -> Option<Change> {
    let (own, rest): (Vec<_>, Vec<_>) = attributes
        .into_iter()
        .partition(|attribute| ["data-type", "nullable", "position", "if-not-exists"].contains(&attribute.key.as_str()));
    let mut reader = AttributeReader::new(subject, &own);
    let data_type = mistakes.take(reader.text("data-type")).flatten().unwrap_or_default().to_owned();
    let nullable = mistakes.take(reader.flag("nullable")).unwrap_or_default();
    let position = mistakes.take(reader.text("position")).flatten().map(str::to_owned);
    let if_not_exists = if_not_exists(&mut reader, mistakes);
    mistakes.take(reader.finish());
    let column = schema::column_of(table, name, &data_type, nullable, &rest, mistakes);
    let position = match position.as_deref() {
        None => None,
        Some("first") => Some(Position::First),
        Some(text) => match text.strip_prefix("after ") {
            Some(before) => Some(Position::After(mistakes.parse(subject, before)?)),
            None => {
                mistakes.note(subject, format!("`position` is `first`, or `after` and a column's name, not {}", quoted(text)));
                return None;
            }
        },
    };
    column.map(|column| Change::AddColumn { column, position, if_not_exists })
}

fn rename_column(subject: &str, name: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Option<Change> {
    let to = mistakes.take(reader.text("to")).flatten();
    if to.is_none() {
        mistakes.note(subject, "needs `to`, the new name");
    }
    let (name, to) = (mistakes.parse(subject, name), mistakes.parse(&format!("{subject}, to"), to?));
    name.zip(to).map(|(name, to)| Change::RenameColumn { name, to })
}

fn set_type(subject: &str, name: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Option<Change> {
    let data_type = mistakes.take(reader.text("data-type")).flatten().unwrap_or_default();
    let using = mistakes.take(expression(reader, "using")).flatten();
    let (name, data_type) = (mistakes.parse(subject, name), mistakes.parse(subject, data_type));
    name.zip(data_type).map(|(name, data_type)| Change::SetType { name, data_type, using })
}

fn set_nullable(subject: &str, name: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Option<Change> {
    let nullable = mistakes.take(reader.flag("nullable")).unwrap_or_default();
    let backfill = mistakes.take(value(reader, "backfill", "backfill-expression")).flatten();
    if nullable && backfill.is_some() {
        mistakes.note(subject, "a column that may be null needs no `backfill`");
    }
    mistakes.parse(subject, name).map(|name| Change::SetNullable { name, nullable, backfill })
}

fn add_foreign_key(subject: &str, name: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Option<Change> {
    let columns = names(subject, reader, "columns", mistakes);
    let target_table = mistakes.take(reader.text("target-table")).flatten().unwrap_or_default();
    let target_table = mistakes.parse(&format!("{subject}, target-table"), target_table);
    let target_columns = names(subject, reader, "target-columns", mistakes);
    let on_delete = action(subject, reader, "on-delete", mistakes);
    let on_update = action(subject, reader, "on-update", mistakes);
    let deferred = mistakes.take(reader.flag("deferred")).unwrap_or_default();
    let if_not_exists = if_not_exists(reader, mistakes);
    let name = constraint_name(subject, name, mistakes);
    let (columns, target_columns) = (columns?, target_columns?);
    if columns.len() != target_columns.len() {
        mistakes
            .note(subject, format!("has {} columns and refers to {}; both must be the same number", columns.len(), target_columns.len()));
    }
    let (target_table, on_delete, on_update) = (target_table?, on_delete?, on_update?);
    let key = ForeignKey { name: name?, columns, target_table, target_columns, on_delete, on_update, deferred };
    Some(Change::AddForeignKey { key, if_not_exists })
}

fn action(subject: &str, reader: &mut AttributeReader<'_>, key: &'static str, mistakes: &mut Mistakes) -> Option<ReferenceAction> {
    match mistakes.take(reader.text(key))? {
        None => Some(ReferenceAction::NoAction),
        Some(word) => mistakes.parse(&format!("{subject}, {key}"), word),
    }
}

fn add_check(subject: &str, name: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Option<Change> {
    let expression = mistakes.take(expression(reader, "expression"))?;
    if expression.is_none() {
        mistakes.note(subject, "needs an `expression`");
    }
    let if_not_exists = if_not_exists(reader, mistakes);
    let name = constraint_name(subject, name, mistakes)?;
    Some(Change::AddCheck { check: Check { name, expression: expression? }, if_not_exists })
}

fn drop_constraint(subject: &str, name: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Option<Change> {
    let kind = mistakes.take(reader.text("kind"))?;
    let columns = mistakes.take(reader.texts("columns"))?;
    let expression = mistakes.take(expression(reader, "expression"))?;
    let if_exists = mistakes.take(reader.flag("if-exists")).unwrap_or_default();
    let columns: Vec<Name> = columns.iter().filter_map(|name| mistakes.parse(subject, name)).collect();
    let constraint = match (name, kind, columns.is_empty(), expression) {
        ("", Some("unique"), false, None) => ConstraintOf::Unique(columns),
        ("", Some("foreign-key"), false, None) => ConstraintOf::ForeignKey(columns),
        ("", Some("check"), true, Some(expression)) => ConstraintOf::Check(expression),
        (name, None, true, None) if !name.is_empty() => ConstraintOf::Name(mistakes.parse(subject, name)?),
        _ => {
            mistakes.note(
                subject,
                "needs either a name, or `kind` = `unique` or `foreign-key` with `columns`, or `kind` = `check` with an `expression`",
            );
            return None;
        }
    };
    Some(Change::DropConstraint { constraint, if_exists })
}

/// At least one name of a key that repeats, each once.
fn names(subject: &str, reader: &mut AttributeReader<'_>, key: &'static str, mistakes: &mut Mistakes) -> Option<Vec<Name>> {
    let given = mistakes.take(reader.texts(key))?;
    if given.is_empty() {
        mistakes.note(subject, format!("needs `{key}`, once for each column"));
    }
    let names: Vec<Name> = given.iter().filter_map(|name| mistakes.parse(&format!("{subject}, {key}"), name)).collect();
    twice(subject, &names, mistakes);
    (!names.is_empty()).then_some(names)
}

fn twice(subject: &str, names: &[Name], mistakes: &mut Mistakes) {
    for (place, name) in names.iter().enumerate() {
        if names[..place].contains(name) {
            mistakes.note(subject, format!("names column {name} twice"));
        }
    }
}

fn if_not_exists(reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> bool {
    mistakes.take(reader.flag("if-not-exists")).unwrap_or_default()
}

/// None inside for a constraint without a name.
#[expect(clippy::option_option, reason = "without a name, and without a good one")]
fn constraint_name(subject: &str, name: &str, mistakes: &mut Mistakes) -> Option<Option<Name>> {
    if name.is_empty() { Some(None) } else { mistakes.parse(subject, name).map(Some) }
}

fn expression(reader: &mut AttributeReader<'_>, key: &'static str) -> Result<Option<String>, Mistake> {
    let Some(text) = reader.text(key)? else { return Ok(None) };
    match check_expression(text) {
        Ok(_) => Ok(Some(text.to_owned())),
        Err(reason) => Err(reader.mistake(format!("`{key}`: {reason}"))),
    }
}

/// A value, or an expression that gives one.
pub(super) fn value(
    reader: &mut AttributeReader<'_>,
    key: &'static str,
    expression_key: &'static str,
) -> Result<Option<ColumnDefault>, Mistake> {
    let value: Option<Value> = reader.value(key)?.cloned();
    match (value, expression(reader, expression_key)?) {
        (Some(_), Some(_)) => Err(reader.mistake(format!("has both `{key}` and `{expression_key}`; choose one"))),
        (Some(value), None) => Ok(Some(ColumnDefault::Value(value))),
        (None, Some(text)) => Ok(Some(ColumnDefault::Expression(text))),
        (None, None) => Ok(None),
    }
}

/// The attributes that say a foreign key, for one that is given as a record.
pub(super) fn of_foreign_key(key: wit::ForeignKey) -> (String, Vec<Attribute>) {
    let mut all = texts("columns", key.columns);
    all.extend(texts("target-columns", key.target_columns));
    all.extend([text("target-table", key.target_table), text("on-delete", key.on_delete), text("on-update", key.on_update)]);
    all.extend(super::values::attributes(key.attributes));
    (key.name.unwrap_or_default(), all)
}

/// One attribute of text.
pub(super) fn text(key: &str, value: String) -> Attribute {
    Attribute { key: key.to_owned(), value: Value::Text(value) }
}

/// One attribute for each text.
pub(super) fn texts(key: &str, values: Vec<String>) -> Vec<Attribute> {
    values.into_iter().map(|value| text(key, value)).collect()
}
