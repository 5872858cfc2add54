//! Merging JSON into JSON (RFC 7396), by its text: a number that the patch does not name keeps every digit.

use std::borrow::Cow;
use std::collections::HashMap;

use super::collection::Field;
use crate::model::Value;
use crate::model::json::{Node, append_compact, tree};
use crate::model::schema::Format;

/// What a JSON column holds after `patch` was merged into what it held. `None` when one of them is not JSON.
pub(super) fn apply(field: &Field, current: &[u8], patch: &str) -> Option<Value> {
    let merged = merged(std::str::from_utf8(current).ok()?, patch)?;
    Some(if field.rules.format == Some(Format::Json) { Value::Bytes(merged) } else { Value::Text(String::from_utf8(merged).ok()?) })
}

fn merged(target: &str, patch: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(target.len() + patch.len());
    write(&merge(Some(tree(target)?), tree(patch)?), &mut out);
    Some(out)
}

fn merge<'a>(target: Option<Node<'a>>, patch: Node<'a>) -> Node<'a> {
    let Node::Object(patch) = patch else { return patch };
    let mut members: Vec<(Cow<'a, str>, Option<Node<'a>>)> = Vec::new();
    let mut places: HashMap<Cow<'a, str>, usize> = HashMap::new();
    let mut place = |name: Cow<'a, str>, members: &mut Vec<_>| {
        *places.entry(name.clone()).or_insert_with(|| {
            members.push((name, None));
            members.len() - 1
        })
    };
    // Where a name stands twice, the last one counts, as for every reader of such a text.
    if let Some(Node::Object(target)) = target {
        for (name, node) in target {
            let index = place(name, &mut members);
            members[index].1 = Some(node);
        }
    }
    for (name, node) in patch {
        let index = place(name, &mut members);
        members[index].1 = if node == Node::Leaf("null") { None } else { Some(merge(members[index].1.take(), node)) };
    }
    Node::Object(members.into_iter().filter_map(|(name, node)| node.map(|node| (name, node))).collect())
}

fn write(node: &Node<'_>, out: &mut Vec<u8>) {
    let members = match node {
        Node::Leaf(text) => {
            // A piece of checked text is JSON itself.
            append_compact(text.as_bytes(), out);
            return;
        }
        Node::Object(members) => members,
    };
    out.push(b'{');
    for (index, (name, node)) in members.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(serde_json::Value::from(name.as_ref()).to_string().as_bytes());
        out.push(b':');
        write(node, out);
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"["a","b"]"#, r#"{"a":"b"}"#, r#"{"a":"b"}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ] {
            assert_eq!(String::from_utf8(merged(target, patch).unwrap()).unwrap(), result, "{target} + {patch}");
        }
    }

    #[test]
    fn what_the_patch_does_not_name_keeps_every_digit() {
        let target = r#"{ "a": 1.10, "b": 12345678901234567890123, "c": [ 5.4208880936000124e+138 ] }"#;
        assert_eq!(
            merged(target, r#"{"d":{"e":null}}"#).unwrap(),
            br#"{"a":1.10,"b":12345678901234567890123,"c":[5.4208880936000124e+138],"d":{}}"#
        );
    }

    #[test]
    fn of_a_name_that_stands_twice_the_last_counts() {
        assert_eq!(merged(r#"{"a":1,"a":2}"#, r#"{"b":1,"b":null}"#).unwrap(), br#"{"a":2}"#);
    }
}
