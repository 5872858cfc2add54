//! Names of tables, columns, indexes and constraints, and ids of revisions, as the host accepts them.

use syn::{Error, LitStr};

/// Refuses a text that the host would not take for the name of a table, column, index or constraint.
pub(crate) fn require_object_name(text: &LitStr) -> syn::Result<()> {
    object_name(&text.value()).map_err(|message| Error::new(text.span(), message))
}

/// Why the text cannot name a table, column, index or constraint.
///
/// # Source
/// The rule is that of the host: 63 bytes so that a schema can move to PostgreSQL, no quotes so that no name can leave its own.
pub(crate) fn object_name(name: &str) -> Result<(), String> {
    let bad = |c: char| c.is_control() || matches!(c, '"' | '\'' | '`' | '[' | ']');
    if name.is_empty() || name.len() > 63 || name.trim() != name || name.contains(bad) {
        return Err(format!("{name:?} cannot name a table or column: use 1 to 63 bytes without control characters or quotes"));
    }
    let reserved = |prefix: &&str| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    match ["sqlite_", "pragma_", "tenon_", "pg_"].into_iter().find(reserved) {
        Some(prefix) => Err(format!("{name:?} begins with `{prefix}`, which is reserved: choose another name")),
        None => Ok(()),
    }
}

/// Whether the text is a revision's id: `[A-Za-z0-9_]`, 1 to 64 characters.
pub(crate) fn is_revision_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether the text is a plugin's name: `[a-z][a-z0-9-]*`, at most 63 characters.
pub(crate) fn is_plugin_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let head = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
    head && name.len() <= 63 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_names_are_those_of_the_host() {
        for good in ["users", "Order Lines", "größe"] {
            assert!(object_name(good).is_ok(), "{good}");
        }
        for bad in ["", " users", "a\"b", "a\nb", "sqlite_x", "TENON_ledger", "pragma_x", "pg_class"] {
            assert!(object_name(bad).is_err(), "{bad}");
        }
    }
}
