//! Renames, as the author says them with `renamed_from`.

use crate::migrate::shape::Shapes;
use crate::model::Table;

use super::Detected;

/// What was renamed: the old name is there and no longer declared, and the new one is declared and not there.
pub fn renames(declared: &[Table], found: &Shapes) -> Vec<Detected> {
    let mut all: Vec<Detected> = Vec::new();
    for table in declared {
        let mut there = found.tables.get(&table.name);
        if let Some(old) = &table.renamed_from
            && there.is_none()
            && !declared.iter().any(|other| other.name == *old)
            && let Some(before) = found.tables.get(old)
        {
            let rename = Detected::RenameTable(old.clone(), table.name.clone());
            let taken = all.iter().any(|other| matches!(other, Detected::RenameTable(name, _) if name == old));
            if !taken {
                all.push(rename);
                there = Some(before);
            }
        }
        let Some(there) = there else { continue };
        let mut taken = Vec::new();
        for column in &table.columns {
            if let Some(old) = &column.renamed_from
                && there.column(old).is_some()
                && there.column(&column.name).is_none()
                && table.column(old).is_none()
                && !taken.contains(&old)
            {
                taken.push(old);
                all.push(Detected::RenameColumn(table.name.clone(), old.clone(), column.name.clone()));
            }
        }
    }
    all
}
