//! Whether the plugins of a folder agree with each other: names, requirements, tables, paths, histories.
//!
//! Pure. A plugin that cannot stand is left out with its reasons, and then those that required it, until the rest agree. Where two
//! claim the same table and the database knows an owner, the owner stays; otherwise the one whose name sorts first does, so that the
//! same folder always gives the same answer and never depends on which file was dropped first.

mod paths;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::migrate::graph::Graph;
use crate::migrate::revision::PluginFacts;
use crate::model::manifest::Right;
use crate::model::text::plain;
use crate::model::{Manifest, Name, PluginName};

/// A plugin that could be read, before it is known whether it can stay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    /// Its file.
    pub file: &'a Path,
    /// What it says of itself.
    pub manifest: &'a Manifest,
}

/// Finds the candidates that cannot stay.
///
/// # Shape
/// By position in `candidates`: at least one reason each. `owners` says whom the database knows as an object's owner.
pub(super) fn refusals(candidates: &[Candidate<'_>], owners: &BTreeMap<Name, PluginName>) -> BTreeMap<usize, Vec<String>> {
    let mut refused: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    loop {
        let staying: Vec<(usize, Candidate<'_>)> =
            candidates.iter().copied().enumerate().filter(|(position, _)| !refused.contains_key(position)).collect();
        let rules =
            [same_name, circular_requirements, requirements, same_object, references, paths::same_path, paths::foreign_path, histories];
        // Later rules assume that earlier ones hold: names are unique before requirements are looked up by name.
        let found = rules.iter().map(|rule| rule(&staying, candidates, owners)).find(|found| !found.is_empty());
        let Some(found) = found else { return refused };
        for (position, reason) in found {
            refused.entry(position).or_default().push(reason);
        }
    }
}

type Staying<'a> = [(usize, Candidate<'a>)];
type Found = Vec<(usize, String)>;

fn same_name(staying: &Staying<'_>, _all: &[Candidate<'_>], _owners: &BTreeMap<Name, PluginName>) -> Found {
    let mut named: BTreeMap<&PluginName, Vec<(usize, &Path)>> = BTreeMap::new();
    for (position, candidate) in staying {
        named.entry(&candidate.manifest.name).or_default().push((*position, candidate.file));
    }
    let mut found = Vec::new();
    for (name, files) in named.iter().filter(|(_, files)| files.len() > 1) {
        for (position, _) in files {
            let others: Vec<String> = files.iter().filter(|(other, _)| other != position).map(|(_, file)| file_name(file)).collect();
            found.push((*position, format!("its plugin name `{name}` is also that of {}; remove one of the files", others.join(", "))));
        }
    }
    found
}

type ByName<'a> = BTreeMap<&'a PluginName, &'a Manifest>;

fn by_name<'a>(staying: &Staying<'a>) -> ByName<'a> {
    staying.iter().map(|(_, candidate)| (&candidate.manifest.name, candidate.manifest)).collect()
}

fn circular_requirements(staying: &Staying<'_>, _all: &[Candidate<'_>], _owners: &BTreeMap<Name, PluginName>) -> Found {
    let named = by_name(staying);
    let mut found = Vec::new();
    for (position, candidate) in staying {
        if let Some(circle) = circle_through(&candidate.manifest.name, &named) {
            let circle: Vec<&str> = circle.iter().map(|name| name.as_str()).collect();
            found.push((*position, format!("its requirements go in a circle: {}", circle.join(" -> "))));
        }
    }
    found
}

/// The shortest way along requirements from a plugin back to itself, both ends included.
fn circle_through<'a>(start: &'a PluginName, named: &ByName<'a>) -> Option<Vec<&'a PluginName>> {
    let required = |name: &PluginName| named.get(name).into_iter().flat_map(|manifest| manifest.requires.iter().map(|r| &r.plugin));
    let mut open = std::collections::VecDeque::from([start]);
    let mut came_from: BTreeMap<&PluginName, &PluginName> = BTreeMap::new();
    while let Some(name) = open.pop_front() {
        for next in required(name) {
            if next == start {
                let mut way: Vec<&PluginName> = std::iter::successors(Some(name), |name| came_from.get(name).copied()).collect();
                way.reverse();
                way.push(start);
                return Some(way);
            }
            if let Entry::Vacant(entry) = came_from.entry(next) {
                entry.insert(name);
                open.push_back(next);
            }
        }
    }
    None
}

