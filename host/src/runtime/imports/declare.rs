//! `declare`: what a plugin says of itself, one call at a time. A call that cannot be is a mistake, not a trap, so that all of them are
//! heard; only a spent budget and a call at the wrong time end the guest.

use chrono::{DateTime, Datelike as _, Utc};
use semver::{Version, VersionReq};

use crate::model::manifest::{Field, Right, Setting, Want};
use crate::model::text::is_harmful;
use crate::model::{AttributeReader, Collection, CollectionOperation, ColumnType, Mistake, Name, Requirement, Revision, Value};
use crate::runtime::bindings::tenon::plugin::declare::Host;
use crate::runtime::bindings::tenon::plugin::schema as wit;
use crate::runtime::bindings::tenon::plugin::types::Attribute as WitAttribute;
use crate::runtime::mistakes::{Mistakes, quoted};
use crate::runtime::state::HostState;

use super::manifest::{Declarations, Identity, Weight};
use super::values::attributes;
use super::{schema, weigh};

mod endpoint;

/// SQLite cannot hold more columns in a key anyway, and a person cannot read more of anything here.
const MOST_IN_A_LIST: usize = 100;

impl HostState {
    /// Checks that `function` may be called now, and charges for it.
    fn declaring(&mut self, function: &str, weight: Weight) -> wasmtime::Result<&mut Declarations> {
        let declarations = self.declarations(function)?;
        declarations.charge(weight)?;
        Ok(declarations)
    }
}

