//! SQLite's lexical rules: how it divides a text into tokens, how a name or a value is written, and whether a plugin's piece of SQL
//! stays one piece.
//!
//! Every room that meets a plugin's SQL reads it here, so that no text is one thing to whoever checks it and another to whoever runs
//! it: `runtime` refuses at the contract what is not one piece, `migrate` writes pieces into statements of its own, `store` judges
//! statements. What a text means, and what it may do, is not known here; neither is any statement of ours. Why the room of names and
//! types holds this at all: `docs/decisions/0010-lexical-sql.md`.
//!
//! [`token`] reads; [`expression`] and [`statement`] decide; [`quote`] and [`literal()`] write.

mod error;
pub mod expression;
pub mod literal;
pub mod quote;
pub mod statement;
#[cfg(test)]
pub(crate) mod tests;
pub mod token;

pub use error::SqlTextError;
pub use expression::{check_expression, check_query, closing_parenthesis};
pub use literal::{constant, literal, text_literal};
pub use quote::{identifier, identifiers};
pub use statement::{check_statement, check_trigger_condition, check_trigger_statement};
pub use token::{Kind, Token, mentions, tokens};

/// Longest text of a plugin's that is taken, in bytes.
///
/// Larger than any that a person writes (the longest view known to us has 6,000); rows in bulk go through parameters. Compiling takes
/// time in proportion to it.
pub const MAX_BYTES: usize = 64 << 10;

/// Deepest nesting of parentheses in an expression: well below the 1,000 at which SQLite gives up, and the depth of its parser's stack.
pub const MAX_DEPTH: usize = 50;
