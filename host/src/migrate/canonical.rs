//! The canonical text of a list of operations, and its digest.
//!
//! The text is the operations' own serialisation as JSON without spaces: keys in the order of the fields, what is not set left out,
//! names as given, reals and bytes as [`Value`](crate::model::Value) freezes them. It is what the ledger keeps, so it must read back
//! to the same operations, and it must not change between versions: the golden file is written once and never again. A new field
//! of an operation is left out while it has its default, so that old digests stay.

use crate::model::{ContentHash, Operation};

/// The text is not one that [`canonical_text`] wrote: the ledger was changed by hand, or a newer tenon wrote it.
#[derive(Debug, thiserror::Error)]
#[error("the recorded operations cannot be read; a newer version of tenon may have written them")]
pub struct CanonicalError(#[from] serde_json::Error);

/// The canonical text: a JSON array.
pub fn canonical_text(operations: &[Operation]) -> String {
    serde_json::to_string(operations).expect("no map with keys that are not text, and no writer that can fail")
}

/// The digest of the canonical text.
pub fn digest(operations: &[Operation]) -> ContentHash {
    ContentHash::of(canonical_text(operations).as_bytes())
}

/// Reads the canonical text back.
///
/// # Errors
/// [`CanonicalError`]; what was read so far is of no use then.
pub fn from_canonical_text(text: &str) -> Result<Vec<Operation>, CanonicalError> {
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::super::samples::every_operation;
    use super::*;

    /// Never regenerate this file for a released version: a changed line is a changed digest in every ledger.
    const GOLDEN: &str = include_str!("../../tests/golden/canonical.jsonl");

    #[test]
    fn the_text_of_every_operation_is_frozen() {
        let text: Vec<String> = every_operation().iter().map(|operation| serde_json::to_string(operation).unwrap()).collect();
        assert_eq!(text.join("\n"), GOLDEN.trim_end());
    }

    #[test]
    fn every_operation_reads_back_as_written() {
        let operations = every_operation();
        assert_eq!(from_canonical_text(&canonical_text(&operations)).unwrap(), operations);
        assert_eq!(from_canonical_text("[]").unwrap(), []);
        assert!(from_canonical_text(r#"[{"operation":"fly"}]"#).is_err());
    }

    #[test]
    fn the_digest_is_of_the_whole_text() {
        let operations = every_operation();
        assert_eq!(digest(&operations), ContentHash::of(canonical_text(&operations).as_bytes()));
        assert_ne!(digest(&operations), digest(&operations[1..]));
        assert_eq!(digest(&[]), ContentHash::of(b"[]"));
    }
}
