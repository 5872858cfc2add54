//! Operations for tests: the seed's own tables, and each operation with all that it can hold.

use crate::model::schema::{Generated, IndexKey, IndexTerm, Timing, TriggerEvent};
use crate::model::{
    Change, Check, Column, ColumnType, Default, ForeignKey, Index, Name, Operation, Position, ReferenceAction, Table, Trigger, Unique,
    Value, View,
};

pub(super) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(super) fn names<const N: usize>(all: [&str; N]) -> Vec<Name> {
    all.iter().map(|text| name(text)).collect()
}

pub(super) fn column(text: &str, data_type: &str) -> Column {
    let data_type: ColumnType = data_type.parse().unwrap();
    Column {
        name: name(text),
        data_type,
        nullable: false,
        default: None,
        collate: None,
        generated: None,
        rules: std::default::Default::default(),
        renamed_from: None,
    }
}

impl Column {
    pub(super) fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub(super) fn or(mut self, default: impl Into<Value>) -> Self {
        self.default = Some(Default::Value(default.into()));
        self
    }

    pub(super) fn or_expression(mut self, text: &str) -> Self {
        self.default = Some(Default::Expression(text.to_owned()));
        self
    }
}

pub(super) fn table<const N: usize>(text: &str, columns: [Column; N]) -> Table {
    Table {
        name: name(text),
        columns: columns.into(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        uniques: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        strict: false,
        without_rowid: false,
        autoincrement: false,
        renamed_from: None,
    }
}

pub(super) fn index<const N: usize>(text: &str, columns: [&str; N]) -> Index {
    let term = |column: &&str| IndexTerm { key: IndexKey::Column(name(column)), collate: None, descending: false };
    Index { name: name(text), terms: columns.iter().map(term).collect(), unique: false, filter: None }
}

pub(super) fn key(column: &str, target: &str, on_delete: ReferenceAction) -> ForeignKey {
    ForeignKey {
        name: None,
        columns: names([column]),
        target_table: name(target),
        target_columns: names(["id"]),
        on_delete,
        on_update: ReferenceAction::NoAction,
        deferred: false,
    }
}

/// The columns that end every table of the seed, and the key on the first of them.
pub(super) fn entity<const N: usize>(text: &str, own: [Column; N]) -> Table {
    let now = |text| column(text, "timestamp").or_expression("CURRENT_TIMESTAMP");
    let mut entity = table(text, [column("id", "ulid"), now("created_at"), now("updated_at"), column("tags", "json").or("[]")]);
    entity.columns.splice(0..0, own);
    entity.primary_key = names(["id"]);
    entity
}

/// The six tables of the seed, in the order in which their foreign keys allow them.
pub(super) fn seed_tables() -> Vec<Table> {
    let yes = || Value::Boolean(true);
    let mut artifacts = entity("artifacts", [column("parent_id", "ulid").null(), column("data", "bytes"), column("level", "integer")]);
    artifacts.foreign_keys = vec![key("parent_id", "artifacts", ReferenceAction::SetNull)];
    artifacts.indexes = vec![index("ix_artifacts_level", ["level"]), index("ix_artifacts_parent_id", ["parent_id"])];
    let mut configs = entity("configs", [column("name", "string"), column("data", "json")]);
    configs.indexes = vec![index("ix_configs_name", ["name"])];
    let mut links = table("config_artifacts", [column("config_id", "ulid"), column("artifact_id", "ulid")]);
    links.primary_key = names(["config_id", "artifact_id"]);
    links.foreign_keys =
        vec![key("artifact_id", "artifacts", ReferenceAction::Cascade), key("config_id", "configs", ReferenceAction::Cascade)];
    let unique = |text: Option<&str>, column: &str| Unique { name: text.map(name), columns: names([column]) };
    links.uniques = vec![unique(None, "artifact_id"), unique(Some("uq_artifact_id"), "artifact_id")];
    let words = [
        column("command", "text"),
        column("task_type", "text").or("shell"),
        column("parameters", "json").null(),
        column("enabled", "boolean").or(yes()),
    ];
    let tasks = entity("tasks", words);
    let mut users = entity("users", [column("email", "string"), column("name", "string"), column("is_active", "boolean").or(yes())]);
    users.uniques = vec![unique(None, "email")];
    users.indexes = vec![index("ix_users_email", ["email"])];
    let mut orders =
        entity("orders", [column("user_id", "ulid"), column("total_amount", "float"), column("status", "string").or("pending")]);
    orders.foreign_keys = vec![key("user_id", "users", ReferenceAction::Cascade)];
    orders.indexes = vec![index("ix_orders_user_id", ["user_id"])];
    vec![artifacts, configs, links, tasks, users, orders]
}

/// A table with every type and every clause.
fn everything() -> Table {
    let mut all = table(
        "Order Lines",
        [
            column("id", "bigint"),
            column("ulid", "ulid").null(),
            column("uuid", "uuid").null(),
            column("string", "string(80)").or("it's"),
            column("text", "text").or("a\0b"),
            column("integer", "integer").or(i64::MIN),
            column("float", "float").or(Value::Real(f64::NEG_INFINITY)),
            column("decimal", "decimal(12,2)").or("1.50"),
            column("boolean", "boolean").or(Value::Boolean(false)),
            column("date", "date").null().or(Value::Null),
            column("time", "time").null(),
            column("bytes", "bytes").or(Value::Bytes(vec![0, 171, 255])),
            column("select", "enum(new,done,été)").or("new"),
        ],
    );
    all.columns[4].collate = Some("NOCASE".to_owned());
    all.primary_key = names(["id"]);
    all.foreign_keys = vec![ForeignKey {
        name: Some(name("fk")),
        columns: names(["ulid", "uuid"]),
        target_table: name("order"),
        target_columns: names(["a", "b"]),
        on_delete: ReferenceAction::Restrict,
        on_update: ReferenceAction::SetDefault,
        deferred: true,
    }];
    all.checks = vec![
        Check { name: Some(name("positive")), expression: "integer > 0 AND (text <> ';--')".to_owned() },
        Check { name: None, expression: "length(string) < 80".to_owned() },
    ];
    all
}

/// Each change that needs nothing to be there before.
fn every_change() -> Vec<Change> {
    let mut computed = column("sum", "integer").null();
    computed.generated = Some(Generated { expression: "a + 1".to_owned(), stored: true });
    let unique = Unique { name: Some(name("uq")), columns: names(["b", "a"]) };
    let check = Check { name: Some(name("ck")), expression: "a > 0".to_owned() };
    vec![
        Change::AddColumn { column: computed, position: Some(Position::First), if_not_exists: false },
        Change::AddColumn { column: column("late", "string").null(), position: Some(Position::After(name("a"))), if_not_exists: false },
        Change::SetType { name: name("b"), data_type: "text".parse().unwrap(), using: Some("upper(b)".to_owned()) },
        Change::SetNullable { name: name("b"), nullable: true, backfill: None },
        Change::SetDefault { name: name("a"), default: Some(Default::Value(7.into())) },
        Change::SetDefault { name: name("b"), default: None },
        Change::AddForeignKey {
            key: ForeignKey { target_columns: names(["n"]), ..key("a", "counter", ReferenceAction::Cascade) },
            if_not_exists: false,
        },
        Change::AddUnique { unique, if_not_exists: false },
        Change::AddCheck { check, if_not_exists: false },
        Change::SetPrimaryKey { columns: names(["a"]), autoincrement: false },
        Change::RenameColumn { name: name("b"), to: name("c") },
    ]
}

fn second_changes() -> Vec<Change> {
    let backfill = Some(Default::Expression("'x'".to_owned()));
    vec![Change::DropColumn { name: name("f"), if_exists: false }, Change::SetNullable { name: name("a"), nullable: false, backfill }]
}

fn everything_of_a_trigger() -> Trigger {
    Trigger {
        name: name("tr"),
        table: name("log"),
        timing: Timing::After,
        event: TriggerEvent::Update,
        of: names(["a", "b"]),
        condition: Some("new.a <> old.a".to_owned()),
        body: vec!["DELETE FROM log WHERE a = old.a;".to_owned(), "SELECT RAISE(ABORT, 'no') WHERE new.b = 'no'".to_owned()],
    }
}

/// One of each, some with all that they can hold.
pub(crate) fn every_operation() -> Vec<Operation> {
    let mut counter =
        table("counter", [column("n", "bigint"), column("what", "string(9)").null(), column("price", "decimal(9,2)").or("0.00")]);
    counter.primary_key = names(["n"]);
    (counter.autoincrement, counter.strict) = (true, true);
    let mut pair = table("pair", [column("a", "integer"), column("b", "json")]);
    pair.primary_key = names(["a", "b"]);
    pair.without_rowid = true;
    let mut busy = index("ix_busy", ["status"]);
    busy.terms.push(IndexTerm {
        key: IndexKey::Expression("lower(status)".to_owned()),
        collate: Some("NOCASE".to_owned()),
        descending: true,
    });
    (busy.unique, busy.filter) = (true, Some("status IS NOT NULL".to_owned()));
    let view = View { name: name("totals"), query: "SELECT user_id, sum(total_amount) AS total FROM orders GROUP BY user_id".to_owned() };
    let params = vec![Value::Null, Value::Boolean(true), Value::Integer(-1), Value::Real(19.99), "it's".into(), Value::Bytes(vec![0, 255])];
    let mut operations: Vec<Operation> =
        seed_tables().into_iter().map(|table| Operation::CreateTable { table, if_not_exists: false }).collect();
    operations.extend([
        Operation::CreateTable { table: everything(), if_not_exists: false },
        Operation::CreateTable { table: counter, if_not_exists: true },
        Operation::CreateTable { table: pair, if_not_exists: false },
        Operation::RenameTable { name: name("tasks"), to: name("jobs") },
        Operation::AddColumn { table: name("users"), column: column("phone", "string").null(), if_not_exists: false },
        Operation::AddColumn { table: name("users"), column: column("active", "boolean").or(Value::Boolean(true)), if_not_exists: true },
        Operation::RenameColumn { table: name("users"), name: name("phone"), to: name("group") },
        Operation::DropColumn { table: name("users"), name: name("group"), if_exists: true },
        Operation::CreateIndex { table: name("orders"), index: busy, if_not_exists: true },
        Operation::DropIndex { name: name("ix_busy"), if_exists: true },
        Operation::CreateView { view, if_not_exists: false },
        Operation::DropView { name: name("totals"), if_exists: false },
        Operation::Execute { sql: "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)".to_owned(), params },
        Operation::Execute { sql: "UPDATE users SET name = upper(name);".to_owned(), params: vec![] },
        Operation::InsertRows {
            table: name("log"),
            columns: names(["a", "b"]),
            rows: vec![vec![1.into(), Value::Null], vec![2.into(), "x".into()]],
        },
        Operation::AlterTable { table: name("pair"), changes: every_change(), rebuild: false },
        Operation::AlterTable { table: name("pair"), changes: vec![], rebuild: true },
        Operation::AlterTable { table: name("log"), changes: second_changes(), rebuild: false },
        Operation::CreateTrigger { trigger: everything_of_a_trigger(), if_not_exists: false },
        Operation::DropTrigger { name: name("tr"), if_exists: true },
        Operation::DropTable { name: name("orders"), if_exists: false, detach: false },
        Operation::DropTable { name: name("jobs"), if_exists: true, detach: false },
        Operation::DropTable { name: name("counter"), if_exists: false, detach: true },
    ]);
    operations
}
