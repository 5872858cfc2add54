//! What must hold of the rows that are there before a table is changed, as queries that find those for which it does not.

use crate::migrate::dialect::alteration::Condition;
use crate::model::sql::{identifier, text_literal};
use crate::model::{ColumnType, ForeignKey, Name};

use super::stored::StoredTable;

/// Rows that are shown of those in the way.
const SHOWN: usize = 5;

/// Makes conditions for one table.
pub(super) struct Conditions<'a> {
    table: &'a Name,
    /// What tells a row from the others.
    key: Vec<String>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(table: &'a Name, stored: &StoredTable) -> Self {
        let key: Vec<String> = stored.primary_key().into_iter().map(|name| identifier(name).into_owned()).collect();
        let rowid = || stored.rowid_name().map(str::to_owned).into_iter().collect();
        Self { table, key: if key.is_empty() { rowid() } else { key } }
    }

    fn condition(&self, rule: String, way_out: &str, shown: &[String], filter: &str) -> Condition {
        let table = identifier(self.table.as_str());
        let mut columns = self.key.clone();
        columns.extend(shown.iter().filter(|name| !self.key.contains(name)).cloned());
        let shown = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
        Condition {
            rule,
            way_out: way_out.to_owned(),
            count: format!("SELECT count(*) FROM {table} WHERE {filter}"),
            first: format!("SELECT {shown} FROM {table} WHERE {filter} LIMIT {SHOWN}"),
        }
    }

    /// There is no row at all.
    pub(super) fn empty(&self, column: &Name) -> Condition {
        let rule = format!("a new column {}.{column} that takes no NULL and has no default needs a table without rows", self.table);
        self.condition(rule, "give it a default, or add it nullable, fill it and make it not null", &[], "1")
    }

    /// No row has NULL there.
    pub(super) fn not_null(&self, column: &str, why: &str) -> Condition {
        let name = identifier(column).into_owned();
        let filter = format!("{name} IS NULL");
        self.condition(format!("{why} takes no NULL"), "give a `backfill`, or fill those rows before", &[name], &filter)
    }

    /// The expression holds of every row, or is NULL.
    pub(super) fn check(&self, name: &str, expression: &str) -> Condition {
        let rule = format!("{name} of table {} holds for every row", self.table);
        self.condition(rule, "change or delete those rows before", &[], &format!("NOT ({expression})"))
    }

    /// No two rows have the same there.
    pub(super) fn unique(&self, what: &str, columns: &[Name]) -> Condition {
        let names: Vec<String> = columns.iter().map(|column| identifier(column.as_str()).into_owned()).collect();
        let present: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        let (table, list) = (identifier(self.table.as_str()), names.join(", "));
        let groups = format!("FROM {table} WHERE {} GROUP BY {list} HAVING count(*) > 1", present.join(" AND "));
        Condition {
            rule: format!("{what} of table {} allows each only once", self.table),
            way_out: "change or delete those rows before".to_owned(),
            count: format!("SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n {groups})"),
            first: format!("SELECT {list}, count(*) AS \"rows\" {groups} LIMIT {SHOWN}"),
        }
    }

    /// Every row refers to one that is there, or to none.
    pub(super) fn foreign_key(&self, key: &ForeignKey) -> Condition {
        let (own, target) = (identifier(self.table.as_str()), identifier(key.target_table.as_str()));
        let names: Vec<String> = key.columns.iter().map(|column| identifier(column.as_str()).into_owned()).collect();
        let present = names.iter().map(|name| format!("{own}.{name} IS NOT NULL"));
        let same = key.target_columns.iter().zip(&names);
        let same: Vec<String> =
            same.map(|(target, own_name)| format!("tenon_target.{} = {own}.{own_name}", identifier(target.as_str()))).collect();
        let lost = format!("NOT EXISTS (SELECT 1 FROM {target} AS tenon_target WHERE {})", same.join(" AND "));
        let filter: Vec<String> = present.chain([lost]).collect();
        let columns: Vec<&str> = key.columns.iter().map(Name::as_str).collect();
        let rule = format!("foreign key ({}) of table {} leads to a row of table {}", columns.join(", "), self.table, key.target_table);
        self.condition(rule, "change or delete those rows before", &names, &filter.join(" AND "))
    }

    /// No value becomes NULL that is something.
    pub(super) fn emptied(&self, column: &Name, value: &str) -> Condition {
        let name = identifier(column.as_str()).into_owned();
        let filter = format!("{name} IS NOT NULL AND {value} IS NULL");
        let rule = format!("`using` of column {}.{column} makes no value NULL", self.table);
        self.condition(rule, "give --allow-destructive if that is meant", &[name], &filter)
    }

    /// Every value means the same as one of that type.
    pub(super) fn fits(&self, column: &Name, data_type: &ColumnType) -> Condition {
        let name = identifier(column.as_str()).into_owned();
        let filter = format!("{name} IS NOT NULL AND NOT coalesce({}, 0)", fits(&name, data_type));
        let rule = format!("every value of column {}.{column} means the same as {data_type}", self.table);
        self.condition(rule, "say with `using` what each becomes", &[name], &filter)
    }
}

