//! A plugin that lists the entities of another crate, among other plugins.

use crate::author::{Author, checkout};
use crate::support::{TestHost, rows};

/// All that SQLite says of chapkit's tables, in no order where it has none.
fn facts(host: &TestHost) -> Vec<String> {
    let database = host.database();
    let of = "m.type = 'table' AND m.name IN ('artifacts', 'configs', 'config_artifacts', 'tasks')";
    let asked = [
        format!(
            "SELECT m.name, x.name, x.type, x.\"notnull\", x.dflt_value, x.pk FROM sqlite_schema m, pragma_table_xinfo(m.name) x WHERE {of}"
        ),
        format!(
            "SELECT m.name, l.name, l.\"unique\", l.origin, i.seqno, i.name FROM sqlite_schema m, pragma_index_list(m.name) l, pragma_index_info(l.name) i WHERE {of}"
        ),
        format!(
            "SELECT m.name, f.\"from\", f.\"table\", f.\"to\", f.on_delete, f.on_update FROM sqlite_schema m, pragma_foreign_key_list(m.name) f WHERE {of}"
        ),
    ];
    let mut facts: Vec<String> = asked.iter().flat_map(|sql| rows(&database, sql)).collect();
    facts.sort();
    facts
}

#[test]
fn the_entities_of_another_crate_are_written_and_no_other_plugins_tables() {
    let chapkit = TestHost::new().plugin("chapkit");
    chapkit.run("upgrade head").done();
    let author = Author::beside(TestHost::new().plugin("shop"), "notes");
    author.host.run("upgrade head").done();
    author.host.database().execute_batch("CREATE TABLE by_hand (a TEXT); CREATE INDEX ix_by_hand ON by_hand (a)").unwrap();
    let dependency = format!("[dependencies]\nchapkit-tables = {{ path = \"{}\" }}\n", checkout("plugins/chapkit-tables"));
    author.edit("Cargo.toml", "[dependencies]\n", &dependency);
    author.model("use tenon_sdk", "use chapkit_tables::{Artifact, Config, ConfigArtifact, Task};\nuse tenon_sdk");
    let listed =
        "manifest.entity::<Task>().entity::<ConfigArtifact>().entity::<Config>().entity::<Artifact>();\n        manifest.entity::<Row>()";
    author.model("manifest.entity::<Row>()", listed);
    let written = author.autogenerate("chapkit's tables").done().err_has(&["Detected added table config_artifacts."]).out;
    let (up, down) = written.split_once("pub fn downgrade").unwrap();
    assert_eq!(up.matches("op.create_table(").count(), 4, "{written}");
    assert_eq!(down.matches("op.drop_table(").count(), 4, "{written}");
    let place = |text: &str, part: &str| text.find(part).unwrap_or_else(|| panic!("{part} is not in {text}"));
    for parent in ["artifacts", "configs"] {
        assert!(place(up, &format!("Table::new(\"{parent}\")")) < place(up, "Table::new(\"config_artifacts\")"), "{written}");
        assert!(place(down, &format!("drop_table(\"{parent}\")")) > place(down, "drop_table(\"config_artifacts\")"), "{written}");
    }
    for other in ["users", "orders", "notes", "by_hand", "shop", "tenon_ledger"] {
        assert!(!written.contains(other), "{other} is in {written}");
    }
    author.host.run("upgrade head").done();
    assert_eq!(facts(&author.host), facts(&chapkit));
    author.run(&["check", "--plugin", "notes"]).done();
    author.host.run("downgrade notes@-1").done();
    assert_eq!(author.host.tables(), ["by_hand", "notes", "orders", "users"]);
}
