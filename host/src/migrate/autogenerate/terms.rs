//! What an index is over, in words.

use crate::model::Index;
use crate::model::schema::{IndexKey, IndexTerm};

/// As the SDK's `Index::new` takes it.
pub(super) fn term(term: &IndexTerm) -> String {
    let mut written = match &term.key {
        IndexKey::Column(column) => column.to_string(),
        IndexKey::Expression(expression) => format!("({expression})"),
    };
    if let Some(collate) = &term.collate {
        written.push_str(&format!(" COLLATE {collate}"));
    }
    written.push_str(if term.descending { " DESC" } else { "" });
    written
}

/// `(a, (lower(b)) DESC) WHERE c > 0`, for a person.
pub(super) fn shown(index: &Index) -> String {
    let terms: Vec<String> = index.terms.iter().map(term).collect();
    let filter = index.filter.as_ref().map(|filter| format!(" WHERE {filter}")).unwrap_or_default();
    format!("({}){filter}", terms.join(", "))
}
