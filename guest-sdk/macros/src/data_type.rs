//! Column types: the grammar of `data-type` in `wit/v0.1/schema.wit`, and what kind of values each holds.

/// What kind of values a column holds, as far as the macro can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text with a length.
    Text,
    /// Text in a form of its own: a ULID, a date.
    Formed,
    /// A whole number.
    Whole,
    /// A number with a fraction.
    Fraction,
    /// True or false.
    Boolean,
    /// Any JSON value.
    Json,
    /// Any bytes.
    Bytes,
    /// The macro cannot tell.
    Unknown,
}

const KNOWN: &str = "ulid, uuid, string, string(80), text, integer, bigint, float, decimal(12,2), boolean, timestamp, date, time, json, \
                     bytes, enum(a,b,c)";

/// The kind of a column type, or what to write instead.
pub(crate) fn parse(text: &str) -> Result<Kind, String> {
    let unknown = || format!("{text:?} is no column type; known are {KNOWN}");
    let (word, arguments) = match text.split_once('(') {
        None => (text, None),
        Some((word, rest)) => (word, Some(rest.strip_suffix(')').ok_or_else(unknown)?)),
    };
    match (word, arguments) {
        ("string" | "text", None) => Ok(Kind::Text),
        ("string", Some(n)) if n.trim().parse::<u32>().is_ok_and(|n| n > 0) => Ok(Kind::Text),
        ("ulid" | "uuid" | "timestamp" | "date" | "time", None) => Ok(Kind::Formed),
        ("integer" | "bigint", None) => Ok(Kind::Whole),
        ("float", None) => Ok(Kind::Fraction),
        ("decimal", Some(arguments)) => {
            let (precision, scale) = arguments.split_once(',').ok_or_else(unknown)?;
            let digits = |text: &str| text.trim().parse::<u8>().map_err(|_| unknown());
            let (precision, scale) = (digits(precision)?, digits(scale)?);
            if (1..=38).contains(&precision) && scale <= precision { Ok(Kind::Fraction) } else { Err(unknown()) }
        }
        ("boolean", None) => Ok(Kind::Boolean),
        ("json", None) => Ok(Kind::Json),
        ("bytes", None) => Ok(Kind::Bytes),
        ("enum", Some(words)) => {
            let words: Vec<&str> = words.split(',').map(str::trim).collect();
            let bad = |word: &&str| word.is_empty() || word.chars().any(|c| c.is_control() || matches!(c, '\'' | '"' | '(' | ')'));
            let repeats = words.iter().enumerate().any(|(i, word)| words[..i].contains(word));
            if words.iter().any(bad) || repeats { Err(unknown()) } else { Ok(Kind::Text) }
        }
        _ => Err(unknown()),
    }
}

/// The kind of a Rust type, by the last word of its path.
pub(crate) fn of_rust(ident: &str) -> Kind {
    match ident {
        "String" => Kind::Text,
        "Ulid" | "Uuid" | "Timestamp" | "Date" | "Time" => Kind::Formed,
        "i16" | "i32" | "i64" | "u16" | "u32" => Kind::Whole,
        "f64" => Kind::Fraction,
        "bool" => Kind::Boolean,
        "Json" => Kind::Json,
        "Vec" => Kind::Bytes,
        _ => Kind::Unknown,
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
    }

    #[test]
    fn what_is_no_type_is_refused_with_the_list() {
        for bad in ["", "varchar", "string(0)", "string(80", "decimal", "decimal(2,3)", "decimal(39,1)", "enum()", "enum(a,a)", "text(3)"] {
            assert!(parse(bad).unwrap_err().contains("known are ulid"), "{bad}");
        }
    }
}