/// What is asked of a value by its storage class; none where no value of that class fits.
#[derive(Default)]
struct Fits {
    integer: Option<String>,
    real: Option<String>,
    text: Option<String>,
    blob: Option<String>,
}

impl Fits {
    /// As an expression. The class is asked once, and no branch is worked out but its own: there may be a million rows, and `json_type` fails
    /// on what is no JSON.
    fn of(self, value: &str) -> String {
        let branch = |class: &str, test: Option<String>| test.map(|test| format!(" WHEN '{class}' THEN {test}")).unwrap_or_default();
        let (integer, real) = (branch("integer", self.integer), branch("real", self.real));
        format!("CASE typeof({value}){integer}{real}{}{} END", branch("text", self.text), branch("blob", self.blob))
    }

    /// The same, and `test` too.
    fn and(self, test: &str) -> Self {
        let and = |one: Option<String>| one.map(|one| if one == "1" { test.to_owned() } else { format!("{one} AND {test}") });
        Self { integer: and(self.integer), real: and(self.real), text: and(self.text), blob: and(self.blob) }
    }
}

/// An expression that is true of a value that needs no conversion to mean the same in that type; false or NULL of any other.
fn fits(value: &str, data_type: &ColumnType) -> String {
    let always = || Some("1".to_owned());
    // A number as text is read back as the same number, or the text means another.
    let reads_back = || Some(format!("CAST(CAST({value} AS TEXT) AS REAL) = {value}"));
    let as_text = || Fits { integer: always(), real: reads_back(), text: always(), blob: None };
    let text_that = |test: String| Fits { text: Some(test), ..Fits::default() };
    // JSON's idea of a number is the strictest at hand.
    let number_that = |test: &str| format!("CASE WHEN json_valid({value}) THEN json_type({value}) IN ('integer', 'real') AND {test} END");
    let whole = || Fits {
        integer: always(),
        real: Some(format!("CAST({value} AS INTEGER) = {value}")),
        text: Some(format!("CAST(CAST({value} AS INTEGER) AS TEXT) = {value}")),
        blob: None,
    };
    let shaped = |digits: &str, check: &str| text_that(format!("{value} GLOB {} AND {check}", text_literal(digits)));
    let fits = match data_type {
        ColumnType::Text | ColumnType::String(None) => as_text(),
        ColumnType::String(Some(most)) => as_text().and(&format!("length({value}) <= {most}")),
        ColumnType::Enum(words) => {
            let words: Vec<String> = words.iter().map(|word| text_literal(word)).collect();
            text_that(format!("({value} COLLATE BINARY) IN ({})", words.join(", ")))
        }
        ColumnType::Integer | ColumnType::BigInt => whole(),
        ColumnType::Boolean => whole().and(&format!("CAST({value} AS INTEGER) IN (0, 1)")),
        ColumnType::Float => Fits {
            // Below 2^53 every integer has a double of its own. The largest there is comes back from a larger double.
            integer: Some(format!(
                "({value} BETWEEN -{EXACT} AND {EXACT} OR {value} < {} AND CAST(CAST({value} AS REAL) AS INTEGER) = {value})",
                i64::MAX
            )),
            real: always(),
            // Fifteen digits come back from a double as they went in.
            text: Some(number_that(&format!("length(ltrim(replace({value}, '.', ''), '-0')) <= 15 AND NOT {value} GLOB '*[eE]*'"))),
            blob: None,
        },
        ColumnType::Decimal { precision, scale } => {
            let digits = format!("CAST({value} AS TEXT)");
            let places = format!("length({digits}) - instr({digits} || '.', '.') <= {scale}");
            let before = format!("length(ltrim(substr({digits}, 1, instr({digits} || '.', '.') - 1), '-0'))");
            let room = precision.saturating_sub(*scale);
            let test = format!("NOT {digits} GLOB '*[eE]*' AND {places} AND {before} <= {room}");
            let real = reads_back().map(|same| format!("{same} AND {test}"));
            Fits { text: Some(number_that(&test)), integer: Some(test), real, blob: None }
        }
        ColumnType::Bytes => Fits { blob: always(), ..Fits::default() },
        ColumnType::Json => as_text().and(&format!("json_valid({value})")),
        ColumnType::Ulid => text_that(format!("length({value}) = 26 AND NOT {value} GLOB '*[^0-9A-HJKMNP-TV-Z]*'")),
        ColumnType::Uuid => text_that(format!("length({value}) = 36 AND NOT {value} GLOB '*[^-0-9a-f]*'")),
        ColumnType::Timestamp => shaped("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*", &format!("datetime({value}) IS NOT NULL")),
        ColumnType::Date => shaped("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]", &format!("date({value}) IS {value}")),
        ColumnType::Time => shaped("[0-9][0-9]:[0-9][0-9]*", &format!("time({value}) IS NOT NULL")),
    };
    fits.of(value)
}

/// 2^53.
const EXACT: u64 = 1 << 53;
