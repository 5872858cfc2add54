//! The declaration that makes each piece of a stored text: the way back from SQL to what a plugin can write.

mod declared;
mod words;

use self::declared::declared;
use self::words::Words;
use super::facts::{self, ColumnParts, key_of, of_constraint, parts, unclosed};
use super::{Rule, StoredColumn, StoredConstraint, StoredError, StoredTable};
use crate::migrate::dialect::DialectError;
use crate::migrate::dialect::sqlite::table;
use crate::migrate::shape::{ColumnShape, Constraint, Piece, PrimaryKey, Said, Shape, TableShape, Unsayable};
use crate::model::sql::{Token, identifiers, tokens};
use crate::model::{Check, ForeignKey, Name, Unique};

type Read<T> = Result<T, StoredError>;

/// The shape of one object's text.
///
/// # Errors
/// It is a table's, and not one that this reads; or no text that SQLite keeps.
pub(in crate::migrate::dialect::sqlite) fn shape(sql: &str) -> Read<Shape> {
    let all: Vec<Token<'_>> = tokens(sql).map_err(unclosed)?.into_iter().filter(|token| !token.is_blank()).collect();
    let key = key_of(&all);
    let mut words = Words { sql, all: &all, at: 0 };
    words.word("CREATE")?;
    if words.take("TABLE") {
        return Ok(Shape::Table(of_table(&StoredTable::read(sql)?)?));
    }
    let unique = words.take("UNIQUE");
    if words.take("INDEX") {
        let (table, index) = words.index(unique)?;
        return Ok(Shape::Index(table, Piece { key, name: None, said: index }));
    }
    if words.take("VIEW") {
        return Ok(Shape::View(Piece { key, name: None, said: words.view()? }));
    }
    words.word("TRIGGER")?;
    Ok(Shape::Trigger(Piece { key, name: None, said: words.trigger()? }))
}

fn unsayable<T>(why: impl Into<String>) -> Said<T> {
    Err(Unsayable(why.into()))
}

fn name(text: &str) -> Said<Name> {
    text.parse().map_err(|error| Unsayable(format!("{error}")))
}

fn names(all: &[String]) -> Said<Vec<Name>> {
    all.iter().map(|text| name(text)).collect()
}

fn of_table(table: &StoredTable) -> Read<TableShape> {
    let mut shape = TableShape {
        columns: Vec::new(),
        primary_key: None,
        constraints: Vec::new(),
        strict: table.strict,
        without_rowid: table.without_rowid,
    };
    for column in &table.columns {
        shape.columns.push(of_column(table, column)?);
    }
    let in_columns = table.columns.iter().flat_map(|column| column.constraints.iter().map(move |constraint| (Some(column), constraint)));
    for (column, constraint) in in_columns.chain(table.constraints.iter().map(|constraint| (None, constraint))) {
        let Some(fact) = of_constraint(table, column, constraint)? else { continue };
        let key = fact.key;
        if let Rule::PrimaryKey { terms, descending, autoincrement } = &constraint.rule {
            let columns = column.map_or_else(|| terms.clone(), |column| vec![column.name.clone()]);
            let said = names(&columns).map(|columns| PrimaryKey { columns, autoincrement: *autoincrement });
            let is_plain =
                |said: &PrimaryKey| !descending && (*autoincrement || says(&format!("PRIMARY KEY ({})", identifiers(&said.columns)), &key));
            let said =
                said.and_then(|said| if is_plain(&said) { Ok(said) } else { unsayable("a primary key with ON CONFLICT, COLLATE or DESC") });
            shape.primary_key = Some(Piece { key, name: None, said });
        } else {
            let said = of_rule(table, column, constraint).and_then(|said| {
                let nameless = text_of(&said).map_err(|error| Unsayable(error.to_string()))?;
                if says(&nameless, &key) { Ok(said) } else { unsayable("a constraint with ON CONFLICT or COLLATE") }
            });
            // A name that no plugin can give is no reason not to compare the rest.
            let name = constraint.name.as_deref().and_then(|text| text.parse().ok());
            shape.constraints.push(Piece { key, name, said });
        }
    }
    Ok(shape)
}

/// Whether a text is compared by this key.
fn says(text: &str, key: &str) -> bool {
    facts::key(text).is_ok_and(|found| found == key)
}

/// The constraint without its name.
fn text_of(constraint: &Constraint) -> Result<String, DialectError> {
    let nobody: Name = "x".parse().expect("a letter is a name");
    match constraint {
        Constraint::Unique(unique) => table::unique(&nobody, &Unique { name: None, ..unique.clone() }),
        Constraint::Check(check) => table::check(&nobody, &Check { name: None, ..check.clone() }),
        Constraint::ForeignKey(key) => table::foreign_key(&nobody, &ForeignKey { name: None, ..key.clone() }),
    }
}

fn of_rule(table: &StoredTable, column: Option<&StoredColumn>, constraint: &StoredConstraint) -> Said<Constraint> {
    let own = |listed: &[String]| column.map_or_else(|| listed.to_vec(), |column| vec![column.name.clone()]);
    let named = constraint.name.as_deref().map(name).transpose()?;
    match &constraint.rule {
        Rule::Unique { terms } => Ok(Constraint::Unique(Unique { name: named, columns: names(&own(terms))? })),
        Rule::Check(expression) => Ok(Constraint::Check(Check { name: named, expression: table.text(expression).trim().to_owned() })),
        Rule::ForeignKey { reference, .. } if reference.columns.is_empty() => {
            unsayable("a foreign key that does not name what it refers to")
        }
        Rule::ForeignKey { columns, reference } => Ok(Constraint::ForeignKey(ForeignKey {
            name: named,
            columns: names(&own(columns))?,
            target_table: name(&reference.table)?,
            target_columns: names(&reference.columns)?,
            on_delete: reference.on_delete,
            on_update: reference.on_update,
            deferred: reference.deferred,
        })),
        _ => unsayable("a constraint of another kind"),
    }
}

fn of_column(table: &StoredTable, column: &StoredColumn) -> Read<ColumnShape> {
    let ColumnParts { data_type, collate, default, not_null, generated } = parts(table, column)?;
    let keyed = |text: Option<String>| text.map(|text| facts::key(&text)).transpose();
    let missing = StoredError { expected: "a name that a column can have", at: column.span.start };
    Ok(ColumnShape {
        name: column.name.parse().map_err(|_| missing)?,
        said: declared(table, column, data_type.as_deref().unwrap_or_default()),
        data_type: keyed(data_type)?.unwrap_or_default(),
        not_null: keyed(not_null)?,
        default: keyed(default)?,
        collate: keyed(collate)?,
        generated: keyed(generated)?,
    })
}
