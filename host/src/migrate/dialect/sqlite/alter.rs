//! The way from a stored table to the changed one: in place where SQLite can, else by a copy into a new table.
//!
//! A call's changes all mean the table as it is before. They are read against its stored text one by one, each into an edit of the text
//! and, where SQLite has one, into a statement that does the same in place. One that has none makes the whole call a rebuild. Columns are
//! renamed at the end, and always in place: only SQLite follows a name into every view, trigger and key of others.

use std::collections::BTreeSet;

use crate::migrate::dialect::DialectError;
use crate::migrate::dialect::alteration::{Abilities, AlterStep, Alteration, Copy};
use crate::model::sql::{identifier, identifiers, text_literal, tokens};
use crate::model::{Change, Column, ColumnType, ConstraintOf, Default, Name, Position, StoredTexts, Value};

use super::column::{clause, declared_type, default_text};
use super::conditions::Conditions;
use super::stored::{Edits, Place, Rule, StoredColumn, StoredTable};
use super::table;

/// What the new table is called until it takes the old one's place. No plugin's table can be called so.
const NEW: &str = "tenon_rebuild";

/// Plans the changes.
pub(super) fn alter(
    name: &Name,
    stored: &StoredTexts,
    changes: &[Change],
    rebuild: bool,
    abilities: Abilities,
) -> Result<Alteration, DialectError> {
    let unreadable = |error| DialectError::Unreadable { table: name.clone(), error };
    let read = StoredTable::read(&stored.table).map_err(unreadable)?;
    let mut planner = Planner::of(name, &read, stored, abilities);
    if rebuild {
        planner.must_rebuild("it is asked for");
    }
    planner.require_consistent(changes)?;
    // All of them mean the table as it is, so the order is free: what goes makes room, and a value is converted before it is filled in.
    let mut ordered: Vec<&Change> = changes.iter().collect();
    ordered.sort_by_key(|change| rank(change));
    for change in ordered {
        planner.plan(change, changes)?;
    }
    planner.finish()
}

fn rank(change: &Change) -> u8 {
    match change {
        Change::DropConstraint { .. } => 0,
        Change::DropColumn { .. } => 1,
        Change::AddColumn { .. } => 2,
        Change::SetType { .. } => 3,
        Change::SetNullable { .. } | Change::SetDefault { .. } => 4,
        Change::AddForeignKey { .. } | Change::AddUnique { .. } | Change::AddCheck { .. } => 5,
        Change::SetPrimaryKey { .. } => 6,
        Change::RenameColumn { .. } => 7,
    }
}

/// The old column that a change is about.
fn column_of(change: &Change) -> Option<&Name> {
    match change {
        Change::DropColumn { name }
        | Change::RenameColumn { name, .. }
        | Change::SetType { name, .. }
        | Change::SetNullable { name, .. }
        | Change::SetDefault { name, .. } => Some(name),
        _ => None,
    }
}

struct Planner<'a> {
    name: &'a Name,
    table: &'a StoredTable,
    stored: &'a StoredTexts,
    abilities: Abilities,
    edits: Edits<'a>,
    conditions: Conditions<'a>,
    plan: Alteration,
    /// Statements that make the changes in place.
    native: Vec<String>,
    /// What the old columns are copied as, by place; none for one that goes or is computed.
    copied: Vec<Option<String>>,
    added: Vec<&'a Column>,
    /// Old columns whose values become others: nothing can be asked of those beforehand.
    converted: BTreeSet<usize>,
    /// The table's constraints that go.
    dropped: BTreeSet<usize>,
    renames: Vec<(&'a Name, &'a Name)>,
}

impl<'a> Planner<'a> {
    fn of(name: &'a Name, table: &'a StoredTable, stored: &'a StoredTexts, abilities: Abilities) -> Self {
        let copied = table.columns.iter().map(|column| (!column.is_generated()).then(|| identifier(&column.name).into_owned()));
        Self {
            name,
            table,
            stored,
            abilities,
            edits: Edits::of(table),
            conditions: Conditions::of(name, table),
            plan: Alteration::default(),
            native: Vec::new(),
            copied: copied.collect(),
            added: Vec::new(),
            converted: BTreeSet::new(),
            dropped: BTreeSet::new(),
            renames: Vec::new(),
        }
    }

