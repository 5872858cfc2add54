use serde::Deserialize;

use super::*;
use crate::field::Ulid;

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Open,
    Paid,
}

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct Filter {
    /// How far it is.
    status: Option<Status>,
    #[serde(default)]
    tag: Vec<String>,
    least: i16,
    whole: Option<bool>,
    share: Option<f64>,
    of: Option<Ulid>,
}

fn read<T: DeserializeOwned>(names: &[&str], query: &[(&str, &str)]) -> Result<T, (String, &'static str)> {
    let named = |name: &str| query.iter().filter(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()).collect();
    T::deserialize(Parameters { named: &named, names }).map_err(|refused| (refused.at, refused.code))
}

#[test]
fn parameters_become_values_of_their_types() {
    let least = Filter { status: None, tag: vec![], least: -1, whole: None, share: None, of: None };
    assert_eq!(read(&[], &[("least", "-1"), ("other", "x")]), Ok(least));
    let query = [("least", "7"), ("tag", "b"), ("tag", "a"), ("status", "paid"), ("whole", "false"), ("share", "1e-3"), ("of", "01H")];
    let all = Filter {
        status: Some(Status::Paid),
        tag: vec!["b".into(), "a".into()],
        least: 7,
        whole: Some(false),
        share: Some(0.001),
        of: Some("01H".into()),
    };
    assert_eq!(read(&[], &query), Ok(all));
}

#[test]
fn what_does_not_fit_is_named() {
    let refused = |query: &[(&str, &str)]| read::<Filter>(&[], query).unwrap_err();
    let cases = [
        (vec![], "least", "required"),
        (vec![("least", "x")], "least", "type"),
        (vec![("least", "+1")], "least", "type"),
        (vec![("least", "")], "least", "type"),
        (vec![("least", "70000")], "least", "range"),
        (vec![("least", "1"), ("least", "2")], "least", "duplicate"),
        (vec![("least", "1"), ("status", "lost")], "status", "enum"),
        (vec![("least", "1"), ("whole", "yes")], "whole", "type"),
        (vec![("least", "1"), ("share", "inf")], "share", "type"),
    ];
    for (query, at, code) in cases {
        assert_eq!(refused(&query), (at.to_owned(), code), "{query:?}");
    }
}

#[test]
fn a_path_is_one_value_or_a_tuple_or_a_struct() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Line {
        order: Ulid,
        line: u32,
    }
    let path = [("order", "01H"), ("line", "2")];
    let names: Vec<&str> = names("/orders/{order}/lines/{line}").collect();
    assert_eq!(names, ["order", "line"]);
    assert_eq!(read(&names, &path), Ok(Line { order: "01H".into(), line: 2 }));
    assert_eq!(read(&names, &path), Ok(("01H".to_owned(), 2)));
    assert_eq!(read(&["id", "key"], &[("key", "7")]), Ok(7_i32));
    assert_eq!(read(&["id"], &[("id", "01H")]), Ok(Ulid::from("01H")));
    assert_eq!(read::<u8>(&["id"], &[("id", "x")]), Err(("id".to_owned(), "type")));
    assert_eq!(read::<f64>(&["id"], &[("id", "0.5")]), Ok(0.5));
}

#[test]
fn each_property_is_a_parameter_that_is_never_null() {
    let mut declaration = Declaration::default();
    Query::<Filter>::declare(&mut declaration);
    let said: Vec<(&str, bool, &str)> = declaration.parameters().iter().map(|p| (p.name.as_str(), p.required, p.schema.as_str())).collect();
    assert_eq!(said[0], ("status", false, r#"{"type":"string","enum":["open","paid"]}"#));
    assert_eq!(declaration.parameters()[0].description.as_deref(), Some("How far it is."));
    let names: Vec<_> = said.iter().map(|(name, required, _)| (*name, *required)).collect();
    assert_eq!(names, [("status", false), ("tag", false), ("least", true), ("whole", false), ("share", false), ("of", false)]);
    assert!(said.iter().all(|(_, _, schema)| !schema.contains("null")), "{said:?}");
}

#[test]
fn a_type_that_cannot_be_read_is_not_the_clients_mistake() {
    let named = |_: &str| vec!["a".to_owned()];
    let refused = |result: Result<(), Refused>| problem(Place::Query, result.unwrap_err()).status;
    let map = std::collections::BTreeMap::<String, String>::deserialize(Parameters { named: &named, names: &[] });
    let alone = String::deserialize(Parameters { named: &named, names: &[] });
    assert_eq!([refused(map.map(drop)), refused(alone.map(drop))], [500, 500]);
    let number = i64::deserialize(Parameters { named: &named, names: &["n"] });
    assert_eq!(refused(number.map(drop)), 400);
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code, reason = "it is never made")]
struct Paged {
    #[serde(flatten)]
    filter: Filter,
    page: Option<u32>,
}

#[test]
fn a_type_that_cannot_be_read_ends_the_description() {
    let said = |declare: fn(&mut Declaration)| {
        let panic = std::panic::catch_unwind(|| declare(&mut Declaration::of("/orders/{order}"))).unwrap_err();
        panic.downcast::<String>().unwrap()
    };
    let map = said(Query::<std::collections::BTreeMap<String, String>>::declare);
    assert!(map.contains("BTreeMap") && map.contains("must be a struct that names each parameter"), "{map}");
    let flattened = said(Query::<Paged>::declare);
    assert!(flattened.contains("Paged>") && flattened.contains("without #[serde(flatten)]"), "{flattened}");
    assert!(said(Path::<Paged>::declare).contains("Path<"));
    assert!(said(Query::<Ulid>::declare).contains("take a struct whose fields are named like the parameters"));
    // What can be read is not asked for values.
    Path::<(Ulid, bool)>::declare(&mut Declaration::of("/orders/{order}/{paid}"));
    Path::<Status>::declare(&mut Declaration::of("/{status}"));
}
