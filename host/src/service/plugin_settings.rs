//! What an operator gives a plugin, held against what the plugin asks for.
//!
//! Values are handed to the plugin and shown to nobody: no message here repeats one.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer};

use crate::model::manifest::Setting;
use crate::model::scalar;
use crate::model::{ColumnType, Manifest, Mistake, PluginName};

/// `[plugins.NAME.settings]` of `tenon.toml`: values by key. `a.b = 1`, which TOML reads as a table in a table, is the key `a.b`.
#[derive(Clone, Default, PartialEq)]
pub struct Given(BTreeMap<String, toml::Value>);

/// Without the values, some of which are secrets.
impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By way of any value: a message about the wrong kind of one would repeat it.
        let toml::Value::Table(table) = toml::Value::deserialize(deserializer)? else {
            return Err(serde::de::Error::custom("`settings` is a table of keys and values"));
        };
        let mut given = BTreeMap::new();
        flatten("", table, &mut given);
        Ok(Self(given))
    }
}

fn flatten(prefix: &str, table: toml::Table, given: &mut BTreeMap<String, toml::Value>) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            toml::Value::Table(table) => flatten(&format!("{key}."), table, given),
            value => {
                given.insert(key, value);
            }
        }
    }
}

impl Given {
    /// Whether there is a value.
    pub fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The keys that the plugin does not ask for.
    pub(super) fn unknown<'a>(&'a self, manifest: &'a Manifest) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(String::as_str).filter(|key| manifest.settings.iter().all(|setting| setting.key != *key))
    }

    /// The value of a setting as text.
    ///
    /// # Errors
    /// It is not what the plugin asks for: what it must be.
    pub fn text(&self, setting: &Setting) -> Result<Option<String>, String> {
        let Some(value) = self.0.get(&setting.key) else { return Ok(None) };
        let text = match (&setting.data_type, value) {
            (ColumnType::Integer | ColumnType::BigInt | ColumnType::Float | ColumnType::Decimal { .. }, toml::Value::Integer(n)) => {
                n.to_string()
            }
            (ColumnType::Float, toml::Value::Float(n)) => n.to_string(),
            (ColumnType::Boolean, toml::Value::Boolean(flag)) => flag.to_string(),
            (ColumnType::Timestamp | ColumnType::Date | ColumnType::Time, toml::Value::Datetime(moment)) => moment.to_string(),
            (ColumnType::Integer | ColumnType::BigInt | ColumnType::Float | ColumnType::Boolean, _) => {
                return Err(wanted(&setting.data_type));
            }
            (_, toml::Value::String(text)) => text.clone(),
            _ => return Err(wanted(&setting.data_type)),
        };
        if fits(&setting.data_type, &text) { Ok(Some(text)) } else { Err(wanted(&setting.data_type)) }
    }
}

/// The values that a plugin works with: the operator's, else the plugin's own, as text.
///
/// # Errors
/// Every setting that is required and not given, or not of its type, with what to do.
pub fn settings_of(manifest: &Manifest, given: &Given) -> Result<BTreeMap<String, String>, Vec<String>> {
    let mut values = BTreeMap::new();
    let mut wrong = Vec::new();
    for setting in &manifest.settings {
        let (key, table) = (&setting.key, table(&manifest.name));
        match given.text(setting) {
            Ok(None) if setting.required => {
                wrong.push(format!("setting {key} is not given: write {} = … into {table} of tenon.toml", toml_key(key)))
            }
            Ok(text) => values.extend(text.or_else(|| setting.default.clone()).map(|text| (key.clone(), text))),
            Err(wanted) => wrong.push(format!("setting {key} in {table} of tenon.toml must be {wanted}")),
        }
    }
    if wrong.is_empty() { Ok(values) } else { Err(wrong) }
}

/// Where an operator writes a plugin's settings.
pub fn table(plugin: &PluginName) -> String {
    format!("[plugins.{plugin}.settings]")
}

/// A key as TOML has it.
fn toml_key(key: &str) -> String {
    if key.contains('.') { format!("\"{key}\"") } else { key.to_owned() }
}

/// Checks what a plugin says of a setting.
///
/// # Errors
/// Its default is not of its type, or cannot be needed.
pub(super) fn check_default(setting: &Setting) -> Result<(), Mistake> {
    let mistake = |reason: String| Err(Mistake::new(format!("setting {}", setting.key), reason));
    match &setting.default {
        Some(_) if setting.required => mistake("has a default, so it is never missing; leave out `required`".to_owned()),
        Some(default) if !fits(&setting.data_type, default) => mistake(format!("its default must be {}", wanted(&setting.data_type))),
        _ => Ok(()),
    }
}

fn fits(data_type: &ColumnType, text: &str) -> bool {
    match data_type {
        ColumnType::Ulid => scalar::ulid(text).is_some(),
        ColumnType::Uuid => scalar::uuid(text).is_some(),
        ColumnType::String(most) => most.is_none_or(|most| text.chars().count() <= most as usize),
        ColumnType::Text => true,
        ColumnType::Integer | ColumnType::BigInt => text.parse::<i64>().is_ok(),
        ColumnType::Float => text.parse::<f64>().is_ok_and(f64::is_finite),
        ColumnType::Decimal { precision, scale } => scalar::decimal(text, *precision, *scale).is_ok(),
        ColumnType::Boolean => matches!(text, "true" | "false"),
        ColumnType::Timestamp => scalar::timestamp(text).is_some(),
        ColumnType::Date => scalar::date(text).is_some(),
        ColumnType::Time => scalar::time(text).is_some(),
        ColumnType::Json => crate::model::json::read(text.as_bytes()).is_ok(),
        ColumnType::Bytes => BASE64_STANDARD.decode(text).is_ok(),
        ColumnType::Enum(words) => words.iter().any(|word| word == text),
    }
}

