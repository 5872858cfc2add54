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
use crate::model::{CollectionOperation, PluginName};

/// The collections and handlers of the loaded plugins.
#[derive(Debug)]
pub(super) struct Handlers(BTreeMap<PluginName, OfPlugin>);

#[derive(Debug)]
struct OfPlugin {
    collections: BTreeMap<String, Arc<Collection>>,
    operations: BTreeMap<(String, CollectionOperation), Arc<Handler>>,
    routes: BTreeMap<String, Arc<Handler>>,
}

impl Handlers {
    /// Makes them ready.
    ///
    /// # Errors
    /// A collection cannot be served; load refused it then.
    pub(super) fn of(set: &PluginSet, settings: &Settings) -> Result<Self, ServiceError> {
        let of = |plugin: &Plugin| Ok((plugin.manifest.name.clone(), OfPlugin::of(plugin, settings)?));
        Ok(Self(set.plugins.values().map(of).collect::<Result<_, ServiceError>>()?))
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
        let operation = |handled: &Handled| {
            let writes = !matches!(handled.operation, CollectionOperation::List | CollectionOperation::Get);
            let handler = Handler::new(Arc::clone(&handling), handled.name(), writes, handled.details.clone())?;
            Ok(((handled.collection.clone(), handled.operation), handler))
        };
        let route = |route: &Route| {
            Ok((route.name.clone(), Handler::new(Arc::clone(&handling), route.name.clone(), route.writes, route.details.clone())?))
        };
        Ok(Self {
            collections,
            operations: manifest.handled.iter().map(operation).collect::<Result<_, ServiceError>>()?,
            routes: manifest.routes.iter().map(route).collect::<Result<_, ServiceError>>()?,
        })
    }
}
