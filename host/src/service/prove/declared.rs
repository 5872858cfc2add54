//! What a plugin declares, as the texts that a database would keep of it say it.

use crate::migrate::DialectError;
use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::migrate::difference::Facts;
use crate::migrate::shape::Shapes;
use crate::model::{Manifest, Name, ObjectKind, Operation};
use crate::service::replay::{facts_of, shapes_of};

use super::Unproven;

/// The facts of all tables, indexes, views and triggers that a plugin declares.
///
/// # Errors
/// One of them cannot be made.
pub(super) fn facts(manifest: &Manifest) -> Result<Facts, Unproven> {
    let texts = texts(manifest)?;
    Ok(facts_of(texts.iter().map(|(kind, name, text)| (*kind, *name, text.as_str())))?)
}

/// The same, piece by piece, each as the plugin says it.
///
/// # Errors
/// As for [`facts`].
pub(super) fn shapes(manifest: &Manifest) -> Result<Shapes, Unproven> {
    let texts = texts(manifest)?;
    let mut shapes = shapes_of(texts.iter().map(|(kind, name, text)| (*kind, *name, text.as_str())))?;
    for table in &manifest.tables {
        if let Some(shape) = shapes.tables.get_mut(&table.name) {
            shape.said_by(table);
        }
    }
    Ok(shapes)
}

fn texts(manifest: &Manifest) -> Result<Vec<(ObjectKind, &Name, String)>, Unproven> {
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
    Ok(texts)
}

fn made(operation: Operation) -> Result<Vec<String>, DialectError> {
    SQLITE.statements(&operation)
}