    /// No two changes say different things of one thing.
    fn require_consistent(&self, changes: &[Change]) -> Result<(), DialectError> {
        let refuse = |what: String| Err(DialectError::Contradiction { table: self.name.clone(), what });
        let goes = |change: &Change| matches!(change, Change::DropColumn { .. });
        for (place, change) in changes.iter().enumerate() {
            let before = &changes[..place];
            let clash = |other: &&Change| other.kind() == change.kind() || goes(other) || goes(change);
            if let Some(name) = column_of(change)
                && let Some(other) = before.iter().filter(|other| column_of(other) == Some(name)).find(clash)
            {
                return refuse(format!("{} and {} of column {name}", other.kind(), change.kind()));
            }
            let is_key = |change: &Change| matches!(change, Change::SetPrimaryKey { .. });
            if is_key(change) && before.iter().any(is_key) {
                return refuse("two primary keys".to_owned());
            }
        }
        let mut dropped = Vec::new();
        for change in changes {
            if let Change::DropConstraint { constraint } = change {
                let found = self.find(constraint)?;
                if dropped.contains(&found) {
                    return refuse(format!("{constraint} is dropped twice"));
                }
                dropped.push(found);
            }
        }
        Ok(())
    }

    fn must_rebuild(&mut self, why: impl Into<String>) {
        self.plan.rebuild.get_or_insert_with(|| why.into());
    }

    /// In place, where the SQLite that runs it can.
    fn natively(&mut self, sql: String, since_354: &'static str) {
        match self.abilities {
            Abilities::Bundled => self.native.push(sql),
            Abilities::Oldest => self.must_rebuild(format!("before SQLite 3.53 there is no {since_354}")),
        }
    }

    fn alter_table(&self) -> String {
        format!("ALTER TABLE {}", identifier(self.name.as_str()))
    }

