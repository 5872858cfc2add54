use serde_json::{Value, json};

use super::*;
use crate::model::manifest::Parameter;

fn schema(schema: &Value) -> JsonSchema {
    JsonSchema::parse(&schema.to_string()).unwrap()
}

fn parameter(place: ParameterPlace, name: &str, of: Value, required: bool) -> Parameter {
    Parameter { place, name: name.into(), schema: schema(&of), required, description: None }
}

fn contract(parameters: Vec<Parameter>, body: Option<Value>) -> RequestContract {
    let details = Details { parameters, request_schema: body.as_ref().map(schema), ..Details::default() };
    RequestContract::compile("route x", &details).unwrap()
}

fn told(checked: Result<(), Problem>) -> Vec<String> {
    match checked {
        Ok(()) => Vec::new(),
        Err(problem) => {
            let reasons = problem.errors.iter().map(|reason| format!("{} {}: {}", reason.at, reason.code, reason.detail));
            [format!("{} {}", problem.status, problem.code)].into_iter().chain(reasons).collect()
        }
    }
}

fn query() -> RequestContract {
    let of = |name, schema, required| parameter(ParameterPlace::Query, name, schema, required);
    contract(
        vec![
            of("from", json!({ "type": "integer", "minimum": 1 }), true),
            of("rate", json!({ "type": ["number", "null"] }), false),
            of("dry", json!({ "type": "boolean" }), false),
            of("state", json!({ "$ref": "#/$defs/S", "$defs": { "S": { "enum": ["a", "b"] } } }), false),
            of("tag", json!({ "type": "array", "items": { "type": "integer" }, "maxItems": 2 }), false),
            of("any", json!({}), false),
        ],
        None,
    )
}

#[test]
fn parameters_are_the_values_that_their_text_stands_for() {
    for good in ["from=1", "from=2&rate=0.5&dry=true&state=a&tag=1&tag=2&any=5", "from=1&any=", "from=1&state=%61&x=1"] {
        assert_eq!(told(query().check_query(good, |name| name == "x")), [""; 0], "{good}");
    }
    let refused = |query_string: &str| told(query().check_query(query_string, |_| false)).split_off(1);
    assert_eq!(refused("from=1.5"), ["from type: must be an integer, not a number with a fraction"]);
    assert_eq!(refused("from=x"), ["from type: must be a number, not \"x\""]);
    assert_eq!(refused("from=+1"), ["from type: must be a number, not \" 1\""]);
    assert_eq!(refused("from=1e999"), ["from type: must be a number, not \"1e999\""]);
    assert_eq!(refused("from=0&from=1"), ["from duplicate: is given twice"]);
    assert_eq!(
        refused("rate=&dry=1"),
        ["rate type: must be a number, not \"\"", "dry type: must be true or false, not \"1\"", "from required: is required"]
    );
    assert_eq!(refused("from=1&tag=1&tag=2&tag=3"), ["tag length: must have at most 2 items"]);
    assert_eq!(refused("from=1&tag=a"), ["tag type: must be a number, not \"a\""]);
    assert_eq!(refused("from=1&state=c"), ["state enum: must be one of a, b"]);
    assert_eq!(refused("from=1&From=1"), ["From unknown: \"From\" is unknown; allowed are from, rate, dry, state, tag, any"]);
}

/// Word for word what the standard endpoints say.
#[test]
fn a_refusal_does_not_tell_who_checked() {
    let none = contract(vec![], None);
    assert_eq!(none.check_query("a=1&b", |_| false), crate::records::no_parameters("a=1&b"));
    assert_eq!(none.check_query("a=%ff", |_| false), crate::records::no_parameters("a=%ff"));
    let many = "a=1&".repeat(1_000);
    assert_eq!(none.check_query(&many, |_| false), crate::records::no_parameters(&many));
}

#[test]
fn what_stands_in_the_path_and_headers_is_checked() {
    let of = |place, name, required| parameter(place, name, json!({ "type": "integer" }), required);
    let contract = contract(
        vec![
            of(ParameterPlace::Path, "id", true),
            of(ParameterPlace::Header, "x-depth", true),
            of(ParameterPlace::Header, "x-width", false),
        ],
        None,
    );
    assert_eq!(told(contract.check_path(|name| (name == "id").then(|| "7".to_owned()))), [""; 0]);
    assert_eq!(told(contract.check_path(|_| Some("seven".into()))), ["400 invalid-path", "id type: must be a number, not \"seven\""]);
    assert_eq!(told(contract.check_headers(|name| (name == "x-depth").then(|| "7".to_owned()))), [""; 0]);
    assert_eq!(
        told(contract.check_headers(|name| (name == "x-width").then(|| "7, 8".to_owned()))),
        ["400 invalid-header", "x-depth required: is required", "x-width type: must be a number, not \"7, 8\"",]
    );
}

#[test]
fn a_body_is_checked_whole() {
    let of =
        json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n", "m"], "additionalProperties": false });
    let body = contract(vec![], Some(of));
    assert_eq!(told(body.check_body(br#"{"n":1,"m":2}"#)).len(), 2, "m is required and not known");
    assert_eq!(
        told(body.check_body(br#"{"n":"1","x/y":0}"#)),
        [
            "422 validation-failed",
            "/n type: must be an integer, not a string",
            "/x~1y unknown: is not known here",
            "/m required: is required"
        ]
    );
    assert_eq!(told(body.check_body(b"")), ["400 malformed-json"]);
    assert_eq!(told(body.check_body(b"{\"n\":")), ["400 malformed-json"]);
    assert_eq!(told(body.check_body(b"{\"n\":1,\"n\":1}")), ["422 validation-failed", "/n duplicate: is given twice"]);
    assert_eq!(
        told(body.check_body(b"[1e999]")),
        ["422 validation-failed", "/0 non-finite: must be a finite number that a double can hold"]
    );
    assert_eq!(told(body.check_body("[".repeat(1_000_000).as_bytes())), ["400 malformed-json"]);
    let long = format!("{{\"{}\":1}}", "x".repeat(100_000));
    assert!(told(body.check_body(long.as_bytes())).iter().all(|told| told.len() < 400), "what is told is bounded");
    assert_eq!(told(contract(vec![], None).check_body(b"{")), [""; 0], "nothing is said of it");
}

#[test]
fn a_parameter_that_no_text_can_be_is_a_mistake() {
    for of in [json!({ "type": "object" }), json!({ "type": "null" }), json!({ "enum": [null] })] {
        let details = Details { parameters: vec![parameter(ParameterPlace::Query, "a", of, false)], ..Details::default() };
        let mistake = RequestContract::compile("route x", &details).unwrap_err().to_string();
        assert!(mistake.starts_with("route x: the schema of its query parameter a asks for what no text can be"), "{mistake}");
    }
}
