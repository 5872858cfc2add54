//! Changes that are to be made unless they are: which of them have nothing to do.
//!
//! As for all changes of a call, what is there means the table as it is before; but what the same call takes away makes room for what it
//! adds.

use std::collections::BTreeSet;

use crate::migrate::dialect::DialectError;
use crate::model::{Change, ForeignKey, Name};

use super::super::stored::{Rule, StoredColumn};
use super::Planner;
use super::constraints::{Found, same_expression};

impl Planner<'_> {
    /// The places of the changes that have nothing to do, and say that they may.
    pub(super) fn passed_over(&self, changes: &[Change]) -> Result<BTreeSet<usize>, DialectError> {
        let mut found = BTreeSet::new();
        for (place, change) in changes.iter().enumerate() {
            if self.has_nothing_to_do(change, changes)? {
                found.insert(place);
            }
        }
        Ok(found)
    }

    fn has_nothing_to_do(&self, change: &Change, all: &[Change]) -> Result<bool, DialectError> {
        match change {
            Change::AddColumn { column, if_not_exists: true, .. } => {
                Ok(self.column(&column.name).is_ok() && !goes(column.name.as_str(), all))
            }
            Change::DropColumn { name, if_exists: true } => Ok(self.column(name).is_err()),
            Change::AddForeignKey { key, if_not_exists: true } => {
                let is_kind = |rule: &Rule| matches!(rule, Rule::ForeignKey { .. });
                self.has_constraint(key.name.as_ref(), is_kind, |column, rule| is_key(key, column, rule), all)
            }
            Change::AddUnique { unique, if_not_exists: true } => {
                let is_kind = |rule: &Rule| matches!(rule, Rule::Unique { .. });
                let says_it = |column: Option<&StoredColumn>, rule: &Rule| matches!(rule, Rule::Unique { terms } if is_over(&unique.columns, column, terms));
                self.has_constraint(unique.name.as_ref(), is_kind, says_it, all)
            }
            Change::AddCheck { check, if_not_exists: true } => {
                let is_kind = |rule: &Rule| matches!(rule, Rule::Check(_));
                let says_it = |_: Option<&StoredColumn>, rule: &Rule| matches!(rule, Rule::Check(span) if same_expression(self.table.text(span), &check.expression));
                self.has_constraint(check.name.as_ref(), is_kind, says_it, all)
            }
            Change::DropConstraint { constraint, if_exists: true } => match self.find(constraint) {
                Ok(_) => Ok(false),
                Err(DialectError::NoConstraint { .. }) => Ok(true),
                Err(error) => Err(error),
            },
            _ => Ok(false),
        }
    }

    /// Whether the table has, and keeps, a constraint of that kind and name, or, without a name, one that says the same.
    fn has_constraint(
        &self,
        name: Option<&Name>,
        is_kind: impl Fn(&Rule) -> bool,
        says_it: impl Fn(Option<&StoredColumn>, &Rule) -> bool,
        all: &[Change],
    ) -> Result<bool, DialectError> {
        let dropped: Vec<Found> = all
            .iter()
            .filter_map(|change| match change {
                Change::DropConstraint { constraint, .. } => self.find(constraint).ok(),
                _ => None,
            })
            .collect();
        let kept = self.constraints().filter(|(found, column, constraint)| {
            let over = match (&constraint.rule, column) {
                (_, Some(column)) => std::slice::from_ref(&column.name),
                (Rule::Unique { terms } | Rule::ForeignKey { columns: terms, .. }, None) => terms,
                (_, None) => &[],
            };
            !dropped.contains(found) && !over.iter().any(|column| goes(column, all))
        });
        let Some(name) = name else {
            return Ok(kept.into_iter().any(|(_, column, constraint)| says_it(column, &constraint.rule)));
        };
        let mut others = Vec::new();
        for (_, column, constraint) in kept {
            // Those have names too, and nobody means them.
            let is_none = matches!(constraint.rule, Rule::Default(_) | Rule::Collate(_) | Rule::Generated { .. } | Rule::Null);
            if is_none || !constraint.name.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(name.as_str())) {
                continue;
            }
            if is_kind(&constraint.rule) {
                return Ok(true);
            }
            others.push(self.told(column, constraint));
        }
        match others.into_iter().next() {
            None => Ok(false),
            Some(found) => Err(DialectError::ConstraintThere { table: self.name.clone(), constraint: name.clone(), found }),
        }
    }
}

/// Whether the call drops that column.
fn goes(column: &str, all: &[Change]) -> bool {
    all.iter().any(|change| matches!(change, Change::DropColumn { name, .. } if column.eq_ignore_ascii_case(name.as_str())))
}

/// Whether a constraint over `terms`, or of `column`, is over these.
fn is_over(wanted: &[Name], column: Option<&StoredColumn>, terms: &[String]) -> bool {
    let terms = column.map_or(terms, |column| std::slice::from_ref(&column.name));
    are(wanted, terms)
}

fn are(wanted: &[Name], names: &[String]) -> bool {
    wanted.len() == names.len() && wanted.iter().zip(names).all(|(one, other)| other.eq_ignore_ascii_case(one.as_str()))
}

/// Whether a rule is that key: from the same columns to the same, with the same actions.
fn is_key(key: &ForeignKey, column: Option<&StoredColumn>, rule: &Rule) -> bool {
    let Rule::ForeignKey { columns, reference } = rule else { return false };
    is_over(&key.columns, column, columns)
        && reference.table.eq_ignore_ascii_case(key.target_table.as_str())
        && are(&key.target_columns, &reference.columns)
        && (reference.on_delete, reference.on_update, reference.deferred) == (key.on_delete, key.on_update, key.deferred)
}
