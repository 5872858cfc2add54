//! A revision as the Rust file that its author would have written.

use std::collections::BTreeSet;

use crate::model::schema::{IndexKey, Timing, TriggerEvent};
use crate::model::{
    Change, Check, Column, ColumnType, ConstraintOf, Default, ForeignKey, Index, Name, Node, Operation, Position, ReferenceAction,
    RevisionId, Table, Trigger, Unique, Value, View,
};

/// What a revision's file says.
#[derive(Debug, Clone)]
pub struct Draft {
    /// One line for a person.
    pub message: String,
    /// Its parents.
    pub down: Vec<RevisionId>,
    /// Revisions of other plugins that come before it.
    pub depends_on: Vec<Node>,
    /// Names of its own.
    pub labels: Vec<String>,
    /// What it does.
    pub upgrade: Vec<Operation>,
    /// What undoes it.
    pub downgrade: Vec<Operation>,
}

/// The file. Right in its layout but for lines that are too long: a formatter knows the author's own.
pub fn source(draft: &Draft) -> String {
    let mut writer = Writer { used: BTreeSet::from(["Operations", "Result", "revision"]) };
    let (up, down) = (writer.steps(&draft.upgrade), writer.steps(&draft.downgrade));
    let list = |items: Vec<String>| items.join(", ");
    let texts = |all: Vec<String>| format!("[{}]", list(all.iter().map(|one| text(one)).collect()));
    let mut says = vec![format!("down = {}", texts(draft.down.iter().map(ToString::to_string).collect()))];
    if !draft.depends_on.is_empty() {
        says.push(format!("depends_on = {}", texts(draft.depends_on.iter().map(ToString::to_string).collect())));
    }
    if !draft.labels.is_empty() {
        says.push(format!("labels = {}", texts(draft.labels.clone())));
    }
    // As rustfmt orders them: types, then macros and functions.
    let mut used: Vec<&str> = writer.used.into_iter().collect();
    used.sort_by_key(|word| (word.starts_with(char::is_lowercase), *word));
    let handle = |steps: &[String]| if steps.is_empty() { "_op" } else { "op" };
    let function = |name: &str, steps: &[String]| {
        let body = if steps.is_empty() { "    Ok(())\n".to_owned() } else { body(steps) };
        format!("pub fn {name}({}: &Operations) -> Result<()> {{\n{body}}}\n", handle(steps))
    };
    format!(
        "//! {}\n\nuse tenon_sdk::{{{}}};\n\nrevision! {{ {} }}\n\n{}\n{}",
        draft.message,
        used.join(", "),
        list(says),
        function("upgrade", &up),
        function("downgrade", &down)
    )
}

/// All but the last are statements.
fn body(steps: &[String]) -> String {
    let (last, rest) = steps.split_last().map_or(("Ok(())", &[][..]), |(last, rest)| (last.as_str(), rest));
    let mut body: String = rest.iter().map(|step| format!("    {step}?;\n")).collect();
    body.push_str(&format!("    {last}\n"));
    body
}

/// A string of Rust.
fn text(text: &str) -> String {
    format!("{text:?}")
}

fn name(name: &Name) -> String {
    text(name.as_str())
}

fn names(all: &[Name]) -> String {
    format!("[{}]", all.iter().map(name).collect::<Vec<_>>().join(", "))
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "None::<i64>".to_owned(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(number) if i32::try_from(*number).is_ok() => number.to_string(),
        Value::Integer(number) => format!("{number}_i64"),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(content) => text(content),
        Value::Bytes(bytes) => {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte}_u8")).collect();
            if bytes.is_empty() { "Vec::<u8>::new()".to_owned() } else { format!("vec![{}]", bytes.join(", ")) }
        }
    }
}

/// Writes operations, and remembers which of the SDK's words they use.
struct Writer {
    used: BTreeSet<&'static str>,
}

impl Writer {
    fn steps(&mut self, operations: &[Operation]) -> Vec<String> {
        operations.iter().map(|operation| self.operation(operation)).collect()
    }

