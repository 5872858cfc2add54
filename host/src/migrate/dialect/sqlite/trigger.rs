//! CREATE TRIGGER.

use crate::migrate::dialect::DialectError;
use crate::model::schema::{Timing, TriggerEvent};
use crate::model::sql::{SqlTextError, identifier, identifiers};
use crate::model::{Name, Trigger};

use super::sql_text::{expression, with_parameters};
use super::table::exists;

/// `CREATE TRIGGER name AFTER INSERT ON table WHEN condition BEGIN …; END`.
pub(super) fn create(trigger: &Trigger, if_not_exists: bool) -> Result<String, DialectError> {
    let text = |error: SqlTextError| DialectError::Text { subject: format!("the condition of trigger {}", trigger.name), error };
    let timing = match trigger.timing {
        Timing::Before => "BEFORE",
        Timing::After => "AFTER",
        Timing::InsteadOf => "INSTEAD OF",
    };
    let event = match trigger.event {
        TriggerEvent::Insert => "INSERT".to_owned(),
        TriggerEvent::Delete => "DELETE".to_owned(),
        TriggerEvent::Update if trigger.of.is_empty() => "UPDATE".to_owned(),
        TriggerEvent::Update => format!("UPDATE OF {}", identifiers(&trigger.of)),
    };
    let condition = match &trigger.condition {
        None => String::new(),
        Some(condition) => format!(" WHEN {}", expression(condition).map_err(text)?),
    };
    if trigger.body.is_empty() {
        return Err(DialectError::NothingNamed { subject: format!("the body of trigger {}", trigger.name) });
    }
    let body: Vec<String> = trigger.body.iter().map(|sql| with_parameters(sql, &[])).collect::<Result<_, _>>()?;
    let (exists, name, table) = (exists(if_not_exists), identifier(trigger.name.as_str()), identifier(trigger.table.as_str()));
    Ok(format!("CREATE TRIGGER {exists}{name} {timing} {event} ON {table} FOR EACH ROW{condition} BEGIN {}; END", body.join("; ")))
}

/// A statement that fires it.
pub(super) fn fires(trigger: &Trigger, columns: &[Name]) -> String {
    let table = identifier(trigger.table.as_str());
    let columns = if trigger.of.is_empty() { columns } else { &trigger.of };
    match trigger.event {
        TriggerEvent::Insert => {
            format!("INSERT INTO {table} ({}) VALUES ({})", identifiers(columns), vec!["NULL"; columns.len()].join(", "))
        }
        TriggerEvent::Delete => format!("DELETE FROM {table}"),
        TriggerEvent::Update => {
            let sets: Vec<String> = columns.iter().map(|column| format!("{0} = {0}", identifier(column.as_str()))).collect();
            format!("UPDATE {table} SET {}", sets.join(", "))
        }
    }
}