    fn column(&self, name: &Name) -> Result<(usize, &'a StoredColumn), DialectError> {
        let place = self.table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name.as_str()));
        let missing = || DialectError::NoColumn { table: self.name.clone(), column: name.clone() };
        place.map(|place| (place, &self.table.columns[place])).ok_or_else(missing)
    }

    fn plan(&mut self, change: &'a Change, all: &'a [Change]) -> Result<(), DialectError> {
        match change {
            Change::AddColumn { column, position } => self.add_column(column, position.as_ref(), all),
            Change::DropColumn { name } => self.drop_column(name, all),
            Change::RenameColumn { name, to } => {
                let (place, _) = self.column(name)?;
                let goes =
                    |change: &Change| matches!(change, Change::DropColumn { name } | Change::RenameColumn { name, .. } if name == to);
                let is_taken = self.column(to).is_ok_and(|(other, _)| other != place) && !all.iter().any(goes);
                let twice = self.renames.iter().any(|(_, other)| *other == to);
                if is_taken || twice || self.added.iter().any(|added| added.name == *to) {
                    return Err(DialectError::ColumnThere { table: self.name.clone(), column: to.clone() });
                }
                self.renames.push((name, to));
                Ok(())
            }
            Change::SetType { name, data_type, using } => self.set_type(name, data_type, using.as_deref()),
            Change::SetNullable { name, nullable, backfill } => self.set_nullable(name, *nullable, backfill.as_ref()),
            Change::SetDefault { name, default } => self.set_default(name, default.as_ref()),
            Change::AddForeignKey { key } => {
                self.edits.add_constraint(table::foreign_key(self.name, key)?);
                self.must_rebuild("SQLite adds no foreign key to a table that is there");
                if self.can_be_asked(&key.columns) {
                    self.plan.conditions.push(self.conditions.foreign_key(key));
                }
                Ok(())
            }
            Change::AddUnique { unique } => {
                self.edits.add_constraint(table::unique(self.name, unique)?);
                self.must_rebuild("SQLite adds no UNIQUE to a table that is there");
                if self.can_be_asked(&unique.columns) {
                    let what = format!("UNIQUE ({})", identifiers(&unique.columns));
                    self.plan.conditions.push(self.conditions.unique(&what, &unique.columns));
                }
                Ok(())
            }
            Change::AddCheck { check } => {
                let text = table::check(self.name, check)?;
                let sql = format!("{} ADD {text}", self.alter_table());
                self.natively(sql, "ALTER TABLE … ADD CHECK");
                self.edits.add_constraint(text);
                let others = |change: &Change| matches!(change, Change::AddColumn { .. } | Change::SetType { using: Some(_), .. });
                if !all.iter().any(others) {
                    let what = check.name.as_ref().map_or_else(|| "the CHECK".to_owned(), |name| format!("CHECK {name}"));
                    self.plan.conditions.push(self.conditions.check(&what, &check.expression));
                }
                Ok(())
            }
            Change::SetPrimaryKey { columns, autoincrement } => self.set_primary_key(columns, *autoincrement),
            Change::DropConstraint { constraint } => self.drop_constraint(constraint),
        }
    }

    /// Whether all of them are there before the call, with the values that they will have.
    fn can_be_asked(&self, columns: &[Name]) -> bool {
        columns.iter().all(|column| self.column(column).is_ok_and(|(place, _)| !self.converted.contains(&place)))
    }

    fn add_column(&mut self, column: &'a Column, position: Option<&Position>, all: &[Change]) -> Result<(), DialectError> {
        let goes = |change: &Change| matches!(change, Change::DropColumn { name } if name == &column.name);
        let is_old = self.table.column(column.name.as_str()).is_some();
        if (is_old && !all.iter().any(goes)) || self.added.iter().any(|other| other.name == column.name) {
            return Err(DialectError::ColumnThere { table: self.name.clone(), column: column.name.clone() });
        }
        let place = match position {
            None => Place::Last,
            Some(Position::First) => Place::First,
            Some(Position::After(before)) => Place::After(self.column(before)?.0),
        };
        let keys = all.iter().find_map(|change| match change {
            Change::SetPrimaryKey { columns, .. } => Some(columns),
            _ => None,
        });
        let is_key = keys.is_some_and(|keys| keys.contains(&column.name));
        // A key takes no NULL. The other name of the rowid is filled with that.
        let is_rowid = is_key && keys.is_some_and(|keys| keys.len() == 1) && column.data_type == ColumnType::Integer;
        let kept = Column { nullable: column.nullable && (!is_key || is_rowid), ..column.clone() };
        let text = clause(&kept, self.table.strict)?;
        let has_value = column.generated.is_some() || !matches!(column.default, None | Some(Default::Value(Value::Null)));
        if !kept.nullable && !has_value && !is_rowid {
            self.plan.conditions.push(self.conditions.empty(&column.name));
        }
        if place != Place::Last {
            self.must_rebuild("a new column in another place than the last");
        } else if column.generated.as_ref().is_some_and(|generated| generated.stored) {
            self.must_rebuild("a new column that is computed and stored");
        } else if matches!(column.default, Some(Default::Expression(_))) {
            self.must_rebuild("a new column whose default is an expression");
        }
        self.native.push(format!("{} ADD COLUMN {text}", self.alter_table()));
        self.edits.add_column(place, text);
        self.added.push(column);
        Ok(())
    }

    fn drop_column(&mut self, name: &Name, all: &[Change]) -> Result<(), DialectError> {
        let (place, column) = self.column(name)?;
        let new_key = all.iter().any(|change| matches!(change, Change::SetPrimaryKey { .. }));
        let drops = |constraint: usize, planner: &Self| {
            let is_key = matches!(planner.table.constraints[constraint].rule, Rule::PrimaryKey { .. });
            planner.dropped.contains(&constraint) || (new_key && is_key)
        };
        let in_use = |by: String| Err(DialectError::ColumnInUse { table: self.name.clone(), column: name.clone(), by });
        for other in self.table.columns.iter().filter(|other| !other.name.eq_ignore_ascii_case(&column.name)) {
            let goes =
                all.iter().any(|change| matches!(change, Change::DropColumn { name } if other.name.eq_ignore_ascii_case(name.as_str())));
            for constraint in other.constraints.iter().filter(|_| !goes) {
                if let Rule::Check(span) | Rule::Generated { expression: span, .. } = &constraint.rule
                    && mentions(self.table.text(span), &column.name)
                {
                    return in_use(format!("column {}: {}", other.name, self.table.text(&constraint.span)));
                }
            }
        }
        let mut alone = Vec::new();
        for (constraint, of_table) in self.table.constraints.iter().enumerate() {
            if drops(constraint, self) {
                continue;
            }
            let is = |names: &[String]| names.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
            match &of_table.rule {
                Rule::Check(span) if mentions(self.table.text(span), &column.name) => {}
                Rule::PrimaryKey { terms: names, .. } | Rule::Unique { terms: names } | Rule::ForeignKey { columns: names, .. }
                    if is(names) =>
                {
                    if names.len() == 1 {
                        alone.push(constraint);
                        continue;
                    }
                }
                _ => continue,
            }
            return in_use(self.table.text(&of_table.span).to_owned());
        }
        for other in &self.stored.others {
            if is_index(other) && mentions(after_on(other), &column.name) {
                return in_use(format!("an index ({other})"));
            }
        }
        let own = |rule: &Rule| matches!(rule, Rule::PrimaryKey { .. } | Rule::Unique { .. });
        if !alone.is_empty() || column.rule(own).is_some() {
            self.must_rebuild(format!("column {name} is part of a constraint"));
        }
        if self.table.without_rowid && !new_key && self.table.primary_key().iter().any(|key| key.eq_ignore_ascii_case(&column.name)) {
            return in_use("the primary key, which a table WITHOUT ROWID must have".to_owned());
        }
        self.native.push(format!("{} DROP COLUMN {}", self.alter_table(), identifier(name.as_str())));
        self.edits.drop_column(place);
        alone.into_iter().for_each(|constraint| self.edits.drop_constraint(constraint));
        self.copied[place] = None;
        Ok(())
    }

    fn set_type(&mut self, name: &'a Name, data_type: &ColumnType, using: Option<&str>) -> Result<(), DialectError> {
        let (place, column) = self.column(name)?;
        let new = declared_type(data_type, self.table.strict);
        let old = column.data_type.as_ref().map(|span| self.table.text(span));
        if column.is_generated() && using.is_some() {
            return Err(DialectError::Generated { table: self.name.clone(), column: name.clone() });
        }
        match using {
            Some(using) => {
                let text = super::sql_text::expression(using);
                let text = text.map_err(|error| DialectError::Text { subject: format!("`using` of column {name}"), error })?;
                self.copied[place] = Some(format!("({text})"));
                self.converted.insert(place);
            }
            None => self.plan.conditions.push(self.conditions.fits(name, data_type)),
        }
        if old != Some(&new) || using.is_some() {
            self.must_rebuild("SQLite changes no type in place");
            self.edits.set_type(place, &new);
        }
        Ok(())
    }

    fn set_nullable(&mut self, name: &'a Name, nullable: bool, backfill: Option<&Default>) -> Result<(), DialectError> {
        let (place, column) = self.column(name)?;
        let found = column.constraints.iter().position(|constraint| constraint.rule == Rule::NotNull);
        let subject = format!("{} ALTER COLUMN {}", self.alter_table(), identifier(name.as_str()));
        if let Some(backfill) = backfill {
            let Some(copied) = self.copied[place].take() else {
                return Err(DialectError::Generated { table: self.name.clone(), column: name.clone() });
            };
            self.copied[place] = Some(format!("coalesce({copied}, {})", self.value_text(name, backfill)?));
            self.must_rebuild("rows that hold NULL get a value");
        }
        match (nullable, found) {
            (true, Some(constraint)) => {
                self.natively(format!("{subject} DROP NOT NULL"), "ALTER TABLE … DROP NOT NULL");
                self.edits.drop_rule(place, constraint);
            }
            (false, None) => {
                if backfill.is_none() && !self.converted.contains(&place) {
                    let why = format!("column {}.{name}", self.name);
                    self.plan.conditions.push(self.conditions.not_null(name.as_str(), &why));
                }
                self.natively(format!("{subject} SET NOT NULL"), "ALTER TABLE … SET NOT NULL");
                self.edits.add_rule(place, "NOT NULL");
            }
            (true, None) | (false, Some(_)) => {}
        }
        Ok(())
    }

    fn value_text(&self, name: &Name, value: &Default) -> Result<String, DialectError> {
        match value {
            Default::Value(value) => Ok(super::sql_text::bound(value, false)),
            Default::Expression(text) => match super::sql_text::expression(text) {
                Ok(text) => Ok(format!("({text})")),
                Err(error) => Err(DialectError::Text { subject: format!("`backfill` of column {name}"), error }),
            },
        }
    }

    fn set_default(&mut self, name: &Name, default: Option<&Default>) -> Result<(), DialectError> {
        let (place, column) = self.column(name)?;
        let found = column.constraints.iter().position(|constraint| matches!(constraint.rule, Rule::Default(_)));
        let new = default.map(|default| default_text(name, default)).transpose()?;
        match (found.map(|found| (found, &column.constraints[found].rule)), new) {
            (Some((_, Rule::Default(span))), Some(new)) => {
                if self.table.text(span) == new {
                    return Ok(());
                }
                self.edits.replace(span, &new);
            }
            (Some((found, _)), None) => self.edits.drop_rule(place, found),
            (None, Some(new)) => self.edits.add_rule(place, &format!("DEFAULT {new}")),
            (None, None) => return Ok(()),
            (Some(_), Some(_)) => unreachable!("it was looked for by its kind"),
        }
        self.must_rebuild("SQLite changes no default in place");
        Ok(())
    }

    fn set_primary_key(&mut self, columns: &'a [Name], autoincrement: bool) -> Result<(), DialectError> {
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
        let mut all_old = true;
        for name in columns {
            let Ok((place, column)) = self.column(name) else {
                if !self.added.iter().any(|added| &added.name == name) {
                    return Err(DialectError::NoColumn { table: self.name.clone(), column: name.clone() });
                }
                all_old = false;
                continue;
            };
            if column.rule(|rule| *rule == Rule::NotNull).is_none() && !autoincrement {
                self.edits.add_rule(place, "NOT NULL");
            }
            if self.table.primary_key().len() != columns.len() || !self.is_key(name) {
                let why = format!("column {}.{name}, of the primary key,", self.name);
                self.plan.conditions.push(self.conditions.not_null(name.as_str(), &why));
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
            self.plan.conditions.push(self.conditions.unique("the primary key", columns));
        }
        self.must_rebuild("SQLite changes no primary key in place");
        Ok(())
    }

    fn is_key(&self, name: &Name) -> bool {
        self.table.primary_key().iter().any(|key| key.eq_ignore_ascii_case(name.as_str()))
    }

    fn drop_constraint(&mut self, constraint: &ConstraintOf) -> Result<(), DialectError> {
        let found = self.find(constraint)?;
        let dropped = match found {
            Found::OfTable(place) => &self.table.constraints[place],
            Found::OfColumn(column, place) => &self.table.columns[column].constraints[place],
        };
        if matches!(dropped.rule, Rule::PrimaryKey { .. }) && self.table.without_rowid {
            return Err(DialectError::NothingNamed { subject: format!("the primary key of table {}, which is WITHOUT ROWID,", self.name) });
        }
        match (&dropped.name, &dropped.rule) {
            (Some(name), Rule::Check(_) | Rule::NotNull) => {
                let sql = format!("{} DROP CONSTRAINT {}", self.alter_table(), identifier(name));
                self.natively(sql, "ALTER TABLE … DROP CONSTRAINT");
            }
            _ => self.must_rebuild("SQLite drops no such constraint in place"),
        }
        match found {
            Found::OfTable(place) => {
                self.dropped.insert(place);
                self.edits.drop_constraint(place);
            }
            Found::OfColumn(column, place) => self.edits.drop_rule(column, place),
        }
        Ok(())
    }

    /// The constraint that is meant. Of several that are the same, the first.
    fn find(&self, wanted: &ConstraintOf) -> Result<Found, DialectError> {
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
        for (place, constraint) in self.table.constraints.iter().enumerate() {
            if is(None, &constraint.rule, constraint.name.as_deref()) {
                return Ok(Found::OfTable(place));
            }
        }
        for (at, column) in self.table.columns.iter().enumerate() {
            for (place, constraint) in column.constraints.iter().enumerate() {
                if is(Some(column), &constraint.rule, constraint.name.as_deref()) {
                    return Ok(Found::OfColumn(at, place));
                }
            }
        }
        Err(DialectError::NoConstraint { table: self.name.clone(), constraint: wanted.clone() })
    }

    fn finish(mut self) -> Result<Alteration, DialectError> {
        if self.plan.rebuild.is_some() {
            self.rebuild()?;
        } else {
            let native = std::mem::take(&mut self.native);
            self.plan.steps.extend(native.into_iter().map(AlterStep::Run));
        }
        self.rename();
        Ok(self.plan)
    }

    /// Through names of nobody's, where one column takes the name that another gives up.
    fn rename(&mut self) {
        let alter_table = self.alter_table();
        let statement =
            |from: &str, to: &str| AlterStep::Run(format!("{alter_table} RENAME COLUMN {} TO {}", identifier(from), identifier(to)));
        let takes = |to: &Name| self.renames.iter().any(|(name, _)| *name == to);
        if !self.renames.iter().any(|(name, to)| name != to && takes(to)) {
            self.plan.steps.extend(self.renames.iter().map(|(name, to)| statement(name.as_str(), to.as_str())));
            return;
        }
        let between: Vec<String> = (0..self.renames.len()).map(|number| format!("tenon_rename_{number}")).collect();
        let pairs = self.renames.iter().zip(&between);
        let there = pairs.clone().map(|((name, _), between)| statement(name.as_str(), between));
        let on = pairs.map(|((_, to), between)| statement(between, to.as_str()));
        self.plan.steps.extend(there.chain(on));
    }

    fn rebuild(&mut self) -> Result<(), DialectError> {
        // As it is written there, whatever case the operation writes it in.
        let stored_name = self.table.name_text();
        let table = identifier(&stored_name).into_owned();
        let mut edits = std::mem::replace(&mut self.edits, Edits::of(self.table));
        edits.rename(NEW);
        let create = edits.finish().ok_or_else(|| DialectError::NoColumns { table: self.name.clone() })?;
        let new = StoredTable::read(&create).map_err(|error| DialectError::Unreadable { table: self.name.clone(), error })?;
        let kept = self.table.columns.iter().zip(&self.copied);
        let pairs = kept.filter_map(|(column, copied)| Some((identifier(&column.name).into_owned(), copied.clone()?)));
        let (mut into, mut values): (Vec<String>, Vec<String>) = pairs.unzip();
        let rowid = self.table.rowid_name();
        if let (Some(to), Some(from)) = (self.rowid_of(&new), rowid) {
            into.insert(0, to);
            values.insert(0, from.to_owned());
        }
        self.plan.steps.push(AlterStep::Run(create));
        let sql = match into.is_empty() {
            // Nothing is kept but how many there are.
            true => format!("INSERT OR ABORT INTO {NEW} ({}) SELECT NULL FROM {table}", identifier(&new.columns[0].name)),
            false => format!("INSERT OR ABORT INTO {NEW} ({}) SELECT {} FROM {table}", into.join(", "), values.join(", ")),
        };
        self.plan.steps.push(AlterStep::Copy(Copy { sql, from: self.name.clone(), rowid }));
        if self.table.autoincrement() && new.autoincrement() {
            let name = text_literal(&stored_name);
            let run = |sql| AlterStep::Run(sql);
            self.plan.steps.push(run(format!("DELETE FROM sqlite_sequence WHERE name = '{NEW}'")));
            self.plan
                .steps
                .push(run(format!("INSERT INTO sqlite_sequence (name, seq) SELECT '{NEW}', seq FROM sqlite_sequence WHERE name = {name}")));
        }
        let statements = vec![format!("DROP TABLE {table}"), format!("ALTER TABLE {NEW} RENAME TO {table}")];
        self.plan.steps.push(AlterStep::Swap { table: self.name.clone(), statements });
        self.plan.steps.extend(self.stored.others.iter().cloned().map(AlterStep::Run));
        Ok(())
    }

    /// The column of the new table into which the old rowid goes: the rowid itself, or a new column that is its other name. None where
    /// the old column that is its other name brings it along, or where there is none on either side.
    fn rowid_of(&self, new: &StoredTable) -> Option<String> {
        match new.rowid_alias() {
            None => new.rowid_name().map(str::to_owned),
            Some(alias) => {
                let is_new = self.added.iter().any(|added| alias.name.eq_ignore_ascii_case(added.name.as_str()));
                is_new.then(|| identifier(&alias.name).into_owned())
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    OfTable(usize),
    OfColumn(usize, usize),
}

/// Whether a word or a quoted name of the text is that column's name. What else has the name counts too.
fn mentions(text: &str, column: &str) -> bool {
    let Ok(all) = tokens(text) else { return true };
    all.iter().filter(|token| !token.text.starts_with('\'')).filter_map(|token| token.name()).any(|name| name.eq_ignore_ascii_case(column))
}

/// Whether two expressions are the same but for blanks, comments and the case of words.
fn same_expression(one: &str, other: &str) -> bool {
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

fn is_index(sql: &str) -> bool {
    let all = tokens(sql).unwrap_or_default();
    let words: Vec<_> = all.iter().filter(|token| !token.is_blank()).take(3).collect();
    words.iter().any(|token| token.is_word("INDEX"))
}

/// An index's text from its terms on: its own name and its table's say nothing of columns.
fn after_on(sql: &str) -> &str {
    let open = tokens(sql).ok().and_then(|all| all.iter().find(|token| token.text == "(").map(|token| token.at));
    &sql[open.unwrap_or_default()..]
}
