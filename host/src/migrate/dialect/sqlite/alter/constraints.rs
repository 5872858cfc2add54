//! Changes of constraints that are there: the primary key set anew, and others found and dropped.

use crate::migrate::dialect::DialectError;
use crate::model::sql::{identifier, identifiers, tokens};
use crate::model::{ConstraintOf, Name};

use super::super::stored::{Rule, StoredColumn, StoredConstraint};
use super::Planner;

impl<'a> Planner<'a> {
    pub(super) fn set_primary_key(&mut self, columns: &'a [Name], autoincrement: bool) -> Result<(), DialectError> {
        let refuse = |reason| Err(DialectError::Autoincrement { table: self.name.clone(), reason });
        if columns.is_empty() && self.table.without_rowid {
            return Err(DialectError::NothingNamed { subject: format!("the primary key of table {}, which is WITHOUT ROWID,", self.name) });
        }
        if autoincrement && (columns.len() != 1 || self.table.without_rowid) {
            return refuse("the primary key must be one column of a table with rowids");
        }
        for (place, column) in self.table.columns.iter().enumerate() {
            for (constraint, _) in column.constraints.iter().enumerate().filter(|(_, one)| matches!(one.rule, Rule::PrimaryKey { .. })) {
                self.edits.drop_rule(place, constraint);
            }
        }
        for (constraint, _) in self.table.constraints.iter().enumerate().filter(|(_, one)| matches!(one.rule, Rule::PrimaryKey { .. })) {
            self.edits.drop_constraint(constraint);
        }
        self.new_key = true;
        let mut all_old = true;
        for name in columns {
            let Ok((place, _)) = self.column(name) else {
                if !self.added.iter().any(|added| &added.name == name) {
                    return Err(DialectError::NoColumn { table: self.name.clone(), column: name.clone() });
                }
                all_old = false;
                continue;
            };
            if !autoincrement {
                self.require_not_null(place);
            }
            if self.table.primary_key().len() != columns.len() || !self.is_key(name) {
                self.ask_not_null(name.as_str(), &format!("column {}.{name}, of the primary key,", self.name));
            }
        }
        if let ([name], true) = (columns, autoincrement) {
            let Ok((place, column)) = self.column(name) else {
                return refuse("the primary key must be a column that is there");
            };
            let text = column.data_type.as_ref().map(|span| self.table.text(span).to_ascii_uppercase());
            if !matches!(text.as_deref(), Some("INTEGER" | "BIGINT")) {
                return refuse("the primary key must be an integer or bigint");
            }
            self.edits.set_type(place, "INTEGER");
            self.edits.add_rule(place, "PRIMARY KEY AUTOINCREMENT");
        } else if !columns.is_empty() {
            self.edits.add_constraint(format!("PRIMARY KEY ({})", identifiers(columns)));
        }
        if !columns.is_empty() && all_old && !columns.iter().map(Name::as_str).eq(self.table.primary_key()) {
            self.ask_each_once("the primary key", &columns.iter().map(Name::as_str).collect::<Vec<_>>());
        }
        self.must_rebuild("SQLite changes no primary key in place");
        Ok(())
    }

    fn is_key(&self, name: &Name) -> bool {
        self.table.primary_key().iter().any(|key| key.eq_ignore_ascii_case(name.as_str()))
    }

    pub(super) fn drop_constraint(&mut self, constraint: &ConstraintOf) -> Result<(), DialectError> {
        let found = self.find(constraint)?;
        let dropped = match found {
            Found::OfTable(place) => &self.table.constraints[place],
            Found::OfColumn(column, place) => &self.table.columns[column].constraints[place],
        };
        if matches!(dropped.rule, Rule::PrimaryKey { .. }) && self.table.without_rowid {
            return Err(DialectError::NothingNamed { subject: format!("the primary key of table {}, which is WITHOUT ROWID,", self.name) });
        }
        let has = |name: &str, other: &StoredConstraint| other.name.as_deref().is_some_and(|other| other.eq_ignore_ascii_case(name));
        match (&dropped.name, &dropped.rule) {
            // SQLite drops the first that it finds.
            (Some(name), _) if self.constraints().filter(|(_, _, other)| has(name, other)).count() > 1 => {
                self.must_rebuild(format!("another constraint of the table is called {name}, too"));
            }
            (Some(name), Rule::Check(_) | Rule::NotNull) => {
                let sql = format!("{} DROP CONSTRAINT {}", self.alter_table(), identifier(name));
                self.natively(sql, "ALTER TABLE … DROP CONSTRAINT");
            }
            _ => self.must_rebuild("SQLite drops no such constraint in place"),
        }
        let is_key = matches!(dropped.rule, Rule::ForeignKey { .. });
        match found {
            Found::OfTable(place) => {
                self.dropped.insert(place);
                self.edits.drop_constraint(place);
            }
            Found::OfColumn(column, place) => {
                self.drop_rule(column, place);
                // What is said apart of when it is checked is a part of a key.
                let rules = self.table.columns[column].constraints.iter().enumerate().skip(place + 1);
                let rest = rules.take_while(|(_, rule)| is_key && !matches!(rule.rule, Rule::ForeignKey { .. }));
                let deferrals: Vec<usize> =
                    rest.filter(|(_, rule)| matches!(rule.rule, Rule::Deferral(_))).map(|(place, _)| place).collect();
                deferrals.into_iter().for_each(|place| self.drop_rule(column, place));
            }
        }
        Ok(())
    }

