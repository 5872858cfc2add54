//! What does not fit together in a manifest.

use std::collections::{HashMap, HashSet};

use super::endpoint_mistakes::is_segment;
use super::{Collection, Handled, Manifest, RESERVED_PATHS};
use crate::model::attribute::Mistake;
use crate::model::text::plain;

impl Manifest {
    /// Finds what does not fit together, all of it at once.
    ///
    /// # Shape
    /// Empty when the manifest agrees with itself. Parents that do not exist and cycles are the graph's business, because
    /// they concern all plugins together.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut twice = |kind: &str, names: Vec<String>| {
            let mut seen = HashSet::new();
            let again = names.iter().filter(|name| !seen.insert(*name));
            found.extend(again.map(|name| Mistake::new(format!("{kind} {name}"), "is declared twice")));
        };
        twice("requirement", self.requires.iter().map(|r| r.plugin.to_string()).collect());
        twice("object", self.objects().map(|(_, name)| name.as_str().to_ascii_lowercase()).collect());
        twice("collection", self.collections.iter().map(|c| c.name.clone()).collect());
        twice("handled operation", self.handled.iter().map(Handled::name).collect());
        twice("route", self.routes.iter().map(|r| r.name.clone()).collect());
        twice("setting", self.settings.iter().map(|s| s.key.clone()).collect());
        twice("path", self.collections.iter().map(|c| c.path.clone()).collect());
        let mut first_of = HashMap::new();
        for revision in &self.revisions {
            let first = *first_of.entry(&revision.id).or_insert(revision);
            if !std::ptr::eq(first, revision) {
                let (id, one, other) = (&revision.id, plain(&first.message), plain(&revision.message));
                let reason = format!("two revisions have the id {id}, {one:?} and {other:?}; give one of them another id");
                found.push(Mistake::new(format!("plugin {}", self.name), reason));
            }
        }
        if self.requires.iter().any(|r| r.plugin == self.name) {
            found.push(Mistake::new(format!("requirement {}", self.name), "a plugin cannot require itself"));
        }
        let ids: HashSet<&str> = first_of.keys().map(|id| id.as_str()).collect();
        let mut labelled = HashSet::new();
        for revision in &self.revisions {
            let mut mistake = |reason: String| found.push(Mistake::new(format!("revision {}", revision.id), reason));
            for label in &revision.labels {
                if ids.contains(label.as_str()) {
                    mistake(format!("the label {label} is the id of a revision"));
                }
                if !labelled.insert(label) {
                    mistake(format!("the label {label} is there twice"));
                }
            }
            for node in revision.run_before.iter().filter(|node| node.plugin == self.name) {
                mistake(format!("run-before {node} is of the same plugin: write this revision as its parent in `down`"));
            }
            for node in &revision.depends_on {
                if node.plugin == self.name {
                    found.push(Mistake::new(
                        format!("revision {}", revision.id),
                        format!("depends-on {node} is of the same plugin: write it as a parent in `down`"),
                    ));
                } else if !self.requires.iter().any(|r| r.plugin == node.plugin) {
                    found.push(Mistake::new(
                        format!("revision {}", revision.id),
                        format!("depends on {node}, but the plugin does not require {}", node.plugin),
                    ));
                }
            }
        }
        self.collections.iter().for_each(|collection| self.collection_mistakes(collection, &mut found));
        self.endpoint_mistakes(&mut found);
        found
    }

    fn collection_mistakes(&self, collection: &Collection, found: &mut Vec<Mistake>) {
        let subject = format!("collection {}", collection.name);
        if let Some(table) = self.table(&collection.table) {
            let mentioned = collection.key.iter().chain(collection.order.iter().map(|(column, _)| column));
            for column in mentioned.chain(collection.fields.iter().map(|field| &field.column)) {
                if table.column(column).is_none() {
                    found.push(Mistake::new(&subject, format!("table {} has no column {column}", table.name)));
                }
            }
            if collection.key.is_empty() {
                found.push(Mistake::new(&subject, format!("table {} has no primary key; say which column is the `key`", table.name)));
            }
        } else if self.views.iter().any(|view| view.name == collection.table) {
            // A view's columns have no declared types; the record engine needs them.
            found.push(Mistake::new(&subject, "a collection over a view is not yet supported by this version of tenon"));
        } else {
            found.push(Mistake::new(&subject, format!("table {} is not declared by this plugin", collection.table)));
        }
        if RESERVED_PATHS.contains(&collection.path.as_str()) {
            found.push(Mistake::new(&subject, format!("/api/v1/{} is the host's own; choose another path", collection.path)));
        }
        let segments: Vec<&str> = collection.path.split('/').collect();
        if !segments.iter().all(|segment| is_segment(segment)) {
            found.push(Mistake::new(
                &subject,
                format!("path {:?} must be segments of letters, digits, `-`, `_`, `.`, `~` without slashes at the ends", collection.path),
            ));
        }
    }
}
