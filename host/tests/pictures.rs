//! `tenon graph` and `tenon er`: where a picture goes, and its facts.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value, json};
use support::{SHOP, TestHost};

fn shop_and_billing() -> TestHost {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade shop@head").done();
    host
}

fn facts(host: &TestHost, command: &str) -> Value {
    serde_json::from_str(&host.run(command).done().out).unwrap()
}

#[test]
fn a_hyphen_is_standard_output() {
    let host = shop_and_billing();
    for command in ["graph", "er", "graph --json"] {
        let out = host.run(command).done().out;
        assert_eq!(host.run(&format!("{command} -o -")).done().out, out);
    }
    assert!(!host.path("-").exists());
    host.run("er --format svg -o er.svg").done().silent();
    // Where no format is named, a file's ending names one.
    for (command, begin) in [
        ("er -o e.svg", "<svg"),
        ("graph -o g.SVG", "<svg"),
        ("er -o e.dot", "digraph"),
        ("graph -o g.gv", "digraph"),
        ("er -o e.mmd", "erDiagram"),
        ("graph -o g", "flowchart"),
    ] {
        host.run(command).done().silent();
        let file = command.rsplit(' ').next().unwrap();
        let text = std::fs::read_to_string(host.path(file)).unwrap();
        assert!(text.starts_with(begin), "{command}: {text:.60}");
    }
    host.run("er --format dot -o other.svg").done();
    assert!(std::fs::read_to_string(host.path("other.svg")).unwrap().starts_with("digraph"), "what is named counts");
    assert!(std::fs::read_to_string(host.path("er.svg")).unwrap().starts_with("<svg"));
    host.run("er -o no-such-folder/er.txt").refused().err_has(&["no-such-folder/er.txt"]);
}

#[test]
fn the_facts_of_a_graph_are_its_nodes_and_edges() {
    let host = shop_and_billing();
    let facts = facts(&host, "graph --json");
    let node = |node: &Value| (node["revision"].as_str().unwrap().to_owned(), node["applied"].as_bool().unwrap());
    let nodes: Vec<(String, bool)> = facts["nodes"].as_array().unwrap().iter().map(node).collect();
    let billing = ["billing@c4d5e6f7a8b9", "billing@b1c2d3e4f5a6"];
    assert_eq!(nodes, [(billing[0].to_owned(), false), (billing[1].to_owned(), false), (SHOP.to_owned(), true)]);
    let edges = json!([
        { "from": billing[1], "to": billing[0], "kind": "comes-after" },
        { "from": SHOP, "to": billing[1], "kind": "depends-on" },
    ]);
    assert_eq!(facts["edges"], edges);
    assert_eq!(facts["refused"], json!([]));
}

#[test]
fn the_facts_of_the_tables_are_their_columns_and_keys() {
    let host = shop_and_billing();
    host.write("plugins/broken.wasm", "hello");
    let facts = facts(&host, "er --json");
    let tables = facts["tables"].as_array().unwrap();
    let found = |name: &str| tables.iter().find(|table| table["name"] == name).unwrap();
    let (invoices, orders) = (found("invoices"), found("orders"));
    assert_eq!((&invoices["plugin"], &invoices["in_database"]), (&json!("billing"), &json!(false)));
    assert_eq!((&orders["plugin"], &orders["in_database"], &orders["primary_key"]), (&json!("shop"), &json!(true), &json!(["id"])));
    let column = invoices["columns"].as_array().unwrap().iter().find(|column| column["name"] == "due_on").unwrap();
    assert_eq!((&column["data_type"], &column["nullable"]), (&json!("date"), &json!(true)));
    let key = &invoices["foreign_keys"][0];
    assert_eq!((&key["columns"], &key["target_table"], &key["target_columns"]), (&json!(["order_id"]), &json!("orders"), &json!(["id"])));
    assert_eq!(facts["refused"][0]["file"], "broken.wasm");
}

#[test]
fn facts_are_written_in_no_format_of_pictures() {
    let host = shop_and_billing();
    for command in ["graph --json --format dot", "--json graph --format dot", "er --format svg --json"] {
        host.run(command).misused().silent().err_has(&["--json", "--format"]);
    }
    host.run("er --json -o er.json").done().silent();
    let written: Value = serde_json::from_slice(&std::fs::read(host.path("er.json")).unwrap()).unwrap();
    assert_eq!(written, facts(&host, "er --json"));
}