    pub(super) fn drop_rule(&mut self, column: usize, rule: usize) {
        self.edits.drop_rule(column, rule);
        self.dropped_rules.insert((column, rule));
    }

    /// The table's constraints, then those of its columns.
    pub(super) fn constraints(&self) -> impl Iterator<Item = (Found, Option<&'a StoredColumn>, &'a StoredConstraint)> + use<'a> {
        let table = self.table;
        let of_table = table.constraints.iter().enumerate().map(|(place, constraint)| (Found::OfTable(place), None, constraint));
        let of_columns = table.columns.iter().enumerate().flat_map(|(at, column)| {
            column.constraints.iter().enumerate().map(move |(place, constraint)| (Found::OfColumn(at, place), Some(column), constraint))
        });
        of_table.chain(of_columns)
    }

    /// The constraint that is meant. Of several that say the same, the first; a name must be that of one.
    pub(super) fn find(&self, wanted: &ConstraintOf) -> Result<Found, DialectError> {
        let same = |names: &[String], wanted: &[Name]| {
            names.len() == wanted.len() && names.iter().zip(wanted).all(|(one, other)| one.eq_ignore_ascii_case(other.as_str()))
        };
        let is = |column: Option<&StoredColumn>, rule: &Rule, name: Option<&str>| match (wanted, rule) {
            // Those have names too, and are none that anybody drops by it.
            (ConstraintOf::Name(_), Rule::Default(_) | Rule::Collate(_) | Rule::Generated { .. } | Rule::Null) => false,
            (ConstraintOf::Name(wanted), _) => name.is_some_and(|name| name.eq_ignore_ascii_case(wanted.as_str())),
            (ConstraintOf::Unique(wanted), Rule::Unique { terms: names })
            | (ConstraintOf::ForeignKey(wanted), Rule::ForeignKey { columns: names, .. }) => match column {
                Some(column) => same(std::slice::from_ref(&column.name), wanted),
                None => same(names, wanted),
            },
            (ConstraintOf::Check(wanted), Rule::Check(span)) => same_expression(self.table.text(span), wanted),
            _ => false,
        };
        let found: Vec<_> =
            self.constraints().filter(|(_, column, constraint)| is(*column, &constraint.rule, constraint.name.as_deref())).collect();
        match (wanted, &found[..]) {
            (_, []) => Err(DialectError::NoConstraint { table: self.name.clone(), constraint: wanted.clone() }),
            (ConstraintOf::Name(name), [_, _, ..]) => {
                let (table, constraint) = (self.name.clone(), name.clone());
                let found = found.iter().map(|(_, column, constraint)| self.told(*column, constraint)).collect();
                Err(DialectError::AmbiguousConstraint { table, constraint, found })
            }
            (_, [(first, _, _), ..]) => Ok(*first),
        }
    }

    /// A constraint and whose it is, for a message.
    pub(super) fn told(&self, column: Option<&StoredColumn>, constraint: &StoredConstraint) -> String {
        let text = self.table.text(&constraint.span);
        column.map_or_else(|| text.to_owned(), |column| format!("{text} of column {}", column.name))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    OfTable(usize),
    OfColumn(usize, usize),
}

/// Whether two expressions are the same but for blanks, comments and the case of words.
pub(super) fn same_expression(one: &str, other: &str) -> bool {
    let words = |text: &str| {
        let all = tokens(text).ok()?;
        let spoken = all.into_iter().filter(|token| !token.is_blank());
        Some(
            spoken
                .map(|token| if token.text.starts_with('\'') { token.text.to_owned() } else { token.text.to_ascii_lowercase() })
                .collect::<Vec<_>>(),
        )
    };
    words(one).is_some_and(|one| Some(one) == words(other))
}