fn wanted(data_type: &ColumnType) -> String {
    match data_type {
        ColumnType::Ulid => "a ULID in quotes".to_owned(),
        ColumnType::Uuid => "a UUID in quotes".to_owned(),
        ColumnType::String(Some(most)) => format!("text in quotes, of at most {most} characters"),
        ColumnType::String(None) | ColumnType::Text => "text in quotes".to_owned(),
        ColumnType::Integer | ColumnType::BigInt => "a whole number".to_owned(),
        ColumnType::Float => "a number".to_owned(),
        ColumnType::Decimal { .. } => format!("a {data_type} in quotes"),
        ColumnType::Boolean => "true or false".to_owned(),
        ColumnType::Timestamp => "a moment, e.g. 2026-11-22T08:09:32Z".to_owned(),
        ColumnType::Date => "a date, e.g. 2026-11-22".to_owned(),
        ColumnType::Time => "a time of day, e.g. 08:09:32".to_owned(),
        ColumnType::Json => "JSON in quotes".to_owned(),
        ColumnType::Bytes => "base 64 in quotes, with padding".to_owned(),
        ColumnType::Enum(words) => format!("one of {}, in quotes", words.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(key: &str, data_type: &str) -> Setting {
        Setting { key: key.into(), data_type: data_type.parse().unwrap(), default: None, secret: false, required: false, comment: None }
    }

    fn manifest(settings: Vec<Setting>) -> Manifest {
        Manifest { settings, ..Manifest::bare("mail") }
    }

    fn given(text: &str) -> Given {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn the_operators_values_come_before_the_plugins_own() {
        let from = Setting { default: Some("a@b".into()), ..setting("mail.from", "text") };
        let manifest =
            manifest(vec![from, setting("port", "integer"), setting("rate", "float"), setting("tls", "boolean"), setting("none", "text")]);
        let values = settings_of(&manifest, &given("port = 25\nrate = 2\ntls = true\nmail.from = \"c@d\"")).unwrap();
        let values: Vec<_> = values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(values, [("mail.from", "c@d"), ("port", "25"), ("rate", "2"), ("tls", "true")]);
        let quoted = given("\"mail.from\" = \"c@d\"");
        assert_eq!(settings_of(&manifest, &quoted).unwrap()["mail.from"], "c@d");
        assert_eq!(settings_of(&manifest, &Given::default()).unwrap()["mail.from"], "a@b");
    }

    #[test]
    fn every_setting_that_is_missing_or_wrong_is_named_and_no_value_is_told() {
        let required = Setting { required: true, secret: true, ..setting("mail.key", "text") };
        let manifest = manifest(vec![required, setting("port", "integer"), setting("mode", "enum(a,b)"), setting("size", "decimal(4,2)")]);
        let given = given("port = \"hunter2\"\nmode = \"hunter2\"\nsize = 100.5\nother = \"hunter2\"");
        let wrong = settings_of(&manifest, &given).unwrap_err();
        assert_eq!(
            wrong,
            [
                "setting mail.key is not given: write \"mail.key\" = … into [plugins.mail.settings] of tenon.toml",
                "setting port in [plugins.mail.settings] of tenon.toml must be a whole number",
                "setting mode in [plugins.mail.settings] of tenon.toml must be one of a, b, in quotes",
                "setting size in [plugins.mail.settings] of tenon.toml must be a decimal(4,2) in quotes",
            ]
        );
        assert_eq!(given.unknown(&manifest).collect::<Vec<_>>(), ["other"]);
        assert!(!format!("{given:?}").contains("hunter2"));
        assert!(!toml::from_str::<BTreeMap<String, Given>>("settings = \"hunter2\"").unwrap_err().message().contains("hunter2"));
    }

    #[test]
    fn a_default_is_of_its_type() {
        let with = |data_type: &str, default: &str| check_default(&Setting { default: Some(default.into()), ..setting("a", data_type) });
        for (data_type, good, bad) in [
            ("integer", "5", "5.0"),
            ("float", "0.5", "inf"),
            ("boolean", "true", "yes"),
            ("ulid", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "x"),
            ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8", "x"),
            ("string(2)", "ab", "abc"),
            ("decimal(4,2)", "1.5", "100.5"),
            ("timestamp", "2026-11-22T08:09:32Z", "today"),
            ("date", "2026-11-22", "x"),
            ("time", "08:09:32", "x"),
            ("json", "[1]", "["),
            ("bytes", "AAAA", "A"),
            ("enum(a,b)", "a", "c"),
        ] {
            assert!(with(data_type, good).is_ok(), "{data_type} {good}");
            assert!(with(data_type, bad).unwrap_err().to_string().starts_with("setting a: its default must be"), "{data_type} {bad}");
        }
        let never_missing = Setting { default: Some("x".into()), required: true, ..setting("a", "text") };
        assert!(check_default(&never_missing).unwrap_err().reason.contains("never missing"));
    }
}
