use super::tests::{assert_mistakes, described, strings, text, users};
use super::*;
use crate::model::manifest::{Method, ParameterPlace};
use crate::runtime::bindings::tenon::plugin::types::Value as WitValue;

const OBJECT: &str = r#"{"type":"object"}"#;

fn attribute(key: &str, value: WitValue) -> WitAttribute {
    WitAttribute { key: key.into(), value }
}

fn with_users(state: &mut HostState) {
    state.owns_table(users()).unwrap();
    state.collection("users".into(), "users".into(), "/users".into(), strings(&["list", "get", "create"]), vec![]).unwrap();
}

fn route(state: &mut HostState, name: &str, method: &str, path: &str, given: Vec<WitAttribute>) {
    state.route(name.into(), method.into(), path.into(), given).unwrap();
}

fn parameter(state: &mut HostState, operation: &str, place: &str, name: &str, schema: &str) {
    state.parameter(operation.into(), place.into(), name.into(), schema.into(), vec![]).unwrap();
}

#[test]
fn what_a_plugin_answers_is_described() {
    let manifest = described(|state| {
        parameter(state, "users.tree", "path", "id", OBJECT);
        state.answer("users.create".into(), 409, "It is there.".into(), String::new()).unwrap();
        with_users(state);
        let status = attribute("status", WitValue::Integer(202));
        state.handles("users.create".into(), vec![text("summary", "Adds one"), text("request-schema", OBJECT), status]).unwrap();
        route(state, "users.tree", "GET", "/users/{id}/$tree", vec![text("response-schema", OBJECT)]);
        route(state, "mail", "POST", "users/{id}/mail", vec![attribute("writes", WitValue::Boolean(false))]);
        parameter(state, "mail", "header", "X-Reply-To", OBJECT);
        state
            .parameter("mail".into(), "query".into(), "dry".into(), "{}".into(), vec![attribute("required", WitValue::Boolean(true))])
            .unwrap();
    })
    .unwrap();
    let create = &manifest.handled[0];
    assert_eq!((create.name().as_str(), create.details.status), ("users.create", Some(202)));
    assert_eq!(create.details.request_schema.as_ref().unwrap().value(), &serde_json::json!({ "type": "object" }));
    assert_eq!(create.details.answers[0].status, 409);
    let [tree, mail] = &manifest.routes[..] else { panic!("{:?}", manifest.routes) };
    assert_eq!((tree.method, tree.path.as_str(), tree.writes), (Method::Get, "users/{id}/$tree", false));
    let id = &tree.details.parameters[0];
    assert_eq!((id.place, id.required), (ParameterPlace::Path, true), "what stands in the path is there");
    assert!(!mail.writes, "the plugin may say so");
    let of_mail: Vec<_> = mail.details.parameters.iter().map(|p| (p.name.as_str(), p.required)).collect();
    assert_eq!(of_mail, [("x-reply-to", false), ("dry", true)]);
}

#[test]
fn a_handled_operation_that_cannot_be_says_why() {
    let handles = |operation: &'static str, given: Vec<WitAttribute>| {
        move |state: &mut HostState| {
            with_users(state);
            state.handles(operation.into(), given).unwrap();
        }
    };
    assert_mistakes(handles("create", vec![]), &["handled operation create: write it as collection.operation"]);
    assert_mistakes(handles("users.drop", vec![]), &["unknown operation \"drop\""]);
    assert_mistakes(handles("orders.create", vec![]), &["declares no collection \"orders\""]);
    assert_mistakes(handles("users.delete", vec![]), &["collection users does not offer delete"]);
    assert_mistakes(handles("users.get", vec![text("request-schema", OBJECT)]), &["have no body"]);
    assert_mistakes(handles("users.list", vec![attribute("writes", WitValue::Boolean(true))]), &["unknown attribute \"writes\""]);
    assert_mistakes(handles("users.create", vec![text("request-schema", "[]")]), &["`request-schema` is not a JSON object"]);
    assert_mistakes(handles("users.create", vec![text("response-schema", "{\"a\":1,\"a\":2}")]), &["\"/a\" is given twice"]);
    assert_mistakes(handles("users.create", vec![attribute("status", WitValue::Integer(404))]), &["`status` 404 is not one of success"]);
    assert_mistakes(handles("users.create", vec![text("request-media-type", "CSV")]), &["`request-media-type` \"CSV\" is none"]);
    let csv = vec![text("request-media-type", "text/csv"), text("request-schema", OBJECT)];
    assert_mistakes(handles("users.create", csv), &["`request-schema` is of JSON"]);
    assert_mistakes(
        |state| {
            with_users(state);
            (0..2).for_each(|_| state.handles("users.get".into(), vec![]).unwrap());
            parameter(state, "users.get", "path", "id", "{}");
        },
        &["handled operation users.get: is declared twice", "its path is the collection's"],
    );
}

