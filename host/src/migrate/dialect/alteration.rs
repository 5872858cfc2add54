//! How a table that is there is changed, as a dialect plans it and a live database or a script carries it out.

use std::collections::BTreeSet;

use crate::model::Name;

/// What the SQLite that runs the statements can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Abilities {
    /// What the bundled one can, 3.54.
    #[default]
    Bundled,
    /// What every shell from 3.40 on can.
    Oldest,
}

/// The way from a table to the changed one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Alteration {
    /// The places of the changes that have nothing to do, and said that they may. Where they are all there were, nothing is done.
    pub passed_over: BTreeSet<usize>,
    /// Why all rows are copied to a new table; none where it is changed in place.
    pub rebuild: Option<String>,
    /// What must hold of the rows that are there, asked before anything is done.
    pub conditions: Vec<Condition>,
    /// What must hold of them unless values may be lost, asked then, too.
    pub losses: Vec<Condition>,
    /// What to do, in order.
    pub steps: Vec<AlterStep>,
}

/// Something that no row may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What the rows would have to be, for a message: `column users.age takes no NULL`.
    pub rule: String,
    /// How to get them there, for the same message.
    pub way_out: String,
    /// How many rows break it, as a query of one number.
    pub count: String,
    /// The first of them, as a query; each column's name says what it shows.
    pub first: String,
}

/// One part of an alteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlterStep {
    /// A statement.
    Run(String),
    /// One whose text comes from what is stored: in it, as where a schema is read, `"x"` may be a text, for it was written where that was
    /// so. What is new in it was looked at before.
    Restore(String),
    /// All rows go to the new table.
    Copy(Copy),
    /// The old table goes and the new one takes its name. Nothing must refer from one to the other while it is done: foreign keys are not
    /// enforced, and names in other objects stay as they are.
    Swap {
        /// The table.
        table: Name,
        /// What to run, in order.
        statements: Vec<String>,
    },
}

/// How rows are copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// `INSERT … SELECT … FROM …`, to which a WHERE can be added.
    pub sql: String,
    /// The table that is read.
    pub from: Name,
    /// What the new table is called until it takes the old one's place.
    pub into: &'static str,
    /// A name for a number that every row has and that rises with the rows; none where there is none, and all are copied at once.
    pub rowid: Option<&'static str>,
}
