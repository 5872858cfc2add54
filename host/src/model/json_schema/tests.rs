use serde_json::{Value, json};

use super::{Checker, JsonSchema};

fn schema(schema: &Value) -> JsonSchema {
    JsonSchema::parse(&schema.to_string()).unwrap_or_else(|reason| panic!("{reason}"))
}

fn refused(schema: &Value) -> String {
    JsonSchema::parse(&schema.to_string()).expect_err("is refused")
}

fn misfits(of: &Value, value: &Value) -> Vec<String> {
    let checker = Checker::new(&schema(of)).unwrap();
    checker.misfits(value, 100).iter().map(|misfit| format!("{} {}: {}", misfit.pointer, misfit.code, misfit.detail)).collect()
}

/// What schemars makes of a body with a list, an enumeration, an optional part and a part of its own kind.
fn invoice() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Invoice", "type": "object",
        "properties": {
            "number": { "type": "string", "pattern": "^[A-Z]{2}-[0-9]+$", "maxLength": 12 },
            "state": { "$ref": "#/$defs/State" },
            "lines": { "type": "array", "minItems": 1, "uniqueItems": true, "items": { "$ref": "#/$defs/Line" } },
            "discount": { "type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 1 },
            "corrects": { "anyOf": [{ "$ref": "#" }, { "type": "null" }] }
        },
        "required": ["number", "lines"], "additionalProperties": false,
        "$defs": {
            "State": { "type": "string", "enum": ["draft", "sent"] },
            "Line": { "type": "object", "properties": { "a/b": { "type": "integer", "format": "uint32", "minimum": 1 } }, "required": ["a/b"] }
        }
    })
}

#[test]
fn what_fits_is_let_through() {
    let mut value = json!({ "number": "AB-1", "lines": [{ "a/b": 1 }, { "a/b": 2.0 }], "discount": null, "corrects": null });
    assert_eq!(misfits(&invoice(), &value), [""; 0]);
    for _ in 0..30 {
        value = json!({ "number": "AB-1", "lines": [{ "a/b": 1 }], "corrects": value });
    }
    assert_eq!(misfits(&invoice(), &value), [""; 0], "recursion follows the value");
}

#[test]
fn everything_that_does_not_fit_is_said_at_once() {
    let value = json!({ "number": "x", "state": "gone", "lines": [{}, { "a/b": 0 }, { "a/b": "1" }], "discount": 1, "colour": 1 });
    assert_eq!(
        misfits(&invoice(), &value),
        [
            "/number format: must match ^[A-Z]{2}-[0-9]+$",
            "/state enum: must be one of draft, sent",
            "/lines/0/a~1b required: is required",
            "/lines/1/a~1b range: must be at least 1",
            "/lines/2/a~1b type: must be an integer, not a string",
            "/discount range: must be less than 1",
            "/colour unknown: is not known here",
        ],
        "in the order of the value"
    );
    assert_eq!(misfits(&invoice(), &json!([])), [" type: must be an object, not an array"]);
    assert_eq!(misfits(&json!({ "type": "string" }), &Value::Null), [" null: must not be null"]);
    let twice = json!({ "number": "AB-1", "lines": [{ "a/b": 1 }, { "a/b": 1 }], "corrects": 5 });
    let told = ["/lines duplicate: must not have an item twice", "/corrects schema: has none of the forms that are allowed here"];
    assert_eq!(misfits(&invoice(), &twice), told);
    let same = json!({ "allOf": [{ "type": "string" }, { "type": "string" }] });
    assert_eq!(misfits(&same, &json!(1)).len(), 1, "each once");
}

#[test]
fn values_of_a_client_are_not_told() {
    let secret = "0123456789".repeat(100);
    for of in [
        json!({ "enum": ["a"] }),
        json!({ "pattern": "^a$" }),
        json!({ "type": "integer" }),
        json!({ "const": 1 }),
        json!({ "maxLength": 3 }),
    ] {
        assert!(misfits(&of, &json!(secret)).iter().all(|told| told.len() < 100), "{of}");
    }
}

#[test]
fn a_schema_leads_nowhere_else() {
    for reference in
        ["https://example.org/x", "file:///etc/passwd", "other.json", "#/properties/a", "#/$defs/none", "#name", "", "#/$defs/a/b"]
    {
        let told = refused(&json!({ "$ref": reference, "$defs": { "a": {} } }));
        assert!(told.contains("to nothing else"), "{reference}: {told}");
    }
    for (keyword, value) in [("$id", json!("https://example.org")), ("$anchor", json!("a")), ("$dynamicRef", json!("#"))] {
        assert!(refused(&json!({ "items": { keyword: value } })).contains("which is not possible here"), "{keyword}");
    }
    assert!(refused(&json!({ "$schema": "http://json-schema.org/draft-07/schema#" })).contains("2020-12"));
}

