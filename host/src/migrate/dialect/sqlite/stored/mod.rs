//! A table's text as SQLite keeps it, read into its parts; each part knows where in the text it stands.
//!
//! A rebuild changes what an operation names and nothing else, so it edits this text instead of writing a new one from a model: what the
//! model has no word for (`ON CONFLICT`, an unnamed CHECK, a comment, odd quotes) stays as it is, byte by byte.
//!
//! `read.rs` reads, `edit.rs` changes, `facts.rs` says what two texts can be compared by, and
//! `shape.rs` what declares each piece.

mod edit;
mod facts;
mod read;
mod shape;

#[cfg(test)]
mod edit_tests;
#[cfg(test)]
mod facts_tests;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

use crate::model::ReferenceAction;
use crate::model::sql::tokens;

pub(super) use edit::{Edits, Place};
pub(super) use facts::facts;
pub(super) use shape::shape;

/// Bytes of the text.
pub(super) type Span = Range<usize>;

/// A stored text that is none of an ordinary table, or that this does not understand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("its stored text has {expected} missing at byte {at}")]
pub struct StoredError {
    /// What should stand there.
    pub expected: &'static str,
    /// Where.
    pub at: usize,
}

/// A table as its text says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredTable {
    /// `CREATE TABLE …`.
    pub(super) sql: String,
    /// Where its name stands.
    pub(super) name: Span,
    /// In order; at least one.
    pub(super) columns: Vec<StoredColumn>,
    /// Those that stand after the columns, in order.
    pub(super) constraints: Vec<StoredConstraint>,
    /// STRICT.
    pub(super) strict: bool,
    /// WITHOUT ROWID.
    pub(super) without_rowid: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredColumn {
    /// Without quotes.
    pub(super) name: String,
    /// All of it, from its name on.
    pub(super) span: Span,
    /// Where its name ends.
    pub(super) name_end: usize,
    /// Its declared type, if it has one.
    pub(super) data_type: Option<Span>,
    /// In order.
    pub(super) constraints: Vec<StoredConstraint>,
}

/// A constraint, of a column or of the table, and what SQLite's grammar counts as one: a default, a collation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredConstraint {
    /// What stands after CONSTRAINT, without quotes.
    pub(super) name: Option<String>,
    /// All of it, from CONSTRAINT on.
    pub(super) span: Span,
    /// What it asks for.
    pub(super) rule: Rule,
}

/// What a constraint asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    /// `NULL`, which means nothing.
    Null,
    NotNull,
    /// Of a column: no terms.
    PrimaryKey {
        terms: Vec<String>,
        descending: bool,
        autoincrement: bool,
    },
    /// Of a column: no terms.
    Unique {
        terms: Vec<String>,
    },
    /// What stands between the parentheses.
    Check(Span),
    /// The value, with its parentheses.
    Default(Span),
    Collate(String),
    /// Of a column: no columns.
    ForeignKey {
        columns: Vec<String>,
        reference: StoredReference,
    },
    Generated {
        /// What stands between the parentheses.
        expression: Span,
        stored: bool,
    },
    /// `DEFERRABLE …` apart from the foreign key before it, of which it is a part.
    Deferral(bool),
    /// `CONSTRAINT x` with nothing after it.
    Nothing,
}

/// Where a foreign key leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredReference {
    pub(super) table: String,
    /// None: its primary key.
    pub(super) columns: Vec<String>,
    pub(super) on_delete: ReferenceAction,
    pub(super) on_update: ReferenceAction,
    pub(super) deferred: bool,
}

impl StoredTable {
    /// Reads the text.
    ///
    /// # Errors
    /// It is no ordinary table's: a virtual one, or damaged.
    pub(super) fn read(sql: &str) -> Result<Self, StoredError> {
        read::table(sql)
    }

    /// What stands there.
    pub(super) fn text(&self, span: &Span) -> &str {
        &self.sql[span.clone()]
    }

    /// Its name, without quotes.
    pub(super) fn name_text(&self) -> String {
        let name = tokens(self.text(&self.name)).ok().and_then(|all| all.first().and_then(|token| token.name().map(Cow::into_owned)));
        name.unwrap_or_default()
    }

    /// The column of that name, whatever its case.
    pub(super) fn column(&self, name: &str) -> Option<&StoredColumn> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The columns of the primary key, in its order; empty when there is none.
    pub(super) fn primary_key(&self) -> Vec<&str> {
        for column in &self.columns {
            if column.constraints.iter().any(|constraint| matches!(constraint.rule, Rule::PrimaryKey { .. })) {
                return vec![&column.name];
            }
        }
        let of_table = self.constraints.iter().find_map(|constraint| match &constraint.rule {
            Rule::PrimaryKey { terms, .. } => Some(terms),
            _ => None,
        });
        of_table.into_iter().flatten().map(String::as_str).collect()
    }

    /// Whether it counts by itself.
    pub(super) fn autoincrement(&self) -> bool {
        let all = self.columns.iter().flat_map(|column| &column.constraints).chain(&self.constraints);
        all.into_iter().any(|constraint| matches!(constraint.rule, Rule::PrimaryKey { autoincrement: true, .. }))
    }

    /// The column that is another name of the rowid.
    ///
    /// # Source
    /// <https://sqlite.org/lang_createtable.html#rowid>: also why `INTEGER PRIMARY KEY DESC` in a column is none, and elsewhere is.
    pub(super) fn rowid_alias(&self) -> Option<&StoredColumn> {
        let [key] = self.primary_key()[..] else { return None };
        let column = self.column(key)?;
        let descending = |constraint: &StoredConstraint| matches!(constraint.rule, Rule::PrimaryKey { descending: true, .. });
        let is_integer = column.data_type.as_ref().is_some_and(|span| self.text(span).eq_ignore_ascii_case("INTEGER"));
        (is_integer && !self.without_rowid && !column.constraints.iter().any(descending)).then_some(column)
    }

    /// A name by which the rowid can be asked for: no column has it. None where the table has no rowid.
    pub(super) fn rowid_name(&self) -> Option<&'static str> {
        let free = |name: &&str| self.column(name).is_none();
        ["rowid", "_rowid_", "oid"].into_iter().find(|name| !self.without_rowid && free(name))
    }
}

impl StoredColumn {
    /// The constraint of the first such rule.
    pub(super) fn rule(&self, is: impl Fn(&Rule) -> bool) -> Option<&StoredConstraint> {
        self.constraints.iter().find(|constraint| is(&constraint.rule))
    }

    /// Whether it is computed from others.
    pub(super) fn is_generated(&self) -> bool {
        self.rule(|rule| matches!(rule, Rule::Generated { .. })).is_some()
    }
}
