//! Who answers which path.

use std::collections::BTreeMap;

use super::{Candidate, Found, Staying, rank};
use crate::model::manifest::{Method, is_within};
use crate::model::{Collection, Manifest, Name, PluginName};

/// Who was there before others comes first.
fn by_rank<'a>(staying: &Staying<'a>, owners: &BTreeMap<Name, PluginName>) -> Vec<(usize, &'a Manifest)> {
    let rank = rank(owners);
    let mut manifests: Vec<(usize, &Manifest)> = staying.iter().map(|(position, candidate)| (*position, candidate.manifest)).collect();
    manifests.sort_by_key(|(_, manifest)| rank(&manifest.name));
    manifests
}

/// A path has one who answers: of two, the one that was there before.
pub(super) fn same_path(staying: &Staying<'_>, _all: &[Candidate<'_>], owners: &BTreeMap<Name, PluginName>) -> Found {
    let mut collections: BTreeMap<&str, (&Manifest, &Collection)> = BTreeMap::new();
    let mut claimed: BTreeMap<(Method, String), (String, &PluginName)> = BTreeMap::new();
    let mut found = Vec::new();
    for (position, manifest) in by_rank(staying, owners) {
        for collection in &manifest.collections {
            if let Some((other, theirs)) = collections.get(&*collection.path) {
                let (ours, path) = (&collection.name, &collection.path);
                let reason =
                    format!("its collection {ours} claims /api/v1/{path}, and so does collection {} of plugin {}", theirs.name, other.name);
                found.push((position, reason));
            }
        }
        for (claim, ours) in manifest.claims() {
            let (method, path) = &claim;
            match claimed.get(&claim) {
                // Two collections with one path have been told of.
                Some((theirs, _)) if ours.starts_with("collection") && theirs.starts_with("collection") => {}
                Some((theirs, other)) => {
                    let reason = format!("its {ours} answers {method} /api/v1/{path}, and so does {theirs} of plugin {other}");
                    found.push((position, reason));
                }
                None => {}
            }
        }
        // Afterwards: what a plugin has twice was told when it was asked what it is.
        for collection in &manifest.collections {
            collections.entry(&collection.path).or_insert((manifest, collection));
        }
        for (claim, title) in manifest.claims() {
            claimed.entry(claim).or_insert((title, &manifest.name));
        }
    }
    found
}

/// A route within another plugin's collection stands only where that plugin is required. The one of the two that was there before stays.
pub(super) fn foreign_path(staying: &Staying<'_>, _all: &[Candidate<'_>], owners: &BTreeMap<Name, PluginName>) -> Found {
    let rank = rank(owners);
    // No path begins with a capture, so that one lies within another only if both begin alike.
    let mut collections: BTreeMap<&str, Vec<(usize, &Manifest, &Collection)>> = BTreeMap::new();
    for (position, Candidate { manifest, .. }) in staying {
        for collection in &manifest.collections {
            collections.entry(first_segment(&collection.path)).or_default().push((*position, manifest, collection));
        }
    }
    let mut found = Vec::new();
    for (guest_position, Candidate { manifest: guest, .. }) in staying {
        for route in &guest.routes {
            for (host_position, host, collection) in collections.get(first_segment(&route.path)).into_iter().flatten() {
                let is_welcome = host.name == guest.name || guest.requires.iter().any(|requirement| requirement.plugin == host.name);
                if is_welcome || !is_within(&route.path, &collection.path) {
                    continue;
                }
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

fn first_segment(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::refusals;
    use super::*;
    use crate::model::manifest::{Details, Route};
    use crate::model::{CollectionOperation, Requirement};

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