#[test]
fn what_is_no_schema_says_why() {
    assert!(refused(&json!(true)).contains("not a JSON object"));
    assert!(JsonSchema::parse("{").unwrap_err().contains("line 1, column 2"));
    assert!(JsonSchema::parse(&" ".repeat(100_000)).unwrap_err().contains("at most 65536"));
    assert!(
        refused(&json!({ "type": "colour" })).contains("is no JSON Schema 2020-12 at \"/type\""),
        "{}",
        refused(&json!({ "type": "colour" }))
    );
    assert!(refused(&json!({ "properties": { "a": 5 } })).contains("#/properties/a"));
    assert!(refused(&json!({ "items": [{}] })).contains("#/items"));
    let mut deep = json!({});
    (0..64).for_each(|_| deep = json!({ "not": deep }));
    assert!(refused(&deep).contains("deep"));
}

#[test]
fn patterns_are_small_and_linear() {
    for pattern in ["(", "(?=a)b", "(a)\\1", "(?:a{1000}){1000}", "(?:\\w{100}){100}"] {
        let told = refused(&json!({ "pattern": pattern }));
        assert!(told.contains("/pattern") && told.len() < 400, "{pattern}: {told}");
        assert!(!refused(&json!({ "patternProperties": { pattern: {} } })).is_empty(), "{pattern}");
    }
    let evil = json!({ "pattern": "^(a+)+$" });
    assert_eq!(misfits(&evil, &json!("a".repeat(100_000) + "b")).len(), 1);
}

#[test]
fn a_schema_that_never_ends_is_refused() {
    let never = [
        json!({ "$ref": "#" }),
        json!({ "allOf": [{ "anyOf": [{ "$ref": "#" }] }] }),
        json!({ "$ref": "#/$defs/a", "$defs": { "a": { "not": { "$ref": "#/$defs/b" } }, "b": { "if": { "$ref": "#/$defs/a" } } } }),
        json!({ "properties": { "x": { "$ref": "#/$defs/a" } }, "$defs": { "a": { "$ref": "#/$defs/a" } } }),
    ];
    for schema in never {
        assert!(refused(&schema).contains("never ends"), "{schema}");
    }
}

/// `a0` asks `a1` twice, which asks `a2` twice …
fn doubling(steps: usize) -> Value {
    let next = |step: usize| json!({ "$ref": format!("#/$defs/a{}", step + 1) });
    let mut definitions: serde_json::Map<String, Value> =
        (0..steps).map(|step| (format!("a{step}"), json!({ "anyOf": [next(step), next(step)] }))).collect();
    definitions.insert(format!("a{steps}"), json!({ "type": "string" }));
    json!({ "$ref": "#/$defs/a0", "$defs": definitions })
}

#[test]
fn a_schema_that_doubles_at_every_step_is_refused() {
    assert_eq!(misfits(&doubling(5), &json!(1)).len(), 1);
    for steps in [30, 60] {
        assert!(refused(&doubling(steps)).contains("too entangled"), "{steps}");
    }
}

/// What schemars makes of `#[serde(flatten, deny_unknown_fields)]`.
#[test]
fn a_schema_may_look_back_at_what_its_parts_have_seen() {
    let flattened = json!({
        "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"], "unevaluatedProperties": false,
        "oneOf": [{ "$ref": "#/$defs/Cat" }, { "properties": { "bark": { "type": "integer" } }, "required": ["bark"] }],
        "$defs": { "Cat": { "properties": { "purr": { "type": "boolean" } }, "required": ["purr"] } },
    });
    assert_eq!(misfits(&flattened, &json!({ "id": "a", "purr": true })), [""; 0]);
    assert_eq!(misfits(&flattened, &json!({ "id": "a", "bark": 1, "moo": 1 })), ["/moo unknown: is not known here"]);
    let next = |step: usize| json!({ "$ref": format!("#/$defs/a{}", step + 1) });
    let look = |step: usize| json!({ "unevaluatedProperties": false, "anyOf": [next(step)] });
    let mut definitions: serde_json::Map<String, Value> = (0..20).map(|step| (format!("a{step}"), look(step))).collect();
    definitions.insert("a20".to_owned(), json!({ "properties": { "x": {} } }));
    assert!(refused(&json!({ "$ref": "#/$defs/a0", "$defs": definitions })).contains("too entangled"));
}

