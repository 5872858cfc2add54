//! Whether the plugins of a folder agree with each other: names, requirements, tables, paths, histories.
//!
//! Pure. A plugin that cannot stand is left out with its reasons, and then those that required it, until the rest agree. Where two
//! claim the same table and the database knows an owner, the owner stays; otherwise the one whose name sorts first does, so that the
//! same folder always gives the same answer and never depends on which file was dropped first.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::migrate::graph::Graph;
use crate::migrate::revision::PluginFacts;
use crate::model::manifest::{Method, Right, is_within};
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
        let rules = [same_name, circular_requirements, requirements, same_object, references, same_path, foreign_path, histories];
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
    let mut found = Vec::new();
    for (position, candidate) in staying {
        let name = &candidate.manifest.name;
        let others = staying.iter().filter(|(other, c)| other != position && &c.manifest.name == name);
        let files: Vec<String> = others.map(|(_, c)| file_name(c.file)).collect();
        if !files.is_empty() {
            found.push((*position, format!("its plugin name `{name}` is also that of {}; remove one of the files", files.join(", "))));
        }
    }
    found
}

fn circular_requirements(staying: &Staying<'_>, _all: &[Candidate<'_>], _owners: &BTreeMap<Name, PluginName>) -> Found {
    let mut found = Vec::new();
    for (position, candidate) in staying {
        if let Some(circle) = circle_through(&candidate.manifest.name, staying) {
            let circle: Vec<&str> = circle.iter().map(|name| name.as_str()).collect();
            found.push((*position, format!("its requirements go in a circle: {}", circle.join(" -> "))));
        }
    }
    found
}

/// The shortest way along requirements from a plugin back to itself, both ends included.
fn circle_through<'a>(start: &'a PluginName, staying: &'a Staying<'_>) -> Option<Vec<&'a PluginName>> {
    let required = |name: &PluginName| {
        let manifest = staying.iter().find(|(_, c)| &c.manifest.name == name).map(|(_, c)| c.manifest);
        manifest.into_iter().flat_map(|manifest| manifest.requires.iter().map(|r| &r.plugin))
    };
    let mut ways = std::collections::VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for next in way.last().into_iter().flat_map(|last| required(last)) {
            let mut longer = way.clone();
            longer.push(next);
            if next == start {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push_back(longer);
            }
        }
    }
    None
}

