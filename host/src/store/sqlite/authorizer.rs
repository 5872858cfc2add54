//! What the one authorizer of a connection answers: a pure function of the phase and the question.
//!
//! It never decides by the *accessor* that SQLite names (the view or trigger on whose behalf something is read): a common table
//! expression can bear the name of any view.

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use super::scope::{Phase, Read, Recording, State};

/// Answers one question of SQLite's.
pub(super) fn authorize(state: &mut State, context: &AuthContext<'_>) -> Authorization {
    match &mut state.phase {
        Phase::Host => {
            state.facts_changed |= changes_schema(&context.action);
            Authorization::Allow
        }
        Phase::Compiling(recording) => record(recording, context),
        Phase::Running => {
            state.recompiled = true;
            Authorization::Deny
        }
    }
}

/// Records what a data statement may ask for; refuses at once what none may.
fn record(recording: &mut Recording, context: &AuthContext<'_>) -> Authorization {
    if context.database_name.is_some_and(|name| name != "main") {
        return refuse(recording, "only tables of the plugin's own database can be used, no temporary or attached ones");
    }
    match context.action {
        AuthAction::Select | AuthAction::Recursive => {}
        AuthAction::Read { table_name, column_name } => {
            let perhaps_local = column_name.is_empty() && context.database_name.is_none();
            recording.reads.insert(Read { name: table_name.to_owned(), perhaps_local });
        }
        AuthAction::Insert { table_name } | AuthAction::Update { table_name, .. } | AuthAction::Delete { table_name } => {
            recording.target.get_or_insert_with(|| table_name.to_owned());
            recording.writes.insert(table_name.to_owned());
        }
        AuthAction::Function { function_name } => {
            recording.functions.insert(function_name.to_owned());
        }
        AuthAction::Pragma { .. } => return refuse(recording, "PRAGMA is the host's"),
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => return refuse(recording, "ATTACH and DETACH are the host's"),
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => {
            return refuse(recording, "transactions and savepoints are the host's");
        }
        _ => return refuse(recording, "the schema changes through migration operations, not through SQL"),
    }
    Authorization::Allow
}

fn refuse(recording: &mut Recording, reason: &'static str) -> Authorization {
    recording.refused.get_or_insert(reason);
    Authorization::Deny
}

fn changes_schema(action: &AuthAction<'_>) -> bool {
    matches!(
        action,
        AuthAction::CreateIndex { .. }
            | AuthAction::CreateTable { .. }
            | AuthAction::CreateTrigger { .. }
            | AuthAction::CreateView { .. }
            | AuthAction::CreateVtable { .. }
            | AuthAction::DropIndex { .. }
            | AuthAction::DropTable { .. }
            | AuthAction::DropTrigger { .. }
            | AuthAction::DropView { .. }
            | AuthAction::DropVtable { .. }
            | AuthAction::AlterTable { .. }
            | AuthAction::Reindex { .. }
            | AuthAction::Analyze { .. }
    )
}
