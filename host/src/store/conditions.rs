//! What a script asks of the host's own tables before it changes anything: that the database stands where the script begins.
//!
//! A run reads the ledger and plans from there. A script was planned before anybody knew the file that it is run on.

use std::collections::BTreeSet;

use crate::model::Node;
use crate::model::sql::text_literal;

/// Something that must be so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptCondition {
    /// What, and the way out, for the message that the script stops with.
    pub rule: String,
    /// A query of one number, 0 if it is so.
    pub count: String,
}

const WAY_OUT: &str = "`tenon current` says where this database stands; print the script from there, as FROM:TO, or run it without --sql";

/// The host's tables are yet to be made.
pub fn absent() -> ScriptCondition {
    ScriptCondition {
        rule: format!("there is no tenon_bookkeeping yet, for this script begins at base: {WAY_OUT}"),
        count: "SELECT count(*) FROM sqlite_schema WHERE name = 'tenon_bookkeeping'".to_owned(),
    }
}

/// The host's tables are there.
pub fn present() -> ScriptCondition {
    let rule = "there is a tenon_ledger, for this script goes on from a revision that is applied; a script from base makes one";
    ScriptCondition { rule: rule.to_owned(), count: "SELECT count(*) = 0 FROM sqlite_schema WHERE name = 'tenon_ledger'".to_owned() }
}

/// The revision can be applied: it is not, and all that it needs is.
pub fn applicable(node: &Node, needs: &BTreeSet<&Node>) -> ScriptCondition {
    let itself = format!("SELECT count(*) FROM tenon_ledger WHERE {}", is(node));
    let count = match needs.len() {
        0 => itself,
        all => {
            let needs: Vec<String> = needs.iter().map(|need| values(need)).collect();
            let needs = needs.join(", ");
            format!("SELECT {all} - count(*) + ({itself}) FROM tenon_ledger WHERE (plugin, revision) IN (VALUES {needs})")
        }
    };
    let needs: String = needs.iter().map(|need| format!("{need} is applied, ")).collect();
    ScriptCondition { rule: format!("{needs}{node} is not applied yet: {WAY_OUT}"), count }
}

/// The revision can be undone: it is applied, and nothing that is applied needs it. What protects a plugin's first revisions (decision
/// 0002) is asked of one `without_parents`.
pub fn undoable(node: &Node, without_parents: bool) -> ScriptCondition {
    let Node { plugin, revision } = node;
    let contains = |list: &str, value: &str| format!("EXISTS (SELECT 1 FROM json_each({list}) WHERE value = {})", text_literal(value));
    let mut needs_it = vec![
        format!("(plugin = {} AND {})", text_literal(plugin.as_str()), contains("parents", revision.as_str())),
        contains("depends_on", &node.to_string()),
    ];
    if without_parents {
        let later = format!("seq > (SELECT seq FROM tenon_ledger WHERE {})", is(node));
        needs_it.push(format!("({later} AND {})", contains("requires", plugin.as_str())));
    }
    ScriptCondition {
        rule: format!("{node} is applied, and nothing that is applied needs it: {WAY_OUT}"),
        count: format!(
            "SELECT 1 - count(*) + (SELECT count(*) FROM tenon_ledger WHERE {}) FROM tenon_ledger WHERE {}",
            needs_it.join(" OR "),
            is(node)
        ),
    }
}

fn is(node: &Node) -> String {
    format!("plugin = {} AND revision = {}", text_literal(node.plugin.as_str()), text_literal(node.revision.as_str()))
}

fn values(node: &Node) -> String {
    format!("({}, {})", text_literal(node.plugin.as_str()), text_literal(node.revision.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Database, bookkeeping};

    fn node(text: &str) -> Node {
        text.parse().unwrap()
    }

    /// A ledger of rows `plugin@revision`, parents, depends_on, requires, in order of application.
    fn ledger(rows: &[(&str, &str, &str, &str)]) -> Database {
        let mut database = Database::in_memory().unwrap();
        bookkeeping::ensure(&mut database).unwrap();
        for (revision, parents, depends_on, requires) in rows {
            let row = values(&node(revision));
            let row = row.trim_matches(['(', ')']);
            database
                .run(&format!(
                    "INSERT INTO tenon_ledger (plugin, revision, plugin_version, parents, depends_on, requires, message, created, \
                     applied_at, component, digest, up) \
                     VALUES ({row}, '1.0.0', '{parents}', '{depends_on}', '{requires}', '', '', '', '', '', '[]')"
                ))
                .unwrap();
        }
        database
    }

    fn holds(database: &Database, condition: &ScriptCondition) -> bool {
        database.number(&condition.count).unwrap() == 0
    }

    #[test]
    fn a_revision_is_applicable_where_it_is_not_and_all_that_it_needs_is() {
        let database = ledger(&[("shop@a", "[]", "[]", "[]"), ("shop@b", "[\"a\"]", "[]", "[]")]);
        let is_applicable = |revision: &str, needs: &[&str]| {
            let needs: Vec<Node> = needs.iter().map(|need| node(need)).collect();
            holds(&database, &applicable(&node(revision), &needs.iter().collect()))
        };
        assert!(is_applicable("shop@c", &["shop@b"]) && is_applicable("shop@c", &["shop@a", "shop@b"]) && is_applicable("billing@a", &[]));
        assert!(!is_applicable("shop@b", &["shop@a"]) && !is_applicable("shop@a", &[]));
        assert!(!is_applicable("shop@d", &["shop@c"]) && !is_applicable("shop@d", &["shop@b", "shop@c"]));
        let needs = [node("billing@x"), node("shop@b")];
        let rule = applicable(&node("shop@c"), &needs.iter().collect()).rule;
        assert!(rule.starts_with("billing@x is applied, shop@b is applied, shop@c is not applied yet: "), "{rule}");
    }

    #[test]
    fn a_revision_is_undoable_where_it_is_applied_and_nobody_needs_it() {
        let database = ledger(&[
            ("early@e", "[]", "[]", "[\"shop\"]"),
            ("shop@a", "[]", "[]", "[]"),
            ("shop@b", "[\"a\"]", "[]", "[]"),
            ("other@b", "[]", "[]", "[]"),
            ("other@x", "[\"b\"]", "[]", "[]"),
            ("billing@b1", "[]", "[\"other@x\"]", "[\"other\"]"),
        ]);
        let is_undoable = |revision: &str| holds(&database, &undoable(&node(revision), true));
        assert!(is_undoable("shop@b"), "another plugin's parent of that id is not it, nor does it matter who came earlier");
        assert!(is_undoable("billing@b1") && is_undoable("early@e"));
        assert!(!is_undoable("shop@a"), "a child");
        assert!(!is_undoable("other@x") && !is_undoable("other@b"), "somebody depends on it, or requires its plugin");
        assert!(!is_undoable("shop@c"), "it is not applied");
        assert!(!holds(&database, &undoable(&node("other@x"), false)));
    }

    #[test]
    fn the_hosts_tables_are_there_or_not() {
        let (empty, ours) = (Database::in_memory().unwrap(), ledger(&[]));
        assert!(holds(&empty, &absent()) && !holds(&empty, &present()));
        assert!(holds(&ours, &present()) && !holds(&ours, &absent()));
    }
}