impl Host for HostState {
    fn plugin(&mut self, name: String, version: String, given: Vec<WitAttribute>) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&name, &version]).plus(weigh::attributes(&given));
        let declarations = self.declaring("plugin", weight)?;
        let subject = format!("plugin {}", quoted(&name));
        let Declarations { identity, mistakes, .. } = declarations;
        if identity.is_some() {
            mistakes.note(&subject, "declare.plugin is called a second time; a component is one plugin");
            return Ok(());
        }
        let given = attributes(given);
        let mut reader = AttributeReader::new(&subject, &given);
        let said = Identity {
            name: mistakes.parse(&subject, &name),
            version: mistakes.take(version_of(&subject, &version)),
            description: line(&mut reader, "description", mistakes),
            homepage: line(&mut reader, "homepage", mistakes),
            license: line(&mut reader, "license", mistakes),
        };
        mistakes.take(reader.finish());
        let stamp = said.name.as_ref().map(ToString::to_string);
        *identity = Some(said);
        if let Some(name) = stamp {
            self.journal.plugin = name;
        }
        Ok(())
    }

    fn requires(&mut self, plugin: String, versions: String) -> wasmtime::Result<()> {
        let Declarations { requires, mistakes, .. } = self.declaring("requires", Weight::of_texts([&plugin, &versions]))?;
        let subject = format!("requirement {}", quoted(&plugin));
        let name = mistakes.parse(&subject, &plugin);
        let range = VersionReq::parse(&versions)
            .map_err(|error| Mistake::new(&subject, format!("{versions:?} is no version range, e.g. \"^1.2\" or \">=1, <3\": {error}")));
        // With a bad range it still counts as required, so that what depends on it is not called a mistake as well.
        let versions = mistakes.take(range).unwrap_or(VersionReq::STAR);
        requires.extend(name.map(|plugin| Requirement { plugin, versions }));
        Ok(())
    }

    fn wants(&mut self, right: String, object: String, why: String) -> wasmtime::Result<()> {
        let Declarations { wants, mistakes, .. } = self.declaring("wants", Weight::of_texts([&right, &object, &why]))?;
        let subject = format!("wanted right on {}", quoted(&object));
        let right = match right.as_str() {
            "read" => Ok(Right::Read),
            "reference" => Ok(Right::Reference),
            other => Err(Mistake::new(&subject, format!("unknown right {other:?}; known are read, reference"))),
        };
        let right = mistakes.take(right);
        let object = mistakes.parse::<Name>(&subject, &object);
        mistakes.take(one_line(&subject, "why", &why));
        wants.extend(right.zip(object).map(|(right, object)| Want { right, object, why }));
        Ok(())
    }

    fn setting(&mut self, key: String, data_type: String, given: Vec<WitAttribute>) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&key, &data_type]).plus(weigh::attributes(&given));
        let Declarations { settings, mistakes, .. } = self.declaring("setting", weight)?;
        let subject = format!("setting {}", quoted(&key));
        if !is_word(&key) {
            mistakes.note(&subject, "use letters, digits, `-`, `_`, `.` for its key, at most 63");
        }
        let data_type = mistakes.parse::<ColumnType>(&subject, &data_type);
        let given = attributes(given);
        let mut reader = AttributeReader::new(&subject, &given);
        let default = mistakes.take(reader.value("default")).flatten().and_then(|value| match value {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(n) => Some(n.to_string()),
            Value::Real(n) => Some(n.to_string()),
            Value::Boolean(flag) => Some(flag.to_string()),
            Value::Null | Value::Bytes(_) => {
                mistakes.note(&subject, "`default` must be text, a number or a boolean");
                None
            }
        });
        let mut flag = |key| mistakes.take(reader.flag(key)).unwrap_or_default();
        let (secret, required) = (flag("secret"), flag("required"));
        let comment = line(&mut reader, "comment", mistakes);
        mistakes.take(reader.finish());
        settings.extend(data_type.map(|data_type| Setting { key, data_type, default, secret, required, comment }));
        Ok(())
    }

    fn owns_table(&mut self, table: wit::Table) -> wasmtime::Result<()> {
        let Declarations { tables, mistakes, .. } = self.declaring("owns-table", weigh::table(&table))?;
        tables.extend(schema::table(table, mistakes));
        Ok(())
    }

    fn owns_view(&mut self, view: wit::View) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&view.name, &view.query]).plus(weigh::attributes(&view.attributes));
        let Declarations { views, mistakes, .. } = self.declaring("owns-view", weight)?;
        views.extend(schema::view(view, mistakes));
        Ok(())
    }

    fn owns_trigger(&mut self, trigger: wit::Trigger) -> wasmtime::Result<()> {
        let texts = [&trigger.name, &trigger.table, &trigger.timing, &trigger.event].into_iter().chain(&trigger.body);
        let weight = Weight::of_texts(texts).plus(weigh::attributes(&trigger.attributes));
        let Declarations { triggers, mistakes, .. } = self.declaring("owns-trigger", weight)?;
        triggers.extend(schema::trigger(trigger, mistakes));
        Ok(())
    }

    fn revision(
        &mut self,
        id: String,
        down: Vec<String>,
        depends_on: Vec<String>,
        message: String,
        created: String,
        given: Vec<WitAttribute>,
    ) -> wasmtime::Result<()> {
        let weight =
            Weight::of_texts([&id, &message, &created].into_iter().chain(&down).chain(&depends_on)).plus(weigh::attributes(&given));
        let Declarations { revisions, mistakes, .. } = self.declaring("revision", weight)?;
        let subject = format!("revision {}", quoted(&id));
        let id = mistakes.parse(&subject, &id);
        let down = list(&subject, "down", &down, mistakes);
        let depends_on = list(&subject, "depends-on", &depends_on, mistakes);
        if message.trim().is_empty() {
            mistakes.note(&subject, "has no message; say in one line what it does");
        }
        mistakes.take(one_line(&subject, "message", &message));
        let created = mistakes.take(time_of(&subject, &created));
        let given = attributes(given);
        let mut reader = AttributeReader::new(&subject, &given);
        let labels = mistakes.take(reader.texts("label")).unwrap_or_default();
        let labels = list(&subject, "label", &labels, mistakes);
        let run_before = mistakes.take(reader.texts("run-before")).unwrap_or_default();
        let run_before = list(&subject, "run-before", &run_before, mistakes);
        let irreversible = line(&mut reader, "irreversible", mistakes);
        mistakes.take(reader.finish());
        revisions.extend(id.zip(created).map(|(id, created)| Revision {
            id,
            down,
            depends_on,
            message,
            created,
            irreversible,
            labels,
            run_before,
        }));
        Ok(())
    }

    fn collection(
        &mut self,
        name: String,
        table: String,
        path: String,
        operations: Vec<String>,
        given: Vec<WitAttribute>,
    ) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&name, &table, &path].into_iter().chain(&operations)).plus(weigh::attributes(&given));
        let Declarations { collections, mistakes, .. } = self.declaring("collection", weight)?;
        let subject = format!("collection {}", quoted(&name));
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > 63 || !name.chars().all(good) {
            mistakes.note(&subject, "use letters, digits, `-`, `_` for its name, at most 63");
        }
        let mut operations: Vec<CollectionOperation> = list(&subject, "operations", &operations, mistakes);
        operations.sort();
        if operations.is_empty() {
            mistakes.note(&subject, "offers no operations; name some of list, get, create, replace, update, delete");
        }
        let given = attributes(given);
        let mut reader = AttributeReader::new(&subject, &given);
        let key = mistakes.take(reader.texts("key")).unwrap_or_default();
        let key: Vec<Name> = list(&subject, "key", &key, mistakes);
        let order = order(&subject, &mut reader, mistakes);
        let summary = line(&mut reader, "summary", mistakes);
        mistakes.take(reader.finish());
        let table = mistakes.parse(&subject, &table);
        // Written in the contract's examples with a slash before; kept without.
        let path = path.strip_prefix('/').unwrap_or(&path).to_owned();
        collections.extend(table.map(|table| Collection { name, table, path, operations, key, order, summary, fields: Vec::new() }));
        Ok(())
    }

    fn field(&mut self, collection: String, column: String, given: Vec<WitAttribute>) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&collection, &column]).plus(weigh::attributes(&given));
        let Declarations { fields, mistakes, .. } = self.declaring("field", weight)?;
        let subject = format!("field {} of collection {}", quoted(&column), quoted(&collection));
        let given = attributes(given);
        let mut reader = AttributeReader::new(&subject, &given);
        let mut flag = |key| mistakes.take(reader.flag(key)).unwrap_or_default();
        let (read_only, write_only, hidden, immutable) = (flag("read-only"), flag("write-only"), flag("hidden"), flag("immutable"));
        let comment = line(&mut reader, "comment", mistakes);
        mistakes.take(reader.finish());
        let column = mistakes.parse(&subject, &column);
        fields.extend(column.map(|column| (collection, Field { column, read_only, write_only, hidden, immutable, comment })));
        Ok(())
    }

    fn handles(&mut self, operation: String, given: Vec<WitAttribute>) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&operation]).plus(weigh::attributes(&given)).plus(weigh::schemas(&given));
        let declarations = self.declaring("handles", weight)?;
        let handled = endpoint::handled(&operation, &attributes(given), &mut declarations.mistakes);
        declarations.charge_patterns(handled.iter().flat_map(|handled| handled.details.schemas()))?;
        declarations.handled.extend(handled);
        Ok(())
    }

    fn route(&mut self, name: String, method: String, path: String, given: Vec<WitAttribute>) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&name, &method, &path]).plus(weigh::attributes(&given)).plus(weigh::schemas(&given));
        let declarations = self.declaring("route", weight)?;
        let route = endpoint::route(name, &method, &path, &attributes(given), &mut declarations.mistakes);
        declarations.charge_patterns(route.iter().flat_map(|route| route.details.schemas()))?;
        declarations.routes.extend(route);
        Ok(())
    }

    fn parameter(
        &mut self,
        operation: String,
        place: String,
        name: String,
        schema: String,
        given: Vec<WitAttribute>,
    ) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&operation, &place, &name]).plus(weigh::attributes(&given)).plus(weigh::schema(&schema));
        let declarations = self.declaring("parameter", weight)?;
        let parameter = endpoint::parameter(&operation, &place, name, &schema, &attributes(given), &mut declarations.mistakes);
        declarations.charge_patterns(parameter.iter().map(|parameter| &parameter.schema))?;
        declarations.parameters.extend(parameter.map(|parameter| (operation, parameter)));
        Ok(())
    }

    fn answer(&mut self, operation: String, status: u16, description: String, schema: String) -> wasmtime::Result<()> {
        let weight = Weight::of_texts([&operation, &description]).plus(weigh::schema(&schema));
        let declarations = self.declaring("answer", weight)?;
        let answer = endpoint::answer(&operation, status, description, &schema, &mut declarations.mistakes);
        declarations.charge_patterns(answer.iter().flat_map(|answer| &answer.schema))?;
        declarations.answers.extend(answer.map(|answer| (operation, answer)));
        Ok(())
    }
}

