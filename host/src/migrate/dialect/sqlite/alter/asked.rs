//! What is asked of the rows before anything is done to them: they are taken as they will be, so that a value that is converted or filled
//! in on the way counts as what it becomes.

use crate::model::schema::Default;
use crate::model::sql::{identifier, mentions};
use crate::model::{Column, ForeignKey, Name};

use super::super::column::default_text;
use super::super::stored::{Rule, StoredColumn, StoredConstraint};
use super::Planner;

impl Planner<'_> {
    /// The table, or a subquery of its name: its rows as the changes that were planned so far leave them.
    fn rows(&self) -> String {
        let table = identifier(self.name.as_str()).into_owned();
        if self.becoming.is_empty() && self.added.is_empty() {
            return table;
        }
        let is_new = |name: &str| self.added.iter().any(|added| added.name == *name);
        // Where there is no key, it is the rowid.
        let mut all: Vec<String> = self.conditions.key.iter().filter(|_| self.table.primary_key().is_empty()).cloned().collect();
        for (place, column) in self.table.columns.iter().enumerate().filter(|(_, column)| !is_new(&column.name)) {
            let name = identifier(&column.name);
            all.push(self.becoming.get(&place).map_or_else(|| name.to_string(), |value| format!("{value} AS {name}")));
        }
        for added in &self.added {
            let default = added.default.as_ref().and_then(|default| default_text(&added.name, default).ok());
            let rowid = self.table.rowid_name().filter(|_| self.new_rowid == Some(&added.name));
            all.push(format!("{} AS {}", rowid.or(default.as_deref()).unwrap_or("NULL"), identifier(added.name.as_str())));
        }
        format!("(SELECT {} FROM {table}) AS {table}", all.join(", "))
    }

    /// Whether it is known what all of them will hold.
    fn are_known(&self, columns: &[&str]) -> bool {
        let has_value = |name: &str| {
            let added = self.added.iter().find(|added| added.name == *name);
            let has_default = |added: &Column| !matches!(added.default, Some(Default::Expression(_)));
            added.is_some_and(|added| added.generated.is_none() && (self.new_rowid == Some(&added.name) || has_default(added)))
        };
        let is_computed = |column: &StoredColumn| column.is_generated() && !self.becoming.is_empty();
        columns.iter().all(|name| self.table.column(name).map_or_else(|| has_value(name), |column| !is_computed(column)))
    }

    pub(super) fn ask_unique(&mut self, columns: &[Name]) {
        let columns: Vec<&str> = columns.iter().map(Name::as_str).collect();
        self.ask_each_once(&format!("UNIQUE ({})", columns.join(", ")), &columns);
    }

    pub(super) fn ask_each_once(&mut self, what: &str, columns: &[&str]) {
        if self.are_known(columns) {
            self.plan.conditions.push(self.conditions.unique(&self.rows(), what, columns));
        }
    }

    pub(super) fn ask_not_null(&mut self, column: &str, why: &str) {
        self.plan.conditions.push(self.conditions.not_null(&self.rows(), column, why));
    }

    pub(super) fn ask_foreign_key(&mut self, key: &ForeignKey) {
        let texts = |names: &'_ [Name]| names.iter().map(|name| name.as_str().to_owned()).collect::<Vec<_>>();
        self.ask_reference(&texts(&key.columns), key.target_table.as_str(), &texts(&key.target_columns));
    }

    fn ask_reference(&mut self, columns: &[String], target: &str, targets: &[String]) {
        let (columns, targets): (Vec<&str>, Vec<&str>) =
            (columns.iter().map(String::as_str).collect(), targets.iter().map(String::as_str).collect());
        // A key of the table to itself leads to rows that change with it.
        let leads_home = self.name.as_str().eq_ignore_ascii_case(target) && !self.becoming.is_empty();
        if self.are_known(&columns) && !targets.is_empty() && !leads_home {
            self.plan.conditions.push(self.conditions.foreign_key(&self.rows(), &columns, target, &targets));
        }
    }

    /// What `using` gives has no type before it is in its column, and a comparison depends on that.
    pub(super) fn ask_check(&mut self, what: &str, expression: &str) {
        let named = |name: &str| mentions(expression, name);
        let is_unsure = self.converted.iter().any(|place| named(&self.table.columns[*place].name));
        let columns = self.table.columns.iter().map(|column| column.name.as_str());
        let all: Vec<&str> = columns.chain(self.added.iter().map(|added| added.name.as_str())).filter(|name| named(name)).collect();
        if !is_unsure && self.are_known(&all) {
            self.plan.conditions.push(self.conditions.check(&self.rows(), what, expression));
        }
    }

    /// What the table asks already, of columns whose values change.
    pub(super) fn ask_kept_constraints(&mut self) {
        if self.becoming.is_empty() {
            return;
        }
        let table = self.table;
        for (at, column) in table.columns.iter().enumerate() {
            for (place, constraint) in column.constraints.iter().enumerate() {
                if self.copied[at].is_some() && !self.dropped_rules.contains(&(at, place)) {
                    self.ask_kept(Some(column), constraint);
                }
            }
        }
        for (place, constraint) in table.constraints.iter().enumerate() {
            if !self.dropped.contains(&place) {
                self.ask_kept(None, constraint);
            }
        }
    }

    fn ask_kept(&mut self, column: Option<&StoredColumn>, constraint: &StoredConstraint) {
        let table = self.table;
        let listed = |names: &[String]| column.map_or_else(|| names.to_vec(), |column| vec![column.name.clone()]);
        let changing: Vec<String> = self.becoming.keys().map(|place| table.columns[*place].name.clone()).collect();
        let changes = |names: &[String]| names.iter().any(|name| changing.iter().any(|other| other.eq_ignore_ascii_case(name)));
        match &constraint.rule {
            Rule::PrimaryKey { terms, .. } if !self.new_key && changes(&listed(terms)) => {
                let names = listed(terms);
                self.ask_each_once("the primary key", &names.iter().map(String::as_str).collect::<Vec<_>>());
            }
            Rule::Unique { terms } if changes(&listed(terms)) => {
                let names = listed(terms);
                let what = format!("UNIQUE ({})", names.join(", "));
                self.ask_each_once(&what, &names.iter().map(String::as_str).collect::<Vec<_>>());
            }
            Rule::ForeignKey { columns, reference } if changes(&listed(columns)) => {
                self.ask_reference(&listed(columns), &reference.table, &reference.columns);
            }
            Rule::Check(span) if changing.iter().any(|name| mentions(table.text(span), name)) => {
                let text = table.text(span);
                let what = constraint.name.as_ref().map_or_else(|| format!("CHECK ({})", text.trim()), |name| format!("CHECK {name}"));
                self.ask_check(&what, text);
            }
            // Only an expression of the author's makes NULL of a value.
            Rule::NotNull => {
                let is_converted = |column: &&StoredColumn| self.converted.iter().any(|place| table.columns[*place].name == column.name);
                if let Some(column) = column.filter(is_converted) {
                    self.ask_not_null(&column.name, &format!("column {}.{}", self.name, column.name));
                }
            }
            _ => {}
        }
    }
}
