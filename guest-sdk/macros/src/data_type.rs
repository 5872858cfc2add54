//! Column types: the grammar of `data-type` in `wit/v0.1/schema.wit`.

/// A column's type, as far as the macro can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DataType {
    /// Text of at most so many characters, where there is a limit.
    Text(Option<u32>),
    /// One of these words.
    Enum(Vec<String>),
    Ulid,
    Uuid,
    Timestamp,
    Date,
    Time,
    /// A whole number.
    Whole,
    Float,
    /// Digits in all, digits after the point.
    Decimal(usize, usize),
    Boolean,
    /// Any JSON value.
    Json,
    Bytes,
    /// The macro cannot tell: it sees how a Rust type is written, not what it is.
    Unknown,
}

const KNOWN: &str = "ulid, uuid, string, string(80), text, integer, bigint, float, decimal(12,2), boolean, timestamp, date, time, json, \
                     bytes, enum(a,b,c)";

/// The column type that is written so, or what to write instead.
pub(crate) fn parse(text: &str) -> Result<DataType, String> {
    let unknown = || format!("{text:?} is no column type; known are {KNOWN}");
    let (word, arguments) = match text.split_once('(') {
        None => (text, None),
        Some((word, rest)) => (word, Some(rest.strip_suffix(')').ok_or_else(unknown)?)),
    };
    match (word, arguments) {
        ("string" | "text", None) => Ok(DataType::Text(None)),
        ("string", Some(n)) => match n.trim().parse() {
            Ok(0) | Err(_) => Err(unknown()),
            Ok(n) => Ok(DataType::Text(Some(n))),
        },
        ("ulid", None) => Ok(DataType::Ulid),
        ("uuid", None) => Ok(DataType::Uuid),
        ("timestamp", None) => Ok(DataType::Timestamp),
        ("date", None) => Ok(DataType::Date),
        ("time", None) => Ok(DataType::Time),
        ("integer" | "bigint", None) => Ok(DataType::Whole),
        ("float", None) => Ok(DataType::Float),
        ("decimal", Some(arguments)) => {
            let (precision, scale) = arguments.split_once(',').ok_or_else(unknown)?;
            let digits = |text: &str| text.trim().parse::<u8>().map(usize::from).map_err(|_| unknown());
            let (precision, scale) = (digits(precision)?, digits(scale)?);
            if (1..=38).contains(&precision) && scale <= precision { Ok(DataType::Decimal(precision, scale)) } else { Err(unknown()) }
        }
        ("boolean", None) => Ok(DataType::Boolean),
        ("json", None) => Ok(DataType::Json),
        ("bytes", None) => Ok(DataType::Bytes),
        ("enum", Some(words)) => {
            let words: Vec<String> = words.split(',').map(|word| word.trim().to_owned()).collect();
            let bad = |word: &String| word.is_empty() || word.chars().any(|c| c.is_control() || matches!(c, '\'' | '"' | '(' | ')'));
            let repeats = words.iter().enumerate().any(|(i, word)| words[..i].contains(word));
            if words.iter().any(bad) || repeats { Err(unknown()) } else { Ok(DataType::Enum(words)) }
        }
        _ => Err(unknown()),
    }
}

/// The column type of a Rust type, by the last word of its path.
pub(crate) fn of_rust(ident: &str) -> DataType {
    match ident {
        "String" => DataType::Text(None),
        "Ulid" => DataType::Ulid,
        "Uuid" => DataType::Uuid,
        "Timestamp" => DataType::Timestamp,
        "Date" => DataType::Date,
        "Time" => DataType::Time,
        "i16" | "i32" | "i64" | "u16" | "u32" => DataType::Whole,
        "f64" => DataType::Float,
        "bool" => DataType::Boolean,
        "Json" => DataType::Json,
        "Vec" => DataType::Bytes,
        _ => DataType::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_contract_is_known() {
        for text in KNOWN.split(", ") {
            assert!(parse(text).is_ok(), "{text}");
        }
        assert_eq!(parse("decimal(4, 2)"), Ok(DataType::Decimal(4, 2)));
        assert_eq!(parse("string(80)"), Ok(DataType::Text(Some(80))));
    }

    #[test]
    fn what_is_no_type_is_refused_with_the_list() {
        for bad in ["", "varchar", "string(0)", "string(80", "decimal", "decimal(2,3)", "decimal(39,1)", "enum()", "enum(a,a)", "text(3)"] {
            assert!(parse(bad).unwrap_err().contains("known are ulid"), "{bad}");
        }
    }
}