#[test]
fn a_route_that_cannot_be_says_why() {
    let of = |name: &'static str, method: &'static str, path: &'static str| {
        move |state: &mut HostState| {
            with_users(state);
            route(state, name, method, path, vec![]);
        }
    };
    assert_mistakes(of("$event", "GET", "/x"), &["names that begin with `$` are kept"]);
    assert_mistakes(of("a b", "GET", "/x"), &["use letters, digits"]);
    assert_mistakes(of("users.get", "GET", "/x"), &["is what an operation of that collection is called"]);
    assert_mistakes(of("x", "get", "/x"), &["unknown method \"get\""]);
    assert_mistakes(of("x", "GET", "/info"), &["/api/v1/info is the host's own"]);
    assert_mistakes(of("x", "GET", "/{id}"), &["claims the paths of all others"]);
    assert_mistakes(of("x", "GET", "/x/{id}/{id}"), &["its path has {id} twice"]);
    assert_mistakes(of("x", "POST", "/users/$batch"), &["$batch is the host's own"]);
    for path in ["", "/", "/x/", "//x", "/x y", "/x/..", "/x/{}", "/x/{a", "/x/{*a}", "/$x/y", "/x/$", "/x?a", "/x/a{b}", "/é"] {
        assert_mistakes(of("x", "GET", path), &["must be segments"]);
    }
    assert_mistakes(of("x", "GET", "/users/{key}"), &["route x: GET /api/v1/users/{} is what collection users answers"]);
    assert_mistakes(of("x", "POST", "/users"), &["POST /api/v1/users is what collection users answers"]);
    assert!(described(of("x", "DELETE", "/users/{key}")).is_ok(), "the collection offers no delete");
    assert_mistakes(
        |state| {
            route(state, "x", "GET", "/x/{a}", vec![attribute("writes", WitValue::Boolean(true))]);
            route(state, "x", "GET", "/x/{b}", vec![]);
        },
        &["route x: is declared twice", "a GET never writes", "GET /api/v1/x/{} is what route x answers"],
    );
}

#[test]
fn a_parameter_or_answer_that_cannot_be_says_why() {
    let of = |place: &'static str, name: &'static str, schema: &'static str| {
        move |state: &mut HostState| {
            route(state, "x", "GET", "/x/{id}", vec![]);
            parameter(state, "x", place, name, schema);
        }
    };
    assert_mistakes(of("cookie", "a", "{}"), &["parameter a of x: unknown place \"cookie\""]);
    assert_mistakes(of("query", "a", "true"), &["its schema is not a JSON object"]);
    assert_mistakes(of("query", "", "{}"), &["is not the name of a query parameter"]);
    assert_mistakes(of("header", "a b", "{}"), &["is not the name of a header parameter"]);
    assert_mistakes(of("header", "Authorization", "{}"), &["handlers are not shown this header"]);
    assert_mistakes(of("path", "key", "{}"), &["has no {key}"]);
    assert_mistakes(
        |state| {
            parameter(state, "y", "query", "a", "{}");
            state.answer("y".into(), 404, "Gone.".into(), String::new()).unwrap();
        },
        &["parameter a of y: this plugin declares no route of that name", "answer 404 of y: this plugin declares no route"],
    );
    assert_mistakes(
        |state| {
            route(state, "x", "GET", "/x", vec![attribute("status", WitValue::Integer(201))]);
            (0..2).for_each(|_| parameter(state, "x", "query", "a", "{}"));
            let mut answer =
                |status, description: &str, schema: &str| state.answer("x".into(), status, description.into(), schema.into()).unwrap();
            answer(404, "Gone.", "");
            answer(404, "Gone.", "");
            answer(201, "Made.", "");
            answer(199, "Odd.", "");
            answer(204, "Nothing.", "{}");
            answer(410, " ", "");
        },
        &[
            "answer 199 of x: is not a status from 200 to 599",
            "answer 204 of x: has no body",
            "answer 410 of x: has no description",
            "parameter a of x: is declared twice",
            "answer 404 of x: is declared twice",
            "route x: the answer of its `status` is declared a second time",
        ],
    );
}

#[test]
fn a_setting_that_cannot_be_says_why() {
    let setting = |key: &'static str, data_type: &'static str, given: Vec<WitAttribute>| {
        move |state: &mut HostState| state.setting(key.into(), data_type.into(), given).unwrap()
    };
    let manifest =
        described(setting("mail.from", "string(80)", vec![text("default", "a@b"), attribute("secret", WitValue::Boolean(true))])).unwrap();
    let mail = &manifest.settings[0];
    assert_eq!((mail.key.as_str(), mail.default.as_deref(), mail.secret, mail.required), ("mail.from", Some("a@b"), true, false));
    assert_mistakes(setting("mail from", "text", vec![]), &["setting mail from: use letters"]);
    assert_mistakes(setting("a", "colour", vec![]), &["unknown column type"]);
    assert_mistakes(setting("a", "text", vec![text("colour", "red")]), &["unknown attribute"]);
    assert_mistakes(|state| (0..2).for_each(|_| setting("a", "text", vec![])(state)), &["setting a: is declared twice"]);
}

#[test]
fn schemas_weigh_what_they_become() {
    let weight = |schema: &str| weigh::schema(schema);
    assert!(weight("[[[[[[[[[[]]]]]]]]]]") > weight("\"aaaaaaaaaaaaaaaaaa\""));
    let patterns = format!("{{\"allOf\":[{}]}}", vec!["{\"pattern\":\"a\"}"; 300].join(","));
    let mut state = super::tests::state();
    let error = state.answer("x".into(), 404, "a".into(), patterns).unwrap_err();
    assert!(error.to_string().contains("declared"), "{error}");
}