/// What names routes and settings: letters, digits, `-`, `_`, `.`, at most 63.
fn is_word(name: &str) -> bool {
    (1..=63).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

fn version_of(subject: &str, text: &str) -> Result<Version, Mistake> {
    Version::parse(text).map_err(|error| Mistake::new(subject, format!("{text:?} is not a semantic version, e.g. \"1.0.0\": {error}")))
}

/// RFC 3339, between the years that ULIDs and every database can hold.
fn time_of(subject: &str, text: &str) -> Result<DateTime<Utc>, Mistake> {
    let time = DateTime::parse_from_rfc3339(text).map(|time| time.to_utc());
    let time =
        time.map_err(|error| Mistake::new(subject, format!("`created` {text:?} is not RFC 3339, e.g. \"2025-10-24T15:00:00Z\": {error}")))?;
    let good = (1970..=9999).contains(&time.year());
    if good { Ok(time) } else { Err(Mistake::new(subject, format!("`created` {text:?} is not between 1970 and 9999"))) }
}

/// The texts of a list, parsed, each once.
fn list<T: std::str::FromStr<Err: std::fmt::Display> + PartialEq>(
    subject: &str,
    what: &str,
    texts: &[impl AsRef<str>],
    mistakes: &mut Mistakes,
) -> Vec<T> {
    let mut parsed: Vec<T> = Vec::new();
    if texts.len() > MOST_IN_A_LIST {
        mistakes.note(subject, format!("`{what}` has {} entries; at most {MOST_IN_A_LIST} are possible", texts.len()));
    }
    let what = format!("{subject}, {what}");
    for text in texts.iter().take(MOST_IN_A_LIST) {
        match mistakes.parse::<T>(&what, text.as_ref()) {
            Some(value) if parsed.contains(&value) => mistakes.note(&what, format!("{:?} is there twice", text.as_ref())),
            value => parsed.extend(value),
        }
    }
    parsed
}

/// The default sort as a query string spells it: `name,-created_at`.
fn order(subject: &str, reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Vec<(Name, bool)> {
    let Some(Some(text)) = mistakes.take(reader.text("order")) else { return Vec::new() };
    let subject = format!("{subject}, order");
    let parts =
        text.split(',').take(MOST_IN_A_LIST).map(|part| part.trim().strip_prefix('-').map_or((part.trim(), false), |name| (name, true)));
    parts.filter_map(|(name, descending)| Some((mistakes.parse(&subject, name)?, descending))).collect()
}

/// The text of an attribute that a terminal will show in one line.
fn line(reader: &mut AttributeReader<'_>, key: &'static str, mistakes: &mut Mistakes) -> Option<String> {
    let text = mistakes.take(reader.text(key)).flatten()?;
    mistakes.take(one_line(&reader.mistake("").subject, key, text)).map(|()| text.to_owned())
}

fn one_line(subject: &str, key: &str, text: &str) -> Result<(), Mistake> {
    match text.chars().find(|c| is_harmful(*c)) {
        Some(c) => Err(Mistake::new(subject, format!("`{key}` must be one line of plain text, without {c:?}"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod endpoint_tests;
#[cfg(test)]
mod tests;
