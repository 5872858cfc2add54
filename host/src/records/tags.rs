//! The rules for a list of labels.

use std::collections::HashSet;

use super::error::{in_body, quoted};
use crate::model::Reason;
use crate::model::json::{Json, items};

/// Most labels on one row.
pub const MAX_TAGS: usize = 50;
/// Most characters in one label.
pub const MAX_TAG_LENGTH: usize = 100;

/// Checks a list of labels; answers its compact JSON text, or adds what is wrong with it, all at once.
///
/// # Source
/// `seed.md` (c): letters and digits of any script, `-` and `_`; compared by case; no repetition.
pub(super) fn check(value: &Json<'_>, pointer: &str, reasons: &mut Vec<Reason>) -> Option<String> {
    let Json::Array(text) = value else {
        reasons.push(in_body(pointer, "type", format!("must be an array of strings, not {}", value.kind())));
        return None;
    };
    let before = reasons.len();
    let tags = items(text);
    if tags.len() > MAX_TAGS {
        reasons.push(in_body(pointer, "length", format!("at most {MAX_TAGS} tags are allowed, not {}", tags.len())));
    }
    let mut seen = HashSet::new();
    let mut texts = Vec::with_capacity(tags.len());
    // One wrong label too many says enough: a body of a million of them must not become an answer of a million reasons.
    for (index, tag) in tags.iter().take(MAX_TAGS + 1).enumerate() {
        let at = format!("{pointer}/{index}");
        let Json::String(tag) = tag else {
            reasons.push(in_body(at, "type", format!("a tag must be a string, not {}", tag.kind())));
            continue;
        };
        if let Some((code, detail)) = fault(tag) {
            reasons.push(in_body(at, code, detail));
        } else if !seen.insert(tag.clone()) {
            reasons.push(in_body(at, "duplicate", format!("tag {} is given twice", quoted(tag))));
        }
        texts.push(tag.as_ref());
    }
    if reasons.len() > before { None } else { serde_json::to_string(&texts).ok() }
}

fn fault(tag: &str) -> Option<(&'static str, String)> {
    if tag.is_empty() {
        Some(("length", "an empty tag is not allowed".to_owned()))
    } else if tag.chars().any(char::is_whitespace) {
        Some(("format", format!("tag {} contains whitespace", quoted(tag))))
    } else if !tag.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
        Some(("format", format!("tag {} may hold letters, digits, hyphens and underscores only", quoted(tag))))
    } else if tag.chars().count() > MAX_TAG_LENGTH {
        Some(("length", format!("tag {} is longer than {MAX_TAG_LENGTH} characters", quoted(tag))))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<String, Vec<(String, String)>> {
        let mut reasons = Vec::new();
        let crate::model::json::Top::Other(value) = crate::model::json::read(text.as_bytes()).unwrap() else { panic!("not an array") };
        check(&value, "/tags", &mut reasons).ok_or_else(|| reasons.into_iter().map(|r| (r.at, r.code)).collect())
    }

    #[test]
    fn labels_are_letters_digits_hyphens_and_underscores() {
        assert_eq!(checked(r#"[ "été", "a-b_1", "A", "a" ]"#).unwrap(), r#"["été","a-b_1","A","a"]"#);
        assert_eq!(checked("[]").unwrap(), "[]");
    }

    #[test]
    fn every_wrong_label_is_named() {
        let long = "x".repeat(101);
        let wrong = checked(&format!(r#"["", "x y", "a.b", "{long}", "a", "a", 1]"#)).unwrap_err();
        let expected = [("0", "length"), ("1", "format"), ("2", "format"), ("3", "length"), ("5", "duplicate"), ("6", "type")];
        assert_eq!(wrong, expected.map(|(i, code)| (format!("/tags/{i}"), code.to_owned())));
    }

    #[test]
    fn there_are_at_most_fifty() {
        let many = |n: usize| serde_json::to_string(&(0..n).map(|i| format!("t{i}")).collect::<Vec<_>>()).unwrap();
        assert!(checked(&many(50)).is_ok());
        assert_eq!(checked(&many(51)).unwrap_err(), [("/tags".to_owned(), "length".to_owned())]);
        assert!(checked(&format!("[{}1]", "1,".repeat(100_000))).unwrap_err().len() <= 52);
    }

    #[test]
    fn null_is_no_list() {
        assert_eq!(checked("null").unwrap_err(), [("/tags".to_owned(), "type".to_owned())]);
    }
}
