use std::collections::BTreeSet;

use super::*;

fn entry(node: &str, parents: &[&str], depends_on: &[&str], applied: bool) -> Entry {
    let nodes = |all: &[&str]| all.iter().map(|text| text.parse().unwrap()).collect();
    Entry {
        node: node.parse().unwrap(),
        parents: nodes(parents),
        depends_on: nodes(depends_on),
        children: Vec::new(),
        message: "Bills & \"more\" <b>".to_owned(),
        created: chrono::DateTime::UNIX_EPOCH,
        irreversible: None,
        head: false,
        applied,
        current: false,
        branchpoint: false,
        mergepoint: false,
        loaded: true,
    }
}

fn entries() -> Vec<Entry> {
    vec![
        entry("shop@c", &["shop@a"], &[], false),
        entry("billing@x", &[], &["shop@b"], false),
        entry("shop@b", &["shop@a"], &[], true),
        entry("shop@a", &[], &[], true),
    ]
}

#[test]
fn thirty_plugins_have_thirty_colours() {
    let names: Vec<PluginName> = (0..30).map(|number| format!("p{number}").parse().unwrap()).collect();
    let colours = Colours::of(names.iter());
    assert_eq!(names.iter().map(|name| colours.of_plugin(name)).collect::<BTreeSet<_>>().len(), 30);
}

#[test]
fn a_history_is_drawn_in_each_form_with_what_is_pending_marked() {
    let mermaid = mermaid::graph(&entries());
    let lines = ["  shop_AT_a --> shop_AT_b", "  shop_AT_b -.-> billing_AT_x", ":::pending_shop", "Bills #38; #34;more#34; #60;b#62;"];
    for line in lines {
        assert!(mermaid.contains(line), "{line} is not in {mermaid}");
    }
    let dot = dot::graph(&entries());
    for line in ["\"shop@a\" -> \"shop@b\";", "\"shop@b\" -> \"billing@x\" [style=dashed];", "style=dashed, color", "c\\nBills & \\\"more"]
    {
        assert!(dot.contains(line), "{line} is not in {dot}");
    }
    let svg = graph::svg(&entries());
    assert_eq!((svg.matches("<circle").count(), svg.matches("<path").count(), svg.matches("stroke-dasharray").count()), (4, 3, 1));
    assert!(svg.contains("Bills &amp; &quot;more&quot; &lt;b&gt;"), "{svg}");
}

#[test]
fn no_name_is_a_word_of_mermaids_and_no_two_are_one() {
    let of = |node: &str| entry(node, &[], &[], true);
    let text = mermaid::graph(&[of("end@b"), of("default@b"), of("a--b@c"), of("a@b__c"), of("shop@a"), of("shop-pending@a")]);
    let ids: Vec<&str> = text.lines().filter(|line| line.contains(":::")).map(|line| line.trim().split('[').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 6, "{text}");
    let first = |line: &str| line.split([' ', '[']).nth(1).map(str::to_owned);
    let declared = |word: &'static str| text.lines().map(str::trim).filter(move |line| line.starts_with(word)).filter_map(first);
    let named: Vec<String> = declared("subgraph").chain(declared("classDef")).collect();
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), 6 * 3, "{named:?}");
    assert!(!named.iter().any(|name| name == "end" || name == "default"), "{named:?}");
}

#[test]
fn a_message_is_no_line_of_mermaids() {
    let other = Entry { message: "`**direction** LR`, 100%, direction TB".to_owned(), ..entry("shop@a", &[], &[], true) };
    let text = mermaid::graph(&[other]);
    assert!(text.contains("a: #96;#42;#42;direction#42;#42; LR#96;, 100#37;, direction#32;TB"), "{text}");
}

fn declared(plugin: &str, table: Table) -> Declared {
    Declared { plugin: plugin.parse().unwrap(), table, is_there: true }
}

/// A table from its columns, `name: type`, with `?` where they take NULL.
fn table(name: &str, columns: &[&str], keys: &[(&str, &str)]) -> Table {
    let column = |text: &&str| {
        let (name, data_type) = text.split_once(": ").unwrap();
        serde_json::json!({ "name": name, "data-type": data_type.trim_end_matches('?'), "nullable": data_type.ends_with('?') })
    };
    let key = |(column, target): &(&str, &str)| {
        serde_json::json!({
            "columns": [column], "target-table": target, "target-columns": ["id"], "on-delete": "no-action", "on-update": "no-action",
        })
    };
    let columns: Vec<serde_json::Value> = columns.iter().map(column).collect();
    let keys: Vec<serde_json::Value> = keys.iter().map(key).collect();
    serde_json::from_value(serde_json::json!({
        "name": name, "columns": columns, "primary-key": ["id"], "foreign-keys": keys, "uniques": [], "checks": [], "indexes": [],
    }))
    .unwrap()
}

#[test]
fn tables_and_columns_of_any_name_are_drawn_by_mermaid() {
    let columns = ["id: ulid", "2fa: string?", "PK: string(40)", "due on: date", "größe: decimal(12,2)?", "state: enum(new,paid)"];
    let tables = [table("a-b", &columns, &[]), table("a_b", &["id: ulid"], &[]), table("100%", &["id: ulid"], &[])];
    let text = mermaid::er(&tables.map(|table| declared("end", table)));
    for line in [
        "  \"a-b\"[\"end: a-b\"]:::applied_end {",
        "  \"a_b\"[\"end: a_b\"]:::applied_end {",
        "  \"100#37;\"[\"end: 100#37;\"]:::applied_end {",
        "    ulid id PK",
        "    string _2fa \"2fa, string?\"",
        "    string(40) _PK \"PK\"",
        "    date due_on \"due on\"",
        "    decimal größe \"decimal(12,2)?\"",
        "    enum state \"enum(new,paid)\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
}

#[test]
fn how_many_rows_a_key_joins_is_drawn() {
    let users = table("users", &["id: ulid"], &[]);
    let orders = table("orders", &["id: ulid", "buyer: ulid", "giver: ulid?"], &[("buyer", "Users"), ("giver", "users")]);
    let profiles = table("profiles", &["id: ulid"], &[("id", "users")]);
    let mut badges = table("badges", &["id: ulid", "holder: ulid", "color: string"], &[("holder", "users")]);
    let indexes = r#"[{"name": "ix", "terms": [{"key": {"column": "holder"}}], "unique": true}]"#;
    badges.indexes = serde_json::from_str(indexes).unwrap();
    let tables = [users, orders, profiles, badges].map(|table| declared("shop", table));
    let text = mermaid::er(&tables);
    for line in [
        "  \"users\" ||--o{ \"orders\" : \"buyer\"",
        "  \"users\" |o--o{ \"orders\" : \"giver\"",
        "  \"users\" ||--o| \"profiles\" : \"id\"",
        "  \"users\" ||--o| \"badges\" : \"holder\"",
        "    ulid giver FK \"ulid?\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
    let dot = dot::er(&tables);
    assert!(dot.contains("\"orders\":c1 -> \"users\";") && !dot.contains("\"Users\""), "{dot}");
}
