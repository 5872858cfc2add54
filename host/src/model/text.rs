//! Text from a plugin on its way to a person: no control characters, not too long.

use std::fmt::Write as _;

/// Makes `text` safe to print on a terminal or in a log line, and at most about `most` bytes long.
///
/// # Shape
/// Control characters and those that change the direction of writing come out as escapes; what is cut ends in `…`.
pub fn printable(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most));
    for c in text.chars() {
        if out.len() + c.len_utf8() > most {
            out.push('…');
            break;
        }
        if is_harmful(c) {
            // Writing to a String cannot fail.
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// As [`printable`], at any length.
pub fn plain(text: &str) -> String {
    printable(text, usize::MAX)
}

/// Whether a terminal or an editor does something with the character instead of showing it, or shows nothing at all. The two joiners
/// (U+200C, U+200D) are not among them: some scripts cannot be written without.
pub fn is_harmful(c: char) -> bool {
    let steers = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let hides = matches!(c, '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || steers || hides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_a_terminal_would_obey() {
        assert_eq!(printable("a\u{1b}[2Jb\nc\u{202e}d", 100), "a\\u{1b}[2Jb\\nc\\u{202e}d");
        assert_eq!(plain("a\r\u{2066}b"), "a\\r\\u{2066}b");
        assert_eq!(plain("a\u{200b}b\u{e0041}"), "a\\u{200b}b\\u{e0041}");
        assert_eq!(printable("größe 日本", 100), "größe 日本");
    }

    #[test]
    fn cuts_at_a_character() {
        assert_eq!(printable("ääää", 5), "ää…");
        assert_eq!(printable("", 0), "");
    }
}
