//! Changes of columns: added, dropped, and given another type, nullability or default.

use crate::migrate::dialect::DialectError;
use crate::model::sql::{Token, identifier, mentions, tokens};
use crate::model::{Change, Column, ColumnType, Default, Name, Position, Value};

use super::super::column::{clause, declared_type, default_text};
use super::super::fits;
use super::super::sql_text;
use super::super::stored::{Place, Rule, StoredConstraint};
use super::Planner;

impl<'a> Planner<'a> {
    pub(super) fn add_column(&mut self, column: &'a Column, position: Option<&Position>, all: &[Change]) -> Result<(), DialectError> {
        let goes = |change: &Change| matches!(change, Change::DropColumn { name, .. } if name == &column.name);
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
        let is_whole_key = is_key && keys.is_some_and(|keys| keys.len() == 1);
        let is_rowid = is_whole_key && column.data_type == ColumnType::Integer && !self.table.without_rowid;
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
        self.new_rowid = self.new_rowid.or(is_rowid.then_some(&column.name));
        Ok(())
    }

    pub(super) fn drop_column(&mut self, name: &Name, all: &[Change]) -> Result<(), DialectError> {
        let (place, column) = self.column(name)?;
        let new_key = all.iter().any(|change| matches!(change, Change::SetPrimaryKey { .. }));
        let drops = |constraint: usize, planner: &Self| {
            let is_key = matches!(planner.table.constraints[constraint].rule, Rule::PrimaryKey { .. });
            planner.dropped.contains(&constraint) || (new_key && is_key)
        };
        let in_use = |by: String| Err(DialectError::ColumnInUse { table: self.name.clone(), column: name.clone(), by });
        for other in self.table.columns.iter().filter(|other| !other.name.eq_ignore_ascii_case(&column.name)) {
            let goes = all
                .iter()
                .any(|change| matches!(change, Change::DropColumn { name, .. } if other.name.eq_ignore_ascii_case(name.as_str())));
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
            // SQLite keeps such a trigger, which then never acts.
            if let Some((trigger, columns)) = update_of(other)
                && mentions(columns, &column.name)
            {
                return in_use(format!("trigger {trigger}, which acts when it is updated"));
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

    pub(super) fn set_type(&mut self, name: &'a Name, data_type: &ColumnType, using: Option<&str>) -> Result<(), DialectError> {
        let (place, column) = self.column(name)?;
        let mut new = declared_type(data_type, self.table.strict);
        let old = column.data_type.as_ref().map(|span| self.table.text(span));
        if self.table.rowid_alias().is_some_and(|alias| alias.name == column.name) && new != "INTEGER" {
            // Only under this word does SQLite count, whatever the number's size.
            if self.table.autoincrement() && *data_type == ColumnType::BigInt {
                "INTEGER".clone_into(&mut new);
            } else if self.table.autoincrement() {
                let reason = "the primary key must be an integer or bigint";
                return Err(DialectError::Autoincrement { table: self.name.clone(), reason });
            } else {
                // What is no other name of the rowid any more would take NULL.
                self.require_not_null(place);
            }
        }
        if column.is_generated() && using.is_some() {
            return Err(DialectError::Generated { table: self.name.clone(), column: name.clone() });
        }
        match using {
            Some(using) => {
                let text = sql_text::expression(using);
                let text = text.map_err(|error| DialectError::Text { subject: format!("`using` of column {name}"), error })?;
                self.copied[place] = Some(format!("({text})"));
                self.becoming.insert(place, format!("({text})"));
                self.converted.insert(place);
            }
            None => self.plan.conditions.push(self.conditions.fits(name, data_type)),
        }
        if old != Some(&new) || using.is_some() {
            if let (None, Some(copied)) = (using, &self.copied[place]) {
                let spelled = fits::spelled(copied, data_type);
                let becoming = spelled.clone().or_else(|| fits::as_stored(copied, old.unwrap_or_default(), data_type));
                self.becoming.extend(becoming.map(|value| (place, value)));
                self.copied[place] = spelled.or_else(|| Some(copied.clone()));
            }
            let is_same = old == Some(&new);
            self.must_rebuild(if is_same { "rows get other values" } else { "SQLite changes no type in place" });
            self.edits.set_type(place, &new);
        }
        Ok(())
    }

    pub(super) fn set_nullable(&mut self, name: &'a Name, nullable: bool, backfill: Option<&Default>) -> Result<(), DialectError> {
        let (place, column) = self.column(name)?;
        let is_rule = |(_, constraint): &(usize, &StoredConstraint)| constraint.rule == Rule::NotNull;
        let found: Vec<usize> = column.constraints.iter().enumerate().filter(is_rule).map(|(rule, _)| rule).collect();
        let subject = format!("{} ALTER COLUMN {}", self.alter_table(), identifier(name.as_str()));
        if let Some(backfill) = backfill {
            let Some(copied) = self.copied[place].take() else {
                return Err(DialectError::Generated { table: self.name.clone(), column: name.clone() });
            };
            let value = self.value_text(name, backfill)?;
            let becoming = self.becoming.get(&place).unwrap_or(&copied);
            self.becoming.insert(place, format!("coalesce({becoming}, {value})"));
            self.copied[place] = Some(format!("coalesce({copied}, {value})"));
            self.must_rebuild("rows that hold NULL get a value");
        }
        match (nullable, &found[..]) {
            (true, []) | (false, [_, ..]) => {}
            (true, rules) => {
                // SQLite drops one at a time, and the column stays as it is while there is another.
                match rules {
                    [_] => self.natively(format!("{subject} DROP NOT NULL"), "ALTER TABLE … DROP NOT NULL"),
                    _ => self.must_rebuild(format!("column {name} says NOT NULL more than once")),
                }
                for rule in rules {
                    self.drop_rule(place, *rule);
                }
            }
            (false, []) => {
                self.ask_not_null(name.as_str(), &format!("column {}.{name}", self.name));
                self.natively(format!("{subject} SET NOT NULL"), "ALTER TABLE … SET NOT NULL");
                self.require_not_null(place);
            }
        }
        Ok(())
    }

    /// The column says NOT NULL, once.
    pub(super) fn require_not_null(&mut self, place: usize) {
        let says = self.table.columns[place].rule(|rule| *rule == Rule::NotNull).is_some();
        if !says && self.not_null.insert(place) {
            self.edits.add_rule(place, "NOT NULL");
        }
    }

    fn value_text(&self, name: &Name, value: &Default) -> Result<String, DialectError> {
        match value {
            Default::Value(value) => Ok(sql_text::bound(value, false)),
            Default::Expression(text) => match sql_text::expression(text) {
                Ok(text) => Ok(format!("({text})")),
                Err(error) => Err(DialectError::Text { subject: format!("`backfill` of column {name}"), error }),
            },
        }
    }

    pub(super) fn set_default(&mut self, name: &Name, default: Option<&Default>) -> Result<(), DialectError> {
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

/// The name of a trigger that acts on some columns only, and the list of those.
fn update_of(sql: &str) -> Option<(String, &str)> {
    let all = tokens(sql).ok()?;
    let spoken: Vec<&Token<'_>> = all.iter().filter(|token| !token.is_blank()).collect();
    let [create, trigger, name, rest @ ..] = &spoken[..] else { return None };
    if !(create.is_word("CREATE") && trigger.is_word("TRIGGER")) {
        return None;
    }
    // The event stands among the next few words.
    let event = rest.iter().take(4).position(|token| token.is_word("UPDATE"))?;
    let of = rest.get(event + 1).filter(|token| token.is_word("OF"))?;
    let on = rest[event + 2..].iter().find(|token| token.is_word("ON"))?;
    Some((name.name()?.into_owned(), &sql[of.at + of.text.len()..on.at]))
}
