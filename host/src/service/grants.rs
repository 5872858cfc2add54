//! What plugins ask for beyond their own, what the operator's configuration gives them, and what is to be said of the difference.
//!
//! `reference` is given unless `references` says which, `read` is given by `reads` alone, and `prefix` says how the names of new objects
//! begin. What is missing refuses no plugin: the step, or the statement, that needs it is refused when it runs.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::error::ServiceError;
use super::live::Live;
use super::load::PluginSet;
use super::settings::{PluginSettings, Settings};
use crate::migrate::canonical::from_canonical_text;
use crate::migrate::executor::{Permissions, Prefix};
use crate::model::manifest::{Right, Want};
use crate::model::{Manifest, Name, Operation, PluginName};

/// A right that a plugin asks for, and whether it has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ask {
    /// `read` or `reference`.
    pub right: Right,
    /// The table or view.
    pub object: Name,
    /// The plugin's reason.
    pub why: String,
    /// Whether it has it.
    pub granted: bool,
    /// It has it because the operator said nothing.
    pub by_default: bool,
    /// The line of `[plugins.NAME]` that would give it what it has and this.
    pub add: Option<String>,
}

/// What a plugin asks for, in order of declaration.
pub fn asks(manifest: &Manifest, given: &PluginSettings) -> Vec<Ask> {
    let ask = |Want { right, object, why }: &Want| {
        let (key, named) = match right {
            Right::Read => ("reads", Some(&given.reads)),
            Right::Reference => ("references", given.references.as_ref()),
        };
        let granted = named.is_none_or(|named| named.contains(object));
        let add = || line(key, named.into_iter().flatten().chain([object]));
        let add = (!granted).then(add);
        Ask { right: *right, object: object.clone(), why: why.clone(), granted, by_default: named.is_none(), add }
    };
    manifest.wants.iter().map(ask).collect()
}

/// A line of `tenon.toml`.
fn line<'a>(key: &str, names: impl Iterator<Item = &'a Name>) -> String {
    let names: Vec<&str> = names.map(Name::as_str).collect();
    format!("{key} = {}", toml::Value::from(names))
}

/// What the operator lets a plugin read without having been asked.
pub fn unasked(manifest: &Manifest, given: &PluginSettings) -> Vec<Name> {
    given.reads.iter().filter(|name| !is_asked(manifest, Right::Read, name)).cloned().collect()
}

fn is_asked(manifest: &Manifest, right: Right, object: &Name) -> bool {
    manifest.wants.iter().any(|want| want.right == right && want.object == *object)
}

/// Whether a plugin's steps may do less on the operator's database than they ask for.
pub(super) fn are_short(manifest: &Manifest, given: &PluginSettings) -> bool {
    given.prefix.is_some() || asks(manifest, given).iter().any(|ask| !ask.granted)
}

/// The tables and views that a plugin asks to read.
pub(super) fn asked_reads(manifest: &Manifest) -> impl Iterator<Item = Name> {
    manifest.wants.iter().filter(|want| want.right == Right::Read).map(|want| want.object.clone())
}

/// What a plugin's steps may do as the operator gives it. `had` are the names that it had before.
pub(super) fn permissions(manifest: &Manifest, given: &PluginSettings, had: impl FnOnce() -> BTreeSet<Name>) -> Permissions {
    let all = Permissions::of(manifest);
    let withheld = asks(manifest, given).into_iter().filter(|ask| ask.right == Right::Reference && !ask.granted);
    Permissions {
        withheld: withheld.map(|ask| ask.object).collect(),
        prefix: given.prefix.clone().map(|text| Prefix { text, had: had() }),
        ..all
    }
}

/// What a plugin's steps may do on the operator's database.
///
/// # Errors
/// The ledger's rows of the plugin cannot be read.
pub(super) fn live_permissions(manifest: &Manifest, settings: &Settings, live: &Live) -> Result<Permissions, ServiceError> {
    let given = settings.plugin(&manifest.name);
    let mut had = BTreeSet::new();
    if given.prefix.is_some() {
        for up in live.operations_of(&manifest.name)? {
            had.extend(names_made(&from_canonical_text(&up)?));
        }
    }
    Ok(permissions(manifest, &given, || had))
}

/// The names of what operations make.
pub(super) fn names_made(operations: &[Operation]) -> impl Iterator<Item = Name> {
    operations.iter().flat_map(|operation| operation.touched().creates).map(|(_, name)| name)
}

/// Why a plugin cannot be loaded under its prefix: what it declares otherwise. What is there and its own already may stay.
pub(super) fn outside_prefix(manifest: &Manifest, given: &PluginSettings, owners: &BTreeMap<Name, PluginName>) -> Option<String> {
    let (prefix, plugin) = (given.prefix.as_ref()?, &manifest.name);
    let outside = |(_, name): &(&str, &Name)| !name.begins_with(prefix) && owners.get(*name) != Some(plugin);
    let outside: Vec<String> = manifest.objects().filter(outside).map(|(kind, name)| format!("{kind} {name}")).collect();
    let first = outside.first()?;
    let more = if outside.len() > 1 { format!(" (and {} more)", outside.len() - 1) } else { String::new() };
    Some(format!("its {first}{more} does not begin with {prefix}, the `prefix` of [plugins.{plugin}] in tenon.toml"))
}

/// What the operator gives that cannot be meant so.
///
/// # Shape
/// One sentence for each name that nobody has, that is the plugin's own, that is of a plugin which it does not require, or that it does
/// not ask for. Whose a name is, nobody can say as long as there are files that were refused.
pub(super) fn doubts(set: &PluginSet, settings: &Settings, owners: &BTreeMap<Name, PluginName>) -> Vec<String> {
    let declared = set.plugins.values().map(|plugin| &plugin.manifest);
    let declared: BTreeMap<&Name, &PluginName> =
        declared.flat_map(|manifest| manifest.objects().map(|(_, name)| (name, &manifest.name))).collect();
    let mut found = Vec::new();
    for (plugin, given) in &settings.plugins {
        let Some(manifest) = set.plugins.get(plugin).map(|plugin| &plugin.manifest) else { continue };
        let mut doubt = |key: &str, right: Right, name: &Name, unasked: &str| {
            let owner = owners.get(name).or(declared.get(name).copied());
            let why = match owner {
                None if !set.refused.is_empty() => return,
                None => "and no plugin here has a table or view of that name".to_owned(),
                Some(owner) if owner == plugin => "which is its own".to_owned(),
                Some(owner) if !manifest.requires.iter().any(|required| required.plugin == *owner) => {
                    format!("which is plugin {owner}'s, and {plugin} does not require {owner}")
                }
                Some(_) if !is_asked(manifest, right, name) => unasked.to_owned(),
                Some(_) => return,
            };
            found.push(format!("`{key}` of [plugins.{plugin}] in the configuration names {name}, {why}"));
        };
        for name in &given.reads {
            doubt("reads", Right::Read, name, "which it does not ask to read; its statements may, its revisions may not");
        }
        for name in given.references.iter().flatten() {
            doubt("references", Right::Reference, name, "which it does not ask to refer to, so that it may not");
        }
    }
    found
}
