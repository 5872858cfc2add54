//! Tables, their parts, indexes and triggers, as the SDK's builders make them.

use std::ops::Range;

use super::super::terms;
use super::Writer;
use super::words::{attribute, name, named, names, text, value};
use crate::model::schema::{IndexKey, IndexTerm, Timing, TriggerEvent};
use crate::model::{Check, Column, ColumnType, Default, ForeignKey, Index, Name, ReferenceAction, Table, Trigger, Unique, Value};

impl Writer {
    /// None of one that brings its indexes along: they are operations of their own.
    pub(super) fn table(&mut self, table: &Table) -> Option<String> {
        if !table.indexes.is_empty() {
            return None;
        }
        let mut made = format!("{}::new({})", self.uses("Table"), name(&table.name));
        let entity = entity_columns(table);
        for (place, column) in table.columns.iter().enumerate() {
            match entity.as_ref().filter(|all| all.contains(&place)) {
                Some(all) if all.start == place => made.push_str(".entity_columns()"),
                Some(_) => {}
                None => made.push_str(&format!(".column({})", self.column(column))),
            }
        }
        if entity.is_none() && !table.primary_key.is_empty() {
            made.push_str(&format!(".primary_key({})", names(&table.primary_key)));
        }
        for key in &table.foreign_keys {
            made.push_str(&format!(".foreign_key({})", self.foreign_key(key)));
        }
        for unique in &table.uniques {
            made.push_str(&format!(".unique({})", self.unique(unique)));
        }
        for check in &table.checks {
            made.push_str(&format!(".check({})", self.check(check)));
        }
        let options = [("strict", table.strict), ("without-rowid", table.without_rowid), ("autoincrement", table.autoincrement)];
        for (key, _) in options.into_iter().filter(|(_, set)| *set) {
            made.push_str(&attribute(key, "true"));
        }
        Some(made)
    }

    pub(super) fn column(&mut self, column: &Column) -> String {
        let own = name(&column.name);
        let constructor = match &column.data_type {
            ColumnType::Decimal { precision, scale } => format!("decimal({own}, {precision}, {scale})"),
            ColumnType::String(Some(_)) | ColumnType::Enum(_) => format!("new({own}, {})", text(&column.data_type.to_string())),
            plain => format!("{plain}({own})"),
        };
        let mut made = format!("{}::{constructor}", self.uses("Column"));
        if !column.nullable {
            made.push_str(".not_null()");
        }
        match &column.default {
            None => {}
            Some(Default::Value(default)) => made.push_str(&format!(".default({})", value(default))),
            Some(Default::Expression(default)) => made.push_str(&format!(".default_expression({})", text(default))),
        }
        if let Some(collate) = &column.collate {
            made.push_str(&format!(".collate({})", text(collate)));
        }
        if let Some(generated) = &column.generated {
            made.push_str(&attribute("generated", &text(&generated.expression)));
            made.push_str(if generated.stored { ".attribute(\"stored\", true)" } else { "" });
        }
        made
    }

    pub(super) fn foreign_key(&mut self, key: &ForeignKey) -> String {
        let of = self.uses("ForeignKey");
        let mut made = match (&key.columns[..], &key.target_columns[..]) {
            ([column], [target]) => format!("{of}::new({}, {}, {})", name(column), name(&key.target_table), name(target)),
            (columns, targets) => format!("{of}::composite({}, {}, {})", names(columns), name(&key.target_table), names(targets)),
        };
        made.push_str(&named(key.name.as_ref()));
        for (function, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
            if action != ReferenceAction::NoAction {
                made.push_str(&format!(".{function}({}::{action:?})", self.uses("ReferenceAction")));
            }
        }
        made.push_str(if key.deferred { ".deferred()" } else { "" });
        made
    }

    pub(super) fn unique(&mut self, unique: &Unique) -> String {
        format!("{}::on({}){}", self.uses("Unique"), names(&unique.columns), named(unique.name.as_ref()))
    }

    pub(super) fn check(&mut self, check: &Check) -> String {
        format!("{}::new({}){}", self.uses("Check"), text(&check.expression), named(check.name.as_ref()))
    }

    pub(super) fn index(&mut self, table: &Name, index: &Index) -> String {
        let plain = |term: &IndexTerm| match &term.key {
            IndexKey::Column(column) if term.collate.is_none() && !term.descending => Some(column.clone()),
            _ => None,
        };
        let columns: Option<Vec<Name>> = index.terms.iter().map(plain).collect();
        let by_columns = columns.filter(|columns| {
            let joined: Vec<&str> = columns.iter().map(Name::as_str).collect();
            index.name.as_str() == format!("ix_{table}_{}", joined.join("_"))
        });
        let of = self.uses("Index");
        let mut made = match by_columns {
            Some(columns) => format!("{of}::on({}, {})", name(table), names(&columns)),
            None => {
                let terms: Vec<String> = index.terms.iter().map(|term| text(&terms::term(term))).collect();
                format!("{of}::new({}, [{}])", name(&index.name), terms.join(", "))
            }
        };
        made.push_str(if index.unique { ".unique()" } else { "" });
        if let Some(filter) = &index.filter {
            made.push_str(&format!(".filter({})", text(filter)));
        }
        made
    }

    pub(super) fn trigger(&mut self, trigger: &Trigger) -> String {
        let timing = match trigger.timing {
            Timing::Before => "before",
            Timing::After => "after",
            Timing::InsteadOf => "instead-of",
        };
        let event = match trigger.event {
            TriggerEvent::Insert => "insert",
            TriggerEvent::Update => "update",
            TriggerEvent::Delete => "delete",
        };
        let body: Vec<String> = trigger.body.iter().map(|sql| text(sql)).collect();
        let mut made = format!(
            "{}::new({}, {}, {}, {}, [{}])",
            self.uses("Trigger"),
            name(&trigger.name),
            name(&trigger.table),
            text(timing),
            text(event),
            body.join(", ")
        );
        for column in &trigger.of {
            made.push_str(&attribute("of", &name(column)));
        }
        if let Some(condition) = &trigger.condition {
            made.push_str(&attribute("condition", &text(condition)));
        }
        made
    }
}

/// The columns that `entity_columns` adds.
const ENTITY: [(&str, ColumnType, Option<&str>); 4] = [
    ("id", ColumnType::Ulid, None),
    ("created_at", ColumnType::Timestamp, Some("CURRENT_TIMESTAMP")),
    ("updated_at", ColumnType::Timestamp, Some("CURRENT_TIMESTAMP")),
    ("tags", ColumnType::Json, Some("[]")),
];

/// Where the columns of every entity stand in a table that has them, together and in their order, and their key.
fn entity_columns(table: &Table) -> Option<Range<usize>> {
    let is_key = matches!(&table.primary_key[..], [key] if *key == *"id") && !table.autoincrement;
    let start = table.columns.windows(ENTITY.len()).position(|columns| columns.iter().zip(&ENTITY).all(is_of_entity)).filter(|_| is_key)?;
    Some(start..start + ENTITY.len())
}

fn is_of_entity((column, (name, data_type, default)): (&Column, &(&str, ColumnType, Option<&str>))) -> bool {
    let same_default = match (&column.default, default) {
        (None, None) => true,
        (Some(Default::Expression(found) | Default::Value(Value::Text(found))), Some(wanted)) => found == wanted,
        _ => false,
    };
    let is_plain = !column.nullable && column.collate.is_none() && column.generated.is_none();
    column.name.as_str() == *name && column.data_type == *data_type && same_default && is_plain
}
