use super::*;

#[test]
fn names_are_those_that_the_macros_of_the_sdk_let_through() {
    for line in include_str!("../../../../guest-sdk/tests/names.txt").lines().filter(|line| !line.starts_with('#')) {
        let [kind, good, text] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let text: String = serde_json::from_str(text).unwrap();
        let accepted = match kind {
            "object" => text.parse::<Name>().is_ok(),
            "table" => text.parse::<Name>().is_ok_and(|name| name.require_table_name().is_ok()),
            "plugin" => text.parse::<PluginName>().is_ok(),
            "revision" => text.parse::<RevisionId>().is_ok(),
            "version" => text.parse::<semver::Version>().is_ok(),
            other => panic!("{other}"),
        };
        assert_eq!(accepted, good == "good", "{kind} {text:?}");
    }
}

#[test]
fn object_names_hold_no_nul() {
    assert!("a\0b".parse::<Name>().is_err());
}

#[test]
fn object_names_show_all_that_is_in_them() {
    for good in ["ſtreet", "Straße", "日本"] {
        assert!(good.parse::<Name>().is_ok(), "a letter is shown as what it is: {good}");
    }
    for hidden in ["\u{200b}", "\u{200d}", "\u{2060}", "\u{202e}", "\u{feff}", "\u{e0041}"] {
        let error = format!("us{hidden}ers").parse::<Name>().unwrap_err().to_string();
        assert!(!error.contains(hidden) && error.contains("invisible"), "{error}");
    }
}

#[test]
fn tables_do_not_take_the_names_of_the_databases_own() {
    for taken in ["pragma_table_list", "PRAGMA_x", "sqlite_schema", "json_tree"] {
        assert!(matches!(taken.parse::<Name>(), Err(NameError::Reserved(_))), "{taken}");
    }
    for taken in ["DbStat", "fts5", "jsonb_each", "main", "Temp"] {
        let name: Name = taken.parse().expect("a column may be called so");
        assert_eq!(name.require_table_name(), Err(NameError::ReservedTable(taken.into())));
    }
    assert_eq!("users".parse::<Name>().unwrap().require_table_name(), Ok(()));
}

#[test]
fn object_names_are_one_whatever_their_case() {
    let a: Name = "Users".parse().unwrap();
    let b: Name = "users".parse().unwrap();
    assert_eq!(a, b);
    assert_eq!(std::collections::HashSet::from([a, b]).len(), 1);
}

#[test]
fn a_name_begins_with_a_prefix_whatever_its_case() {
    let begins = |name: &str, prefix: &str| name.parse::<Name>().unwrap().begins_with(&prefix.parse().unwrap());
    assert!(begins("Shop_users", "shop_") && begins("shop_", "SHOP_") && begins("日本の", "日本"));
    assert!(!begins("shop", "shop_") && !begins("workshop_x", "shop_") && !begins("日", "日本") && !begins("é", "e"));
}

#[test]
fn nodes_round_trip() {
    let node: Node = "shop@a1b2".parse().unwrap();
    assert_eq!(node.to_string(), "shop@a1b2");
    assert!("shop".parse::<Node>().is_err());
    assert!("shop@".parse::<Node>().is_err());
}
