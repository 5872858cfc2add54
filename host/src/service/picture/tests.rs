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
    for line in ["  shop__a --> shop__b", "  shop__b -.-> billing__x", ":::shop_pending", "Bills &amp; &quot;more&quot; &lt;b&gt;"] {
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