fn requirements(staying: &Staying<'_>, all: &[Candidate<'_>], _owners: &BTreeMap<Name, PluginName>) -> Found {
    let named = by_name(staying);
    let mut found = Vec::new();
    for (position, candidate) in staying {
        for requirement in &candidate.manifest.requires {
            let (name, versions) = (&requirement.plugin, &requirement.versions);
            let reason = match named.get(name).map(|manifest| &manifest.version) {
                Some(version) if versions.matches(version) => continue,
                Some(version) => format!("it requires plugin {name} {versions}, and the one here is {version}"),
                None if all.iter().any(|c| &c.manifest.name == name) => {
                    format!("it requires plugin {name} {versions}, which was refused itself")
                }
                None => format!("it requires plugin {name} {versions}, which is not in the folder, or whose file was refused"),
            };
            found.push((*position, reason));
        }
    }
    found
}

fn same_object(staying: &Staying<'_>, _all: &[Candidate<'_>], owners: &BTreeMap<Name, PluginName>) -> Found {
    let claims = staying.iter().flat_map(|(position, Candidate { manifest, .. })| {
        manifest.objects().map(move |(kind, name)| (name, &manifest.name, *position, kind))
    });
    let mut claims: Vec<(&Name, &PluginName, usize, &str)> = claims.collect();
    claims.sort_unstable();
    let mut found = Vec::new();
    for claims in claims.chunk_by(|one, other| one.0 == other.0) {
        let (name, first, ..) = claims[0];
        let owner = owners.get(name).unwrap_or(first);
        for (_, plugin, position, kind) in claims.iter().filter(|(_, plugin, ..)| *plugin != owner) {
            let reason = format!("{kind} {name} is declared by plugin {plugin} and belongs to plugin {owner}; one owner per object");
            found.push((*position, reason));
        }
    }
    found
}

/// Foreign keys of tables that are yet to be made. One that is there was judged when it was made.
fn references(staying: &Staying<'_>, _all: &[Candidate<'_>], owners: &BTreeMap<Name, PluginName>) -> Found {
    let manifests = staying.iter().map(|(_, candidate)| candidate.manifest);
    let declared = manifests.flat_map(|manifest| manifest.tables.iter().map(|table| (&table.name, &manifest.name)));
    let declared: BTreeMap<&Name, &PluginName> = declared.collect();
    let mut found = Vec::new();
    for (position, Candidate { manifest, .. }) in staying {
        let new = manifest.tables.iter().filter(|table| owners.get(&table.name) != Some(&manifest.name));
        for (table, target) in new.flat_map(|table| table.foreign_keys.iter().map(|key| (&table.name, &key.target_table))) {
            // Of a name that nobody has, the step that makes the key will hear.
            let Some(owner) = owners.get(target).or(declared.get(target).copied()).filter(|owner| **owner != manifest.name) else {
                continue;
            };
            let reason = if !manifest.requires.iter().any(|requirement| requirement.plugin == *owner) {
                "which it does not require".to_owned()
            } else if !manifest.wants.iter().any(|want| want.right == Right::Reference && want.object == *target) {
                format!("and it does not ask for the right to: declare.wants(\"reference\", \"{target}\", why)")
            } else {
                continue;
            };
            found.push((*position, format!("a foreign key of its table {table} points to table {target} of plugin {owner}, {reason}")));
        }
    }
    found
}

/// Whoever has tables in the database was there before a file that was dropped in today; else the name decides.
fn rank<'a>(owners: &'a BTreeMap<Name, PluginName>) -> impl Fn(&'a PluginName) -> (bool, &'a PluginName) {
    let applied: BTreeSet<&PluginName> = owners.values().collect();
    move |plugin| (!applied.contains(plugin), plugin)
}

fn histories(staying: &Staying<'_>, _all: &[Candidate<'_>], _owners: &BTreeMap<Name, PluginName>) -> Found {
    let Err(error) = Graph::build(staying.iter().map(|(_, c)| PluginFacts::from(c.manifest)), []) else { return Vec::new() };
    let guilty = error.blames();
    staying.iter().filter(|(_, c)| guilty.contains(&c.manifest.name)).map(|(position, _)| (*position, error.to_string())).collect()
}

/// The last part of a path, for messages: whoever dropped the file chose it, so it is made harmless for a terminal.
pub(super) fn file_name(path: &Path) -> String {
    plain(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
}
