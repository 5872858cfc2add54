//! Whether a value means the same in another type, and how it is spelled there: what `set-type` without `using` asks and does.
//!
//! What the record engine would store of such a value is the measure (`model::scalar`): a text that it could not read back, or that no
//! filter would find, is not let in.

use crate::model::ColumnType;
use crate::model::sql::text_literal;

/// 2^53.
const EXACT: u64 = 1 << 53;

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

    /// The same of texts without a NUL, behind which most functions see nothing.
    fn whole(self, value: &str) -> Self {
        let whole = |test: String| format!("instr({value}, char(0)) = 0 AND {test}");
        Self { text: self.text.map(whole), ..self }
    }
}

/// An expression that is true of a value that needs no conversion to mean the same in that type; false or NULL of any other.
pub(super) fn fits(value: &str, data_type: &ColumnType, strict: bool) -> String {
    let always = || Some("1".to_owned());
    // A number as text is read back as the same number, or the text means another.
    let reads_back = || Some(format!("CAST(CAST({value} AS TEXT) AS REAL) = {value}"));
    let as_text = || Fits { integer: always(), real: reads_back(), text: always(), blob: None };
    let text_that = |test: String| Fits { text: Some(test), ..Fits::default() };
    let glob = |shape: &str| format!("{value} GLOB {}", text_literal(&shape.replace('9', "[0-9]").replace('x', "[0-9a-f]")));
    // JSON's idea of a number is the strictest at hand. It takes blanks around one.
    let number_that = |test: &str| format!("NOT {value} GLOB '*[^-.0-9]*' AND json_valid({value}) AND {test}");
    let whole_number = || Fits {
        integer: always(),
        real: Some(format!("CAST({value} AS INTEGER) = {value}")),
        text: Some(format!("CAST(CAST({value} AS INTEGER) AS TEXT) = {value}")),
        blob: None,
    };
    let fits = match data_type {
        ColumnType::Text | ColumnType::String(None) => as_text(),
        ColumnType::String(Some(most)) => as_text().and(&format!("length({value}) <= {most}")).whole(value),
        ColumnType::Enum(words) => {
            let words: Vec<String> = words.iter().map(|word| text_literal(word)).collect();
            text_that(format!("({value} COLLATE BINARY) IN ({})", words.join(", ")))
        }
        ColumnType::Integer | ColumnType::BigInt => whole_number(),
        ColumnType::Boolean => whole_number().and(&format!("CAST({value} AS INTEGER) IN (0, 1)")),
        ColumnType::Float => Fits {
            // Below 2^53 every integer has a double of its own. The largest there is comes back from a larger double.
            integer: Some(format!(
                "({value} BETWEEN -{EXACT} AND {EXACT} OR {value} < {} AND CAST(CAST({value} AS REAL) AS INTEGER) = {value})",
                i64::MAX
            )),
            real: always(),
            // Fifteen digits come back from a double as they went in.
            text: Some(number_that(&format!("length(ltrim(replace({value}, '.', ''), '-0')) <= 15"))),
            blob: None,
        }
        .whole(value),
        ColumnType::Decimal { precision, scale } => {
            let digits = digits_of(value);
            let places = format!("length({digits}) - instr({digits} || '.', '.') <= {scale}");
            let before = format!("length(ltrim(substr({digits}, 1, instr({digits} || '.', '.') - 1), '-0'))");
            let room = precision.saturating_sub(*scale);
            // Zero has no sign.
            let test = format!("NOT {digits} GLOB '*[eE]*' AND {places} AND {before} <= {room} AND {digits} <> '-0'");
            let real = reads_back().map(|same| format!("{same} AND {test}"));
            Fits { text: Some(number_that(&test)), integer: Some(test), real, blob: None }.whole(value)
        }
        ColumnType::Bytes => Fits { blob: always(), ..Fits::default() },
        ColumnType::Json if strict => as_text().and(&format!("json_valid({value})")).whole(value),
        ColumnType::Json => {
            // The column's affinity makes a number of a text that looks like one.
            let number = format!(
                "CASE json_type({value}) WHEN 'integer' THEN CAST(CAST({value} AS INTEGER) AS TEXT) = {value} \
                 WHEN 'real' THEN CAST(CAST({value} AS REAL) AS TEXT) = {value} ELSE 1 END"
            );
            let text = Some(format!("json_valid({value}) AND {number}"));
            Fits { text, ..as_text() }.whole(value)
        }
        ColumnType::Ulid => {
            text_that(format!("length({value}) = 26 AND {value} GLOB '[0-7]*' AND NOT {value} GLOB '*[^0-9A-HJKMNP-TV-Z]*'")).whole(value)
        }
        ColumnType::Uuid => text_that(glob("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")).whole(value),
        ColumnType::Timestamp => {
            let shape = format!("({} OR {})", glob("9999-99-99 99:99:99"), glob("9999-99-99 99:99:99.999"));
            text_that(format!("{shape} AND datetime({value}) IS substr({value}, 1, 19)")).whole(value)
        }
        ColumnType::Date => text_that(format!("{} AND date({value}) IS {value}", glob("9999-99-99"))).whole(value),
        ColumnType::Time => {
            let shape = format!("({} OR {})", glob("99:99:99"), glob("99:99:99.999"));
            text_that(format!("{shape} AND time({value}) IS substr({value}, 1, 8)")).whole(value)
        }
    };
    fits.of(value)
}

/// A number's text without the zeros that end a fraction.
fn digits_of(value: &str) -> String {
    let text = format!("CAST({value} AS TEXT)");
    format!("(CASE WHEN instr({text}, '.') THEN rtrim(rtrim({text}, '0'), '.') ELSE {text} END)")
}

/// What a value that [`fits`] becomes, where the type has one spelling for it; none where every value stays as it is.
pub(super) fn spelled(value: &str, data_type: &ColumnType) -> Option<String> {
    match data_type {
        ColumnType::Decimal { scale: 0, .. } => Some(digits_of(value)),
        ColumnType::Decimal { scale, .. } => {
            let (digits, zeros) = (digits_of(value), "0".repeat(usize::from(*scale)));
            let point = format!("CASE WHEN instr({digits}, '.') THEN '' ELSE '.' END");
            Some(format!("substr({digits} || {point} || '{zeros}', 1, instr({digits} || '.', '.') + {scale})"))
        }
        ColumnType::Time => Some(format!("CASE length({value}) WHEN 8 THEN {value} || '.000' ELSE {value} END")),
        _ => None,
    }
}

/// An expression for what a value that [`fits`] is in the new column, for comparing it before it is there; none where a value of a column
/// that was `declared` so is what it was.
pub(super) fn as_stored(value: &str, declared: &str, data_type: &ColumnType) -> Option<String> {
    let class = match data_type {
        ColumnType::Integer | ColumnType::BigInt | ColumnType::Boolean => "INTEGER",
        ColumnType::Float => "REAL",
        ColumnType::Text | ColumnType::String(_) => "TEXT",
        _ => return None,
    };
    (affinity(declared) != class).then(|| format!("CAST({value} AS {class})"))
}

/// What SQLite makes of values in a column that is declared so.
///
/// # Source
/// <https://sqlite.org/datatype3.html#determination_of_column_affinity>
fn affinity(declared: &str) -> &'static str {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match () {
        () if has(&["INT"]) => "INTEGER",
        () if has(&["CHAR", "CLOB", "TEXT"]) => "TEXT",
        () if has(&["BLOB"]) || declared.is_empty() => "BLOB",
        () if has(&["REAL", "FLOA", "DOUB"]) => "REAL",
        () => "NUMERIC",
    }
}
