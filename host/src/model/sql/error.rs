//! Why a text is not one piece of SQL.

use super::{MAX_BYTES, MAX_DEPTH};

/// What is wrong with an SQL text of a plugin's. Says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SqlTextError {
    /// Nothing but blanks and comments.
    #[error("the SQL is empty")]
    Empty,
    /// Over [`MAX_BYTES`].
    #[error("the SQL is {0} bytes long; at most {MAX_BYTES} are taken")]
    TooLong(usize),
    /// A NUL, at which SQLite would stop reading; in an expression, any control character besides tab and line breaks.
    #[error("the SQL holds the control character {0:?}")]
    Control(char),
    /// `--` or `/*`.
    #[error("the SQL holds a comment; leave it out")]
    Comment,
    /// `;` in an expression.
    #[error("the SQL holds a `;`; write one expression without it")]
    Semicolon,
    /// Text after the `;` of a statement.
    #[error("one statement at a time: there is more text after the first `;`")]
    Several,
    /// A parameter, by its first character.
    #[error("the SQL holds a `{0}` outside quotes; parameters are not possible here")]
    Parameter(char),
    /// A quote, comment or parenthesis that does not end.
    #[error("the SQL has a {what} that is never closed")]
    Unclosed {
        /// What opened it.
        what: &'static str,
        /// At which byte.
        at: usize,
    },
    /// A parenthesis too many.
    #[error("the SQL closes a parenthesis that it did not open")]
    Unopened {
        /// At which byte.
        at: usize,
    },
    /// Over [`MAX_DEPTH`].
    #[error("the SQL is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A query that does not begin like one.
    #[error("the SQL must be one SELECT; it begins with neither SELECT, VALUES nor WITH")]
    NoQuery,
    /// A statement that is not one of data.
    #[error("only SELECT, INSERT, UPDATE, DELETE, REPLACE, VALUES and WITH are statements for plugins")]
    NoStatement,
    /// A statement that no trigger can have.
    #[error("a trigger's body is made of INSERT, UPDATE, DELETE, REPLACE and SELECT")]
    NoTriggerStatement,
    /// ROLLBACK in a trigger, which would end the transaction of whoever fires it.
    #[error("the SQL says ROLLBACK, which would undo what others did in the same transaction; use ABORT")]
    Rollback,
}

impl SqlTextError {
    /// At which byte of the text it is, where that is one place.
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::Unclosed { at, .. } | Self::Unopened { at } => Some(*at),
            _ => None,
        }
    }
}