fn requirements(staying: &Staying<'_>, all: &[Candidate<'_>], _owners: &BTreeMap<Name, PluginName>) -> Found {
    let mut found = Vec::new();
    for (position, candidate) in staying {
        for requirement in &candidate.manifest.requires {
            let (name, versions) = (&requirement.plugin, &requirement.versions);
            let there = staying.iter().find(|(_, c)| &c.manifest.name == name).map(|(_, c)| &c.manifest.version);
            let reason = match there {
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

fn same_path(staying: &Staying<'_>, _all: &[Candidate<'_>], owners: &BTreeMap<Name, PluginName>) -> Found {
    let rank = rank(owners);
    let mut found = Vec::new();
    for (position, Candidate { manifest, .. }) in staying {
        let earlier = || staying.iter().map(|(_, c)| c.manifest).filter(|other| rank(&other.name) < rank(&manifest.name));
        for collection in &manifest.collections {
            let clash =
                earlier().flat_map(|other| other.collections.iter().map(move |c| (other, c))).find(|(_, c)| c.path == collection.path);
            if let Some((other, theirs)) = clash {
                let (ours, path) = (&collection.name, &collection.path);
                let reason =
                    format!("its collection {ours} claims /api/v1/{path}, and so does collection {} of plugin {}", theirs.name, other.name);
                found.push((*position, reason));
            }
        }
        let claimed: BTreeMap<(Method, String), (String, &PluginName)> =
            earlier().flat_map(|other| other.claims().map(move |(claim, title)| (claim, (title, &other.name)))).collect();
        for (claim, ours) in manifest.claims() {
            let (method, path) = &claim;
            match claimed.get(&claim) {
                // Two collections with one path have been told of.
                Some((theirs, _)) if ours.starts_with("collection") && theirs.starts_with("collection") => {}
                Some((theirs, other)) => {
                    let reason = format!("its {ours} answers {method} /api/v1/{path}, and so does {theirs} of plugin {other}");
                    found.push((*position, reason));
                }
                None => {}
            }
        }
    }
    found
}

/// A route within another plugin's collection stands only where that plugin is required. The one of the two that was there before stays.
fn foreign_path(staying: &Staying<'_>, _all: &[Candidate<'_>], owners: &BTreeMap<Name, PluginName>) -> Found {
    let rank = rank(owners);
    let mut found = Vec::new();
    for (guest_position, Candidate { manifest: guest, .. }) in staying {
        let foreign = staying.iter().filter(|(_, c)| c.manifest.name != guest.name);
        for (host_position, Candidate { manifest: host, .. }) in foreign {
            if guest.requires.iter().any(|requirement| requirement.plugin == host.name) {
                continue;
            }
            let pairs = guest.routes.iter().flat_map(|route| host.collections.iter().map(move |collection| (route, collection)));
            for (route, collection) in pairs.filter(|(route, collection)| is_within(&route.path, &collection.path)) {
                let (route, collection, path) = (&route.name, &collection.name, &collection.path);
                found.push(if rank(&host.name) < rank(&guest.name) {
                    let host = &host.name;
                    let reason = format!(
                        "its route {route} answers within /api/v1/{path}, which is collection {collection} of plugin {host}; it would have \
                         to require plugin {host}"
                    );
                    (*guest_position, reason)
                } else {
                    let guest = &guest.name;
                    let reason = format!(
                        "its collection {collection} claims /api/v1/{path}, within which route {route} of plugin {guest} answers, and that \
                         one does not require it"
                    );
                    (*host_position, reason)
                });
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::{Details, Route};
    use crate::model::{Collection, CollectionOperation, Requirement};

    fn route(name: &str, method: Method, path: &str) -> Route {
        Route { name: name.into(), method, path: path.into(), writes: false, details: Details::default() }
    }

    fn with_routes(name: &str, routes: Vec<Route>) -> Manifest {
        Manifest { routes, ..Manifest::bare(name) }
    }

    fn shop() -> Manifest {
        let orders = Collection {
            name: "orders".into(),
            table: "orders".parse().unwrap(),
            path: "orders".into(),
            operations: vec![CollectionOperation::List, CollectionOperation::Get],
            key: vec![],
            order: vec![],
            summary: None,
            fields: vec![],
        };
        Manifest { collections: vec![orders], ..Manifest::bare("shop") }
    }

    fn requiring(other: &str, manifest: Manifest) -> Manifest {
        let requirement = Requirement { plugin: other.parse().unwrap(), versions: semver::VersionReq::STAR };
        Manifest { requires: vec![requirement], ..manifest }
    }

    /// Who is refused and why, when those plugins come together and `applied` owns something in the database.
    fn refused(manifests: &[&Manifest], applied: Option<&str>) -> Vec<(String, String)> {
        let file = Path::new("x.wasm");
        let candidates: Vec<_> = manifests.iter().map(|manifest| Candidate { file, manifest }).collect();
        let owners = applied.map(|plugin| ("some_table".parse().unwrap(), plugin.parse().unwrap())).into_iter().collect();
        let refusals = refusals(&candidates, &owners);
        refusals.into_iter().map(|(position, reasons)| (manifests[position].name.to_string(), reasons.join("; "))).collect()
    }

    #[test]
    fn one_path_has_one_who_answers_whatever_its_parameters_are_called() {
        let first = with_routes("a", vec![route("x", Method::Get, "notes/{id}/tree")]);
        let second = with_routes("b", vec![route("y", Method::Get, "notes/{key}/tree")]);
        let reason = "its route y answers GET /api/v1/notes/{}/tree, and so does route x of plugin a";
        assert_eq!(refused(&[&first, &second], None), [("b".into(), reason.into())]);
        let reason = "its route x answers GET /api/v1/notes/{}/tree, and so does route y of plugin b";
        assert_eq!(refused(&[&first, &second], Some("b")), [("a".into(), reason.into())], "the one that is applied keeps its path");
        let other_method = with_routes("b", vec![route("y", Method::Post, "notes/{key}/tree")]);
        assert_eq!(refused(&[&first, &other_method], None), []);
    }

    #[test]
    fn a_route_does_not_take_what_a_collection_answers() {
        let taker = requiring("shop", with_routes("billing", vec![route("all", Method::Get, "orders")]));
        let told = refused(&[&shop(), &taker], Some("shop"));
        assert!(told[0].1.contains("its route all answers GET /api/v1/orders, and so does collection orders of plugin shop"), "{told:?}");
        // Only the name decides, and then what requires the refused one goes too.
        let told = refused(&[&shop(), &taker], None);
        assert_eq!(told.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["shop", "billing"]);
        let adder = requiring("shop", with_routes("billing", vec![route("add", Method::Post, "orders")]));
        assert_eq!(refused(&[&shop(), &adder], Some("shop")), [], "the collection offers no create");
    }

    #[test]
    fn a_route_within_a_collection_requires_its_plugin() {
        for path in ["orders/{id}/invoices", "orders/$sum", "orders"] {
            let guest = with_routes("billing", vec![route("x", Method::Post, path)]);
            let told = refused(&[&shop(), &guest], Some("shop"));
            assert!(told.len() == 1 && told[0].0 == "billing", "{path}: {told:?}");
            assert!(told[0].1.contains("within /api/v1/orders, which is collection orders of plugin shop"), "{told:?}");
            assert_eq!(refused(&[&shop(), &requiring("shop", guest.clone())], Some("shop")), [], "{path}");
            let told = refused(&[&shop(), &guest], Some("billing"));
            assert!(
                told.len() == 1 && told[0].0 == "shop" && told[0].1.contains("route x of plugin billing"),
                "who is there stays: {told:?}"
            );
        }
        let beside = with_routes("billing", vec![route("x", Method::Post, "orders-of/{id}")]);
        assert_eq!(refused(&[&shop(), &beside], None), []);
    }
}
