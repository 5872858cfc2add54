//! Settings that an operator may give a plugin.

use serde::Serialize;

use crate::model::ColumnType;

/// A setting that a plugin asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Letters, digits, `-`, `_` and `.`, at most 63.
    pub key: String,
    /// What its value must be.
    pub data_type: ColumnType,
    /// Its value, as text, when the operator gives none.
    pub default: Option<String>,
    /// Its value is never shown.
    pub secret: bool,
    /// The plugin cannot answer without it.
    pub required: bool,
    /// For the operator.
    pub comment: Option<String>,
}