    fn uses(&mut self, word: &'static str) -> &'static str {
        self.used.insert(word);
        word
    }

    fn operation(&mut self, operation: &Operation) -> String {
        match operation {
            Operation::CreateTable { table, if_not_exists } => {
                format!("{}.create_table(&{})", unless(*if_not_exists, "if_not_exists"), self.table(table))
            }
            Operation::DropTable { name: table, if_exists, detach } => {
                let option = if *detach { ".option(\"detach\", true)" } else { "" };
                format!("{}{option}.drop_table({})", unless(*if_exists, "if_exists"), name(table))
            }
            Operation::RenameTable { name: table, to } => format!("op.rename_table({}, {})", name(table), name(to)),
            Operation::AddColumn { table, column, if_not_exists } => {
                format!("{}.add_column({}, &{})", unless(*if_not_exists, "if_not_exists"), name(table), self.column(column))
            }
            Operation::DropColumn { table, name: column, if_exists } => {
                format!("{}.drop_column({}, {})", unless(*if_exists, "if_exists"), name(table), name(column))
            }
            Operation::RenameColumn { table, name: column, to } => {
                format!("op.rename_column({}, {}, {})", name(table), name(column), name(to))
            }
            Operation::AlterTable { table, changes, rebuild } => self.alter_table(table, changes, *rebuild),
            Operation::CreateIndex { table, index, if_not_exists } => {
                format!("{}.create_index({}, &{})", unless(*if_not_exists, "if_not_exists"), name(table), self.index(table, index))
            }
            Operation::DropIndex { name: index, if_exists } => format!("{}.drop_index({})", unless(*if_exists, "if_exists"), name(index)),
            Operation::CreateView { view, if_not_exists } => {
                let View { name: own, query } = view;
                let made = format!("{}::new({}, {})", self.uses("View"), name(own), text(query));
                format!("{}.create_view(&{made})", unless(*if_not_exists, "if_not_exists"))
            }
            Operation::DropView { name: view, if_exists } => format!("{}.drop_view({})", unless(*if_exists, "if_exists"), name(view)),
            Operation::CreateTrigger { trigger, if_not_exists } => {
                format!("{}.create_trigger(&{})", unless(*if_not_exists, "if_not_exists"), self.trigger(trigger))
            }
            Operation::DropTrigger { name: trigger, if_exists } => {
                format!("{}.drop_trigger({})", unless(*if_exists, "if_exists"), name(trigger))
            }
            Operation::Execute { sql, params } => {
                let values: Vec<String> = params.iter().map(value).collect();
                format!("op.execute({}, {}![{}]).map(drop)", text(sql), self.uses("params"), values.join(", "))
            }
            Operation::InsertRows { table, columns, rows } => self.insert(table, columns, rows),
        }
    }

    /// As statements: a row's values are exact as parameters.
    fn insert(&mut self, table: &Name, columns: &[Name], rows: &[Vec<Value>]) -> String {
        let listed: Vec<String> = columns.iter().map(|column| crate::model::sql::identifier(column.as_str()).into_owned()).collect();
        let one = vec!["?"; columns.len()].join(", ");
        let places = vec![format!("({one})"); rows.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES {places}", crate::model::sql::identifier(table.as_str()), listed.join(", "));
        self.operation(&Operation::Execute { sql, params: rows.iter().flatten().cloned().collect() })
    }

    fn alter_table(&mut self, table: &Name, changes: &[Change], rebuild: bool) -> String {
        if let ([change], false) = (changes, rebuild)
            && let Some(call) = self.one_change(table, change)
        {
            return call;
        }
        let option = if rebuild { ".option(\"rebuild\", true)" } else { "" };
        let list: Vec<String> = changes.iter().map(|change| self.change(change)).collect();
        let list = if list.is_empty() { "[]".to_owned() } else { format!("[{}]", list.join(", ")) };
        format!("op{option}.alter_table({}, {list})", name(table))
    }

    /// The function of the SDK that makes one change; none for what only a list of changes can say.
    fn one_change(&mut self, table: &Name, change: &Change) -> Option<String> {
        let table = name(table);
        Some(match change {
            Change::AddColumn { .. } | Change::DropColumn { .. } | Change::RenameColumn { .. } => return None,
            Change::SetType { name: column, data_type, using } => {
                let option = using.as_ref().map(|using| option("using", &text(using))).unwrap_or_default();
                format!("op{option}.set_type({table}, {}, {})", name(column), text(&data_type.to_string()))
            }
            Change::SetNullable { name: column, nullable, backfill } => {
                let option = backfill.as_ref().map(|backfill| option_of("backfill", backfill)).unwrap_or_default();
                format!("op{option}.set_nullable({table}, {}, {nullable})", name(column))
            }
            Change::SetDefault { name: column, default } => match default {
                None => format!("op.drop_default({table}, {})", name(column)),
                Some(Default::Value(default)) => format!("op.set_default({table}, {}, {})", name(column), value(default)),
                Some(Default::Expression(default)) => {
                    format!("op.set_default_expression({table}, {}, {})", name(column), text(default))
                }
            },
            Change::AddForeignKey { key, if_not_exists } => {
                format!("{}.add_foreign_key({table}, &{})", unless(*if_not_exists, "if_not_exists"), self.foreign_key(key))
            }
            Change::AddUnique { unique, if_not_exists } => {
                format!("{}.add_unique({table}, &{})", unless(*if_not_exists, "if_not_exists"), self.unique(unique))
            }
            Change::AddCheck { check, if_not_exists } => {
                format!("{}.add_check({table}, &{})", unless(*if_not_exists, "if_not_exists"), self.check(check))
            }
            Change::SetPrimaryKey { columns, autoincrement } => {
                let option = if *autoincrement { option("autoincrement", "true") } else { String::new() };
                format!("op{option}.set_primary_key({table}, {})", names(columns))
            }
            Change::DropConstraint { constraint, if_exists } => {
                let (function, argument) = dropped(constraint);
                format!("{}.{function}({table}, {argument})", unless(*if_exists, "if_exists"))
            }
        })
    }

    fn change(&mut self, change: &Change) -> String {
        let with = |key: &str, value: &str| format!(".with({}, {value})", text(key));
        let flag = |key: &str, set: bool| if set { with(key, "true") } else { String::new() };
        let call = match change {
            Change::AddColumn { column, position, if_not_exists } => {
                let place = match position {
                    None => String::new(),
                    Some(Position::First) => with("position", "\"first\""),
                    Some(Position::After(before)) => with("position", &text(&format!("after {before}"))),
                };
                format!("add_column(&{}){place}{}", self.column(column), flag("if-not-exists", *if_not_exists))
            }
            Change::DropColumn { name: column, if_exists } => format!("drop_column({}){}", name(column), flag("if-exists", *if_exists)),
            Change::RenameColumn { name: column, to } => format!("rename_column({}, {})", name(column), name(to)),
            Change::SetType { name: column, data_type, using } => {
                let using = using.as_ref().map(|using| with("using", &text(using))).unwrap_or_default();
                format!("set_type({}, {}){using}", name(column), text(&data_type.to_string()))
            }
            Change::SetNullable { name: column, nullable, backfill } => {
                let backfill = match backfill {
                    None => String::new(),
                    Some(Default::Value(backfill)) => with("backfill", &value(backfill)),
                    Some(Default::Expression(backfill)) => with("backfill-expression", &text(backfill)),
                };
                format!("set_nullable({}, {nullable}){backfill}", name(column))
            }
            Change::SetDefault { name: column, default } => match default {
                None => format!("drop_default({})", name(column)),
                Some(Default::Value(default)) => format!("set_default({}, {})", name(column), value(default)),
                Some(Default::Expression(default)) => format!("set_default_expression({}, {})", name(column), text(default)),
            },
            Change::AddForeignKey { key, if_not_exists } => {
                format!("add_foreign_key(&{}){}", self.foreign_key(key), flag("if-not-exists", *if_not_exists))
            }
            Change::AddUnique { unique, if_not_exists } => {
                format!("add_unique(&{}){}", self.unique(unique), flag("if-not-exists", *if_not_exists))
            }
            Change::AddCheck { check, if_not_exists } => {
                format!("add_check(&{}){}", self.check(check), flag("if-not-exists", *if_not_exists))
            }
            Change::SetPrimaryKey { columns, autoincrement } => {
                let option = if *autoincrement { with("autoincrement", "true") } else { String::new() };
                format!("set_primary_key({}){option}", names(columns))
            }
            Change::DropConstraint { constraint, if_exists } => {
                let (function, argument) = dropped(constraint);
                format!("{function}({argument}){}", flag("if-exists", *if_exists))
            }
        };
        format!("{}::{call}", self.uses("Change"))
    }

    fn table(&mut self, table: &Table) -> String {
        let mut made = format!("{}::new({})", self.uses("Table"), name(&table.name));
        let own = table.columns.len().saturating_sub(ENTITY.len());
        let is_entity = names_are(&table.primary_key, &["id"]) && !table.autoincrement && is_entity_tail(&table.columns[own..]);
        let listed = if is_entity { &table.columns[..own] } else { &table.columns[..] };
        for column in listed {
            made.push_str(&format!(".column({})", self.column(column)));
        }
        match is_entity {
            true => made.push_str(".entity_columns()"),
            false if table.primary_key.is_empty() => {}
            false => made.push_str(&format!(".primary_key({})", names(&table.primary_key))),
        }
        for key in &table.foreign_keys {
            made.push_str(&format!(".foreign_key({})", self.foreign_key(key)));
        }
        for unique in &table.uniques {
            made.push_str(&format!(".unique({})", self.unique(unique)));
        }
        for check in &table.checks {
            made.push_str(&format!(".check({})", self.check(check)));
        }
        for index in &table.indexes {
            made.push_str(&format!(".index({})", self.index(&table.name, index)));
        }
        let options = [("strict", table.strict), ("without-rowid", table.without_rowid), ("autoincrement", table.autoincrement)];
        for (key, _) in options.into_iter().filter(|(_, set)| *set) {
            made.push_str(&attribute(key, "true"));
        }
        made
    }

    fn column(&mut self, column: &Column) -> String {
        let own = name(&column.name);
        let constructor = match &column.data_type {
            ColumnType::Decimal { precision, scale } => format!("decimal({own}, {precision}, {scale})"),
            ColumnType::String(Some(_)) | ColumnType::Enum(_) => format!("new({own}, {})", text(&column.data_type.to_string())),
            plain => format!("{plain}({own})"),
        };
        let mut made = format!("{}::{constructor}", self.uses("Column"));
        if !column.nullable {
            made.push_str(".not_null()");
        }
        match &column.default {
            None => {}
            Some(Default::Value(default)) => made.push_str(&format!(".default({})", value(default))),
            Some(Default::Expression(default)) => made.push_str(&format!(".default_expression({})", text(default))),
        }
        if let Some(collate) = &column.collate {
            made.push_str(&format!(".collate({})", text(collate)));
        }
        if let Some(generated) = &column.generated {
            made.push_str(&attribute("generated", &text(&generated.expression)));
            made.push_str(if generated.stored { ".attribute(\"stored\", true)" } else { "" });
        }
        made
    }

    fn foreign_key(&mut self, key: &ForeignKey) -> String {
        let of = self.uses("ForeignKey");
        let mut made = match (&key.columns[..], &key.target_columns[..]) {
            ([column], [target]) => format!("{of}::new({}, {}, {})", name(column), name(&key.target_table), name(target)),
            (columns, targets) => format!("{of}::composite({}, {}, {})", names(columns), name(&key.target_table), names(targets)),
        };
        made.push_str(&named(key.name.as_ref()));
        for (function, action) in [("on_delete", key.on_delete), ("on_update", key.on_update)] {
            if let Some(word) = action_word(action) {
                made.push_str(&format!(".{function}({}::{word})", self.uses("ReferenceAction")));
            }
        }
        made.push_str(if key.deferred { ".deferred()" } else { "" });
        made
    }

    fn unique(&mut self, unique: &Unique) -> String {
        format!("{}::on({}){}", self.uses("Unique"), names(&unique.columns), named(unique.name.as_ref()))
    }

    fn check(&mut self, check: &Check) -> String {
        format!("{}::new({}){}", self.uses("Check"), text(&check.expression), named(check.name.as_ref()))
    }

    fn index(&mut self, table: &Name, index: &Index) -> String {
        let plain = |term: &crate::model::schema::IndexTerm| match &term.key {
            IndexKey::Column(column) if term.collate.is_none() && !term.descending => Some(column.clone()),
            _ => None,
        };
        let columns: Option<Vec<Name>> = index.terms.iter().map(plain).collect();
        let by_columns = columns.filter(|columns| {
            let joined: Vec<&str> = columns.iter().map(Name::as_str).collect();
            index.name.as_str() == format!("ix_{table}_{}", joined.join("_"))
        });
        let of = self.uses("Index");
        let mut made = match by_columns {
            Some(columns) => format!("{of}::on({}, {})", name(table), names(&columns)),
            None => {
                let terms: Vec<String> = index.terms.iter().map(|term| text(&term_text(term))).collect();
                format!("{of}::new({}, [{}])", name(&index.name), terms.join(", "))
            }
        };
        made.push_str(if index.unique { ".unique()" } else { "" });
        if let Some(filter) = &index.filter {
            made.push_str(&format!(".filter({})", text(filter)));
        }
        made
    }

    fn trigger(&mut self, trigger: &Trigger) -> String {
        let timing = match trigger.timing {
            Timing::Before => "before",
            Timing::After => "after",
            Timing::InsteadOf => "instead-of",
        };
        let event = match trigger.event {
            TriggerEvent::Insert => "insert",
            TriggerEvent::Update => "update",
            TriggerEvent::Delete => "delete",
        };
        let body: Vec<String> = trigger.body.iter().map(|sql| text(sql)).collect();
        let mut made = format!(
            "{}::new({}, {}, {}, {}, [{}])",
            self.uses("Trigger"),
            name(&trigger.name),
            name(&trigger.table),
            text(timing),
            text(event),
            body.join(", ")
        );
        for column in &trigger.of {
            made.push_str(&attribute("of", &name(column)));
        }
        if let Some(condition) = &trigger.condition {
            made.push_str(&attribute("condition", &text(condition)));
        }
        made
    }
}

/// The columns that `entity_columns` adds.
const ENTITY: [(&str, ColumnType, Option<&str>); 4] = [
    ("id", ColumnType::Ulid, None),
    ("created_at", ColumnType::Timestamp, Some("CURRENT_TIMESTAMP")),
    ("updated_at", ColumnType::Timestamp, Some("CURRENT_TIMESTAMP")),
    ("tags", ColumnType::Json, Some("[]")),
];

fn is_entity_tail(columns: &[Column]) -> bool {
    let is = |(column, (name, data_type, default)): (&Column, &(&str, ColumnType, Option<&str>))| {
        let same_default = match (&column.default, default) {
            (None, None) => true,
            (Some(Default::Expression(found) | Default::Value(Value::Text(found))), Some(wanted)) => found == wanted,
            _ => false,
        };
        column.name.as_str() == *name && column.data_type == *data_type && same_default && !column.nullable && column.collate.is_none()
    };
    columns.len() == ENTITY.len() && columns.iter().zip(&ENTITY).all(is)
}

fn names_are(names: &[Name], wanted: &[&str]) -> bool {
    names.len() == wanted.len() && names.iter().zip(wanted).all(|(name, wanted)| name == *wanted)
}

fn unless(option: bool, function: &str) -> String {
    if option { format!("op.{function}()") } else { "op".to_owned() }
}

fn option(key: &str, value: &str) -> String {
    format!(".option({}, {value})", text(key))
}

fn option_of(key: &str, default: &Default) -> String {
    match default {
        Default::Value(content) => option(key, &value(content)),
        Default::Expression(content) => option(&format!("{key}-expression"), &text(content)),
    }
}

fn attribute(key: &str, value: &str) -> String {
    format!(".attribute({}, {value})", text(key))
}

fn named(constraint: Option<&Name>) -> String {
    constraint.map(|constraint| format!(".named({})", name(constraint))).unwrap_or_default()
}

fn dropped(constraint: &ConstraintOf) -> (&'static str, String) {
    match constraint {
        ConstraintOf::Name(constraint) => ("drop_constraint", name(constraint)),
        ConstraintOf::Unique(columns) => ("drop_unnamed_unique", names(columns)),
        ConstraintOf::ForeignKey(columns) => ("drop_unnamed_foreign_key", names(columns)),
        ConstraintOf::Check(expression) => ("drop_unnamed_check", text(expression)),
    }
}

fn action_word(action: ReferenceAction) -> Option<&'static str> {
    match action {
        ReferenceAction::NoAction => None,
        ReferenceAction::Restrict => Some("Restrict"),
        ReferenceAction::Cascade => Some("Cascade"),
        ReferenceAction::SetNull => Some("SetNull"),
        ReferenceAction::SetDefault => Some("SetDefault"),
    }
}

/// As the SDK's `Index::new` takes it.
fn term_text(term: &crate::model::schema::IndexTerm) -> String {
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
