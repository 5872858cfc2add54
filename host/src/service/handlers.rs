//! The handlers of the loaded plugins.
//!
//! Made once for a set of plugins, not with each snapshot: what is learnt about a handler, and the instances that are kept for it, must
//! outlive what other processes apply and undo.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::ServiceError;
use super::load::{Plugin, PluginSet};
use super::serving::{Collection, Handler, HandlingPlugin};
use super::settings::Settings;
use crate::model::manifest::{Handled, Route};
use crate::model::{CollectionOperation, ContentHash, PluginName};

/// The collections and handlers of the loaded plugins.
#[derive(Debug)]
pub(super) struct Handlers(BTreeMap<PluginName, Arc<OfPlugin>>);

#[derive(Debug)]
struct OfPlugin {
    /// Of the file that answers.
    hash: ContentHash,
    handling: Arc<HandlingPlugin>,
    collections: BTreeMap<String, Arc<Collection>>,
    operations: BTreeMap<(String, CollectionOperation), Arc<Handler>>,
    routes: BTreeMap<String, Arc<Handler>>,
}

impl Handlers {
    /// Makes them ready. Of a plugin whose file is the one that `before` had, everything stays as it is.
    ///
    /// # Errors
    /// A collection cannot be served; load refused it then.
    pub(super) fn of(set: &PluginSet, settings: &Settings, before: &Self) -> Result<Self, ServiceError> {
        let of = |plugin: &Plugin| {
            let name = &plugin.manifest.name;
            let same = before.0.get(name).filter(|of| of.hash == plugin.hash());
            let of = same.map_or_else(|| Ok(Arc::new(OfPlugin::of(plugin, settings)?)), |same| Ok(Arc::clone(same)));
            of.map(|of| (name.clone(), of))
        };
        Ok(Self(set.plugins.values().map(of).collect::<Result<_, ServiceError>>()?))
    }

    /// Before anything was loaded.
    pub(super) fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// The plugins whose code these have and `after` does not.
    pub(super) fn replaced_by(&self, after: &Self) -> Vec<Arc<HandlingPlugin>> {
        let goes = |(name, of): &(&PluginName, &Arc<OfPlugin>)| !after.0.get(*name).is_some_and(|new| Arc::ptr_eq(new, of));
        self.0.iter().filter(goes).map(|(_, of)| Arc::clone(&of.handling)).collect()
    }

    /// A collection by its plugin and name.
    pub(super) fn collection(&self, plugin: &PluginName, name: &str) -> Option<&Arc<Collection>> {
        self.0.get(plugin)?.collections.get(name)
    }

    /// Who answers the handled operations of a collection.
    pub(super) fn operations(&self, plugin: &PluginName, collection: &str) -> BTreeMap<CollectionOperation, Arc<Handler>> {
        let operations = self.0.get(plugin).into_iter().flat_map(|of| &of.operations);
        let own = operations.filter(|((name, _), _)| name == collection);
        own.map(|((_, operation), handler)| (*operation, Arc::clone(handler))).collect()
    }

    /// Who answers a route.
    pub(super) fn route(&self, plugin: &PluginName, name: &str) -> Option<&Arc<Handler>> {
        self.0.get(plugin)?.routes.get(name)
    }
}

impl OfPlugin {
    fn of(plugin: &Plugin, settings: &Settings) -> Result<Self, ServiceError> {
        let manifest = &plugin.manifest;
        let mut collections = BTreeMap::new();
        for declared in &manifest.collections {
            if let Some(table) = manifest.table(&declared.table) {
                collections.insert(declared.name.clone(), Arc::new(Collection::compile(&manifest.name, declared, table)?));
            }
        }
        // Where they do not fit the plugin is not ready, and says which.
        let given = plugin.settings().unwrap_or_default();
        let declared = manifest.settings.iter().map(|setting| (setting.key.clone(), given.get(&setting.key).cloned()));
        let limits = settings.limits_of(&manifest.name);
        let handling =
            HandlingPlugin::new(plugin.component.clone(), manifest.name.clone(), collections.clone(), declared.collect(), limits);
        let hash = plugin.hash();
        let operation = |handled: &Handled| {
            let writes = !matches!(handled.operation, CollectionOperation::List | CollectionOperation::Get);
            let handler = Handler::new(Arc::clone(&handling), handled.name(), writes, handled.details.clone())?;
            Ok(((handled.collection.clone(), handled.operation), handler))
        };
        let route = |route: &Route| {
            Ok((route.name.clone(), Handler::new(Arc::clone(&handling), route.name.clone(), route.writes, route.details.clone())?))
        };
        Ok(Self {
            hash,
            handling: Arc::clone(&handling),
            collections,
            operations: manifest.handled.iter().map(operation).collect::<Result<_, ServiceError>>()?,
            routes: manifest.routes.iter().map(route).collect::<Result<_, ServiceError>>()?,
        })
    }
}