#[test]
fn a_chain_of_references_does_not_overflow_the_stack() {
    let chain = |steps: usize| {
        let mut definitions: serde_json::Map<String, Value> =
            (0..steps).map(|step| (format!("a{step}"), json!({ "$ref": format!("#/$defs/a{}", step + 1) }))).collect();
        definitions.insert(format!("a{steps}"), json!({ "type": "string" }));
        json!({ "$ref": "#/$defs/a0", "$defs": definitions })
    };
    assert!(refused(&chain(1500)).contains("too entangled"));
    // As long as it may be, on a thread as small as they get.
    let long = chain(250);
    let small = std::thread::Builder::new().stack_size(2 << 20).spawn(move || misfits(&long, &json!(1)).len()).unwrap();
    assert_eq!(small.join().unwrap(), 1);
}

#[test]
fn definitions_inside_one_another_do_not_overflow_the_stack() {
    let steps = 1_000;
    let mut definitions: serde_json::Map<String, Value> =
        (0..steps).map(|step| (format!("a{step}"), json!({ "items": { "$ref": format!("#/$defs/a{}", step + 1) } }))).collect();
    definitions.insert(format!("a{steps}"), json!(true));
    let nested = json!({ "$ref": "#/$defs/a0", "$defs": definitions });
    if let Ok(schema) = JsonSchema::parse(&nested.to_string()) {
        assert!(Checker::new(&schema).unwrap().misfits(&json!([[[]]]), 100).is_empty());
    }
}

/// A value that refers to itself twice at each level costs twice as much with each level: it is checked as deep as that can be afforded.
#[test]
fn a_branching_recursion_is_checked_only_so_deep() {
    let both = json!({ "oneOf": [
        { "properties": { "kind": { "const": "add" }, "left": { "$ref": "#" } } },
        { "properties": { "kind": { "const": "mul" }, "left": { "$ref": "#" } } },
    ] });
    let mut value = json!({ "kind": "add" });
    (0..5).for_each(|_| value = json!({ "kind": "mul", "left": value }));
    assert_eq!(misfits(&both, &value), [""; 0]);
    (0..100).for_each(|_| value = json!({ "kind": "mul", "left": value }));
    let told = misfits(&both, &value);
    assert!(told[0].contains("nests deeper than the"), "{told:?}");
}

#[test]
fn recursion_that_costs_no_more_with_depth_is_checked_all_the_way() {
    let any = json!({ "anyOf": [
        { "type": ["null", "string"] },
        { "type": "array", "items": { "$ref": "#" } },
        { "type": "object", "additionalProperties": { "$ref": "#" } },
    ] });
    let tree = json!({ "type": "object", "properties": { "left": { "$ref": "#" }, "right": { "$ref": "#" } } });
    let variants = json!({ "oneOf": [
        { "type": "object", "properties": { "add": { "$ref": "#" } }, "required": ["add"] },
        { "type": "object", "properties": { "mul": { "$ref": "#" } }, "required": ["mul"] },
        { "type": "string" },
    ] });
    for (schema, wrap, leaf) in [(any, "x", json!("y")), (tree, "left", json!({})), (variants, "mul", json!("y"))] {
        let mut value = leaf;
        (0..120).for_each(|_| value = json!({ wrap: value }));
        let small = std::thread::Builder::new().stack_size(2 << 20);
        let told = small.spawn(move || misfits(&schema, &value)).unwrap().join().unwrap();
        assert_eq!(told, [""; 0]);
    }
}

#[test]
fn a_value_that_is_too_much_for_its_schema_is_refused_unseen() {
    let words: Vec<String> = (0..5_000).map(|n| n.to_string()).collect();
    let many = json!({ "items": { "enum": words } });
    assert_eq!(misfits(&many, &json!(["1", "2"])), [""; 0]);
    assert_eq!(misfits(&many, &json!(vec!["x"; 100_000])), [" too-large: is too large to be checked"]);
    let matched = json!({ "items": { "allOf": vec![json!({ "pattern": "[01]*1[01]{12}$" }); 100] } });
    assert_eq!(misfits(&matched, &json!(["0".repeat(100_000)])), [" too-large: is too large to be checked"]);
    let plain = json!({ "items": { "type": "string" } });
    assert_eq!(misfits(&plain, &json!(vec![1; 300_000])), [" schema: does not fit its schema, and is too large to say where"]);
    assert_eq!(misfits(&plain, &json!(vec![1; 1_000])).len(), 100);
}

#[test]
fn numbers_and_bounds_of_any_size_are_no_trouble() {
    let bounds = json!({ "multipleOf": 1e-300, "minimum": -1e308, "maxLength": 1.0 });
    for value in [json!(1e308), json!(u64::MAX), json!(-0.0), json!("aa")] {
        misfits(&bounds, &value);
    }
    misfits(&json!({ "minLength": 1e300 }), &json!("a"));
}
