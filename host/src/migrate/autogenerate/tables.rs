//! Two tables of one name, piece by piece.

use crate::migrate::shape::{ColumnShape, Constraint, Piece, PrimaryKey, TableShape};
use crate::model::{Column, Name, Table};

use super::Detected;
use super::compare::{Compared, Unwritable, said};
use super::computed::{Recomputed, reads};
use super::order::in_order;

/// A table as it is declared.
pub(super) fn declared(name: &Name, shape: &TableShape) -> Compared<Table> {
    let mut made = Table {
        name: name.clone(),
        columns: Vec::new(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        uniques: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        strict: shape.strict,
        without_rowid: shape.without_rowid,
        autoincrement: false,
        renamed_from: None,
    };
    for column in &shape.columns {
        made.columns.push(said(&format!("column {name}.{}", column.name), &column.said)?.clone());
    }
    if let Some(key) = &shape.primary_key {
        let PrimaryKey { columns, autoincrement } = said(&format!("the primary key of {name}"), &key.said)?;
        (made.primary_key, made.autoincrement) = (columns.clone(), *autoincrement);
    }
    for piece in &shape.constraints {
        match said(&format!("a constraint of {name}"), &piece.said)?.clone() {
            Constraint::Unique(unique) => made.uniques.push(unique),
            Constraint::Check(check) => made.checks.push(check),
            Constraint::ForeignKey(key) => made.foreign_keys.push(key),
        }
    }
    Ok(made)
}

/// What must be done to the one that is found so that it becomes the one that is asked for.
pub(super) fn between(
    name: &Name,
    asked: &TableShape,
    found: &TableShape,
    recomputed: &Recomputed<'_>,
    all: &mut Vec<Detected>,
) -> Compared<()> {
    for (option, wanted, there) in [("STRICT", asked.strict, found.strict), ("WITHOUT ROWID", asked.without_rowid, found.without_rowid)] {
        if wanted != there {
            return Err(Unwritable::new(format!("table {name}"), &format!("{option} is part of how a table is made")));
        }
    }
    let column = |column: &ColumnShape| -> Compared<Column> { Ok(said(&format!("column {name}.{}", column.name), &column.said)?.clone()) };
    let is_anew = |column: &Name| recomputed.has(name, column);
    // What is computed of others comes after them and goes before them.
    for wanted in in_order(&lacking(asked, found, is_anew), |column, other| reads(column, &other.name)) {
        all.push(Detected::AddColumn(name.clone(), column(wanted)?));
    }
    let gone = in_order(&lacking(found, asked, is_anew), |column, other| reads(other, &column.name));
    all.extend(gone.iter().map(|there| Detected::RemoveColumn(name.clone(), there.name.clone())));
    for wanted in &asked.columns {
        if let Some(there) = found.column(&wanted.name).filter(|_| !is_anew(&wanted.name)) {
            of_column(name, wanted, there, all)?;
        }
    }
    let gone: Vec<&Name> = gone.into_iter().map(|there| &there.name).collect();
    of_constraints(name, asked, found, &gone, recomputed, all)?;
    let key = |shape: &TableShape| shape.primary_key.as_ref().map(|key| key.key.clone());
    if key(asked) != key(found) {
        let nothing = PrimaryKey { columns: Vec::new(), autoincrement: false };
        let wanted = asked.primary_key.as_ref().map(|key| said(&format!("the primary key of {name}"), &key.said)).transpose()?;
        all.push(Detected::ModifyPrimaryKey(name.clone(), wanted.cloned().unwrap_or(nothing)));
    }
    Ok(())
}

/// The columns that the other table lacks, or has to have anew.
fn lacking<'a>(table: &'a TableShape, other: &TableShape, is_anew: impl Fn(&Name) -> bool) -> Vec<&'a ColumnShape> {
    table.columns.iter().filter(|column| other.column(&column.name).is_none() || is_anew(&column.name)).collect()
}

fn of_column(table: &Name, wanted: &ColumnShape, there: &ColumnShape, all: &mut Vec<Detected>) -> Compared<()> {
    let what = || format!("column {table}.{}", wanted.name);
    if wanted.collate != there.collate {
        return Err(Unwritable::new(what(), "its collation changes, which no operation does"));
    }
    let said = || said(&what(), &wanted.said);
    let (table, name) = (table.clone(), wanted.name.clone());
    if wanted.data_type != there.data_type {
        all.push(Detected::ModifyType(table.clone(), name.clone(), said()?.data_type.clone()));
    }
    if wanted.not_null != there.not_null {
        all.push(Detected::ModifyNullable(table.clone(), name.clone(), said()?.nullable));
    }
    if wanted.default != there.default {
        all.push(Detected::ModifyDefault(table, name, said()?.default.clone()));
    }
    Ok(())
}

/// A constraint that is asked for without a name may have any. What belongs to one column that goes, goes with it.
fn of_constraints(
    name: &Name,
    asked: &TableShape,
    found: &TableShape,
    gone: &[&Name],
    recomputed: &Recomputed<'_>,
    all: &mut Vec<Detected>,
) -> Compared<()> {
    let what = || format!("a constraint of {name}");
    let mut left: Vec<&Piece<Constraint>> = found.constraints.iter().collect();
    let mut missing = Vec::new();
    // Those with a name first, so that one without does not take theirs.
    let (named, nameless): (Vec<_>, Vec<_>) = asked.constraints.iter().partition(|piece| piece.name.is_some());
    for piece in named.into_iter().chain(nameless) {
        let is_kept = |other: &&Piece<Constraint>| other.key == piece.key && (piece.name.is_none() || piece.name == other.name);
        match left.iter().position(|other| is_kept(other) && !recomputed.is_under(name, piece)) {
            Some(place) => drop(left.remove(place)),
            None => missing.push(piece),
        }
    }
    for piece in left {
        let constraint = said(&what(), &piece.said)?;
        let own: &[Name] = match constraint {
            Constraint::Unique(unique) => &unique.columns,
            Constraint::ForeignKey(key) => &key.columns,
            Constraint::Check(_) => &[],
        };
        // One of several columns is in the way of each.
        if !matches!(own, [column] if gone.contains(&column)) {
            all.push(Detected::RemoveConstraint(name.clone(), constraint.clone()));
        }
    }
    for piece in missing {
        all.push(Detected::AddConstraint(name.clone(), said(&what(), &piece.said)?.clone()));
    }
    Ok(())
}
