//! Renames, as the author says them with `renamed_from`.

use std::collections::BTreeMap;

use crate::migrate::shape::{Shapes, TableShape};
use crate::model::{Name, Table};

use super::{Detected, Unwritable};

/// What was renamed: the old name is there, and the new one is not, or is itself renamed. One that stays in the model when it is done says
/// nothing more: its new name is there.
///
/// # Shape
/// In an order in which each finds its new name free.
/// # Errors
/// Names that change places: whether they have already, nobody can tell.
pub fn renames(declared: &[Table], found: &Shapes) -> Result<Vec<Detected>, Unwritable> {
    let mut tables: BTreeMap<Name, &TableShape> = found.tables.iter().map(|(name, shape)| (name.clone(), shape)).collect();
    let said = declared.iter().filter_map(|table| Some((table.renamed_from.clone()?, table.name.clone()))).collect();
    let mut all = Vec::new();
    for (old, new) in in_order(said, &mut tables).map_err(|(one, other)| in_a_circle(format!("table {one}"), &other))? {
        all.push(Detected::RenameTable(old, new));
    }
    for table in declared {
        let Some(shape) = tables.get(&table.name) else { continue };
        let mut columns: BTreeMap<Name, ()> = shape.columns.iter().map(|column| (column.name.clone(), ())).collect();
        let said = table.columns.iter().filter_map(|column| Some((column.renamed_from.clone()?, column.name.clone()))).collect();
        let what = |(one, other): (Name, Name)| in_a_circle(format!("column {}.{one}", table.name), &other);
        for (old, new) in in_order(said, &mut columns).map_err(what)? {
            all.push(Detected::RenameColumn(table.name.clone(), old, new));
        }
    }
    Ok(all)
}

fn in_a_circle(what: String, other: &Name) -> Unwritable {
    let why = format!(
        "it and {other} were renamed from each other, and whether they have their names already cannot be told; take both \
         renamed_from away"
    );
    Unwritable { table: None, what, why }
}

/// Those that are still to be done, each where its new name is free; what has the old names has the new ones afterwards.
///
/// # Errors
/// Two that stand in a circle.
fn in_order<T>(mut said: Vec<(Name, Name)>, there: &mut BTreeMap<Name, T>) -> Result<Vec<(Name, Name)>, (Name, Name)> {
    said.retain(|(old, new)| old != new);
    let mut order = Vec::new();
    while let Some(place) = said.iter().position(|(old, new)| there.contains_key(old) && !there.contains_key(new)) {
        let (old, new) = said.remove(place);
        if let Some(what) = there.remove(&old) {
            there.insert(new.clone(), what);
        }
        order.push((old, new));
    }
    said.retain(|(old, _)| there.contains_key(old));
    for (old, new) in &said {
        let mut at = new;
        for _ in 0..said.len() {
            if at == old {
                return Err((new.clone(), old.clone()));
            }
            let Some((_, next)) = said.iter().find(|(from, _)| from == at) else { break };
            at = next;
        }
    }
    Ok(order)
}
