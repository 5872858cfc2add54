//! What no field and no setting can tell alone.

use proc_macro2::TokenStream;
use syn::{Error, LitStr};

use super::field::Field;
use super::reference::Actions;
use super::table::{TableSettings, once};
use crate::settings::Errors;

/// The columns that come with every entity. None may hold NULL; all but the first have a default.
const COMMON: [&str; 4] = ["id", "created_at", "updated_at", "tags"];

/// Finds what does not fit together; answers what only the compiler can tell. `whole` is false when a field is missing here because of
/// a mistake in it: then nothing is said to be missing.
pub(super) fn check(table: &TableSettings, fields: &[Field], whole: bool, errors: &mut Errors) -> Vec<TokenStream> {
    let mut proofs = Vec::new();
    for (i, field) in fields.iter().enumerate() {
        if fields[..i].iter().any(|other| other.column.eq_ignore_ascii_case(&field.column)) {
            errors.say(&field.ident, format!("column {:?} is there twice: give one of them another `rename`", field.column));
        }
        if !table.plain && is_common(&field.column) {
            let message = format!("`{}` comes with every entity: leave it out, or write #[entity(plain)] on the struct", field.column);
            errors.say(&field.ident, message);
        }
        match field.key {
            Some(span) if !table.plain => {
                errors.push(Error::new(span, "an entity is keyed by `id`: leave `key` out, or write #[entity(plain)] on the struct"));
            }
            Some(span) => proofs.push(field.require_nullable(false, span, "a key cannot be NULL: write the type without Option")),
            None => {}
        }
        if let Some(actions) = field.actions() {
            demands(&field.column, actions, table, fields, errors, &mut proofs);
        }
    }
    if whole && table.plain && fields.iter().all(|field| field.key.is_none()) {
        errors.push(Error::new(table.span, "a plain table says what its key is: write #[entity(key)] on one field or more"));
    }
    if whole {
        table.mentioned.iter().for_each(|column| require_column(column, table, fields, errors));
    }
    for (column, actions) in &table.demands {
        demands(&column.value(), actions, table, fields, errors, &mut proofs);
    }
    let own = fields.iter().filter_map(|field| field.index_name(&table.name));
    let own: Vec<LitStr> = own.filter_map(|name| errors.keep(name)).collect();
    once("index", own.iter().chain(&table.indexes), errors);
    proofs
}

fn is_common(column: &str) -> bool {
    COMMON.iter().any(|common| common.eq_ignore_ascii_case(column))
}

fn require_column(column: &LitStr, table: &TableSettings, fields: &[Field], errors: &mut Errors) {
    let name = column.value();
    let common = !table.plain && is_common(&name);
    if !common && !fields.iter().any(|field| field.column.eq_ignore_ascii_case(&name)) {
        let hint = if name.contains('(') { format!("; an expression stands in parentheses: write \"({name})\"") } else { String::new() };
        errors.say(column, format!("the struct has no column {name:?}{hint}"));
    }
}

/// What the actions of a foreign key need of a column: that it can become NULL, that it has a default. Of a column that is not there
/// nothing is said; that it is missing is a mistake of its own.
fn demands(column: &str, actions: &Actions, table: &TableSettings, fields: &[Field], errors: &mut Errors, proofs: &mut Vec<TokenStream>) {
    const NULL: &str = "\"set-null\" needs a column that may hold NULL: write the type as Option<..>";
    const DEFAULT: &str = "\"set-default\" needs a default: write `default = ..` on the field, or \"set-null\"";
    let field = fields.iter().find(|field| field.column.eq_ignore_ascii_case(column));
    let common = !table.plain && is_common(column);
    if let Some(action) = actions.find("set-null") {
        match field {
            Some(field) => proofs.push(field.require_nullable(true, action.span(), NULL)),
            None if common => errors.push(Error::new(action.span(), format!("{column:?} is never NULL: choose another action"))),
            None => {}
        }
    }
    if let Some(action) = actions.find("set-default") {
        match field {
            Some(field) if !field.has_default => errors.push(Error::new(action.span(), DEFAULT)),
            None if common && column.eq_ignore_ascii_case("id") => {
                errors.push(Error::new(action.span(), "`id` has no default: choose another action"));
            }
            _ => {}
        }
    }
}
