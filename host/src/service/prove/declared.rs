//! What a plugin declares, as the texts that a database would keep of it say it.

use crate::migrate::DialectError;
use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::migrate::difference::Facts;
use crate::model::{Manifest, Name, ObjectKind, Operation};
use crate::service::replay::{ReplayError, facts_of};

use super::Unproven;

/// The facts of all tables, indexes, views and triggers that a plugin declares.
///
/// # Errors
/// One of them cannot be made.
pub(super) fn facts(manifest: &Manifest) -> Result<Facts, Unproven> {
    let mut texts: Vec<(ObjectKind, &Name, String)> = Vec::new();
    for table in &manifest.tables {
        let mut made = made(Operation::CreateTable { table: table.clone(), if_not_exists: false })?.into_iter();
        texts.extend(made.next().map(|text| (ObjectKind::Table, &table.name, text)));
        texts.extend(table.indexes.iter().zip(made).map(|(index, text)| (ObjectKind::Index, &index.name, text)));
    }
    for view in &manifest.views {
        let made = made(Operation::CreateView { view: view.clone(), if_not_exists: false })?;
        texts.extend(made.into_iter().map(|text| (ObjectKind::View, &view.name, text)));
    }
    for trigger in &manifest.triggers {
        let made = made(Operation::CreateTrigger { trigger: trigger.clone(), if_not_exists: false })?;
        texts.extend(made.into_iter().map(|text| (ObjectKind::Trigger, &trigger.name, text)));
    }
    let facts: Result<Facts, ReplayError> = facts_of(texts.iter().map(|(kind, name, text)| (*kind, *name, text.as_str())));
    Ok(facts?)
}

fn made(operation: Operation) -> Result<Vec<String>, DialectError> {
    SQLITE.statements(&operation)
}
