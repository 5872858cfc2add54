//! One term of an index: `name`, `name COLLATE NOCASE DESC`, `(expression) DESC`. Taken apart as the host does it.

use syn::{Error, LitStr, Result};

use crate::name;

/// What a term sorts by.
pub(super) enum Term {
    /// A column, by its name alone.
    Column(LitStr),
    /// A column, and how it is sorted.
    Sorted(LitStr),
    /// An expression.
    Expression,
}

impl Term {
    /// Reads a term.
    pub(super) fn read(text: &LitStr) -> Result<Self> {
        let value = text.value();
        let term = value.trim();
        if term.starts_with('(') {
            return Ok(Self::Expression);
        }
        let column = |name: &str| LitStr::new(name, text.span());
        let (rest, descending) = match last_word(term) {
            Some((rest, word)) if word.eq_ignore_ascii_case("desc") => (rest, true),
            _ => (term, false),
        };
        if let Some((before, collation)) = last_word(rest)
            && let Some((name, word)) = last_word(before)
            && word.eq_ignore_ascii_case("collate")
        {
            name::collation(collation).map_err(|message| Error::new(text.span(), message))?;
            return Ok(Self::Sorted(column(name.trim())));
        }
        Ok(if descending { Self::Sorted(column(rest.trim())) } else { Self::Column(column(rest)) })
    }
}

/// The last word, and what stands before it. A word alone has nothing before it, and is a name, whatever it says.
fn last_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let blank = text.rfind([' ', '\t', '\n', '\r'])?;
    Some((&text[..blank], &text[blank + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_gives_the_column_that_it_names() {
        let read = |text: &str| match Term::read(&LitStr::new(text, proc_macro2::Span::call_site())) {
            Ok(Term::Column(name)) => name.value(),
            Ok(Term::Sorted(name)) => format!("{} sorted", name.value()),
            Ok(Term::Expression) => "expression".to_owned(),
            Err(error) => error.to_string(),
        };
        for (text, expected) in [
            ("a", "a"),
            ("desc", "desc"),
            ("order line", "order line"),
            ("a DESC", "a sorted"),
            ("order line collate nocase desc", "order line sorted"),
            ("(lower(a)) DESC", "expression"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(read("a COLLATE german").contains("BINARY, NOCASE, RTRIM"));
    }
}
