//! What is served at one moment: endpoints and the plugins that they come from.

use std::collections::BTreeMap;
use std::sync::Arc;

use semver::Version;

use super::call::{CallError, Operation};
use super::connections::Connection;
use super::handler::Handler;
use crate::model::manifest::Route;
use crate::model::{ContentHash, Name, PluginName};
use crate::records::Collection;
use crate::service::load::Refusal;

/// Where everything stands that plugins bring.
pub const PREFIX: &str = "/api/v1/";

/// Whether a plugin's endpoints can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// They can.
    Ready,
    /// They cannot until somebody does something.
    NotReady {
        /// Why, for a person.
        reason: String,
        /// The command that helps.
        command: String,
    },
}

impl Readiness {
    /// Refuses what is asked of a plugin that cannot answer.
    ///
    /// # Errors
    /// [`CallError::NotReady`].
    pub fn require(&self, plugin: &PluginName) -> Result<(), CallError> {
        match self {
            Self::Ready => Ok(()),
            Self::NotReady { reason, command } => {
                Err(CallError::NotReady { plugin: plugin.clone(), reason: reason.clone(), command: command.clone() })
            }
        }
    }

    /// The plugin, which has so many heads, has revisions that are not applied.
    pub fn behind(plugin: &PluginName, heads: usize) -> Self {
        let reason = format!("plugin {plugin} has revisions that are not applied to the database");
        Self::NotReady { reason, command: upgrade_command(plugin, heads) }
    }

    /// The database has revisions of the plugin's that its file does not have.
    pub fn ahead(plugin: &PluginName, unknown: &[String]) -> Self {
        let reason = format!("the database is ahead of plugin {plugin}'s file, which does not have {}", unknown.join(", "));
        Self::NotReady { reason, command: "tenon plugins list".to_owned() }
    }

    /// The plugin works only with settings that it does not have.
    pub fn unset(plugin: &PluginName, reasons: &[String]) -> Self {
        let reason = format!("plugin {plugin} waits for its settings: {}", reasons.join("; "));
        Self::NotReady { reason, command: format!("tenon plugins inspect {plugin}") }
    }

    /// The plugin declares the table, and none of its revisions made it.
    pub fn not_own(plugin: &PluginName, table: &Name) -> Self {
        Self::NotReady {
            reason: format!("table {table} is not plugin {plugin}'s own: it declares it, and none of its applied revisions made it"),
            command: "tenon plugins list".to_owned(),
        }
    }
}

/// The command that applies all that a plugin with so many heads has.
pub fn upgrade_command(plugin: &PluginName, heads: usize) -> String {
    let target = if heads > 1 { "heads" } else { "head" };
    format!("tenon upgrade {plugin}@{target}")
}

/// The version of the schema that an endpoint was made for. On a database with another one it may read what is not there any more, or mean
/// something else by it: it answers nothing then, and another endpoint, which was made for that, is asked instead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MadeFor(Option<i64>);

impl MadeFor {
    /// A schema of this version, and no other.
    pub fn schema(version: i64) -> Self {
        Self(Some(version))
    }

    /// Refuses to work on another; inside a transaction, for all of it.
    pub(super) fn require(self, connection: &mut dyn Connection) -> Result<(), CallError> {
        let Some(version) = self.0 else { return Ok(()) };
        if connection.schema_version()? == version { Ok(()) } else { Err(CallError::Changed) }
    }
}

/// A plugin as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginState {
    /// Its name.
    pub name: PluginName,
    /// Its version.
    pub version: Version,
    /// What it says of itself in one line.
    pub description: Option<String>,
    /// The file whose code answers.
    pub component: ContentHash,
    /// Whether its endpoints can answer.
    pub readiness: Readiness,
}

/// One collection over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub struct Endpoint {
    /// The collection; it names its plugin.
    pub collection: Arc<Collection>,
    /// The plugin's version.
    pub version: Version,
    /// Whether it can answer.
    pub readiness: Readiness,
    /// The operations that the plugin answers itself.
    pub handlers: BTreeMap<Operation, Arc<Handler>>,
    /// The database that it was made for.
    pub made_for: MadeFor,
}

impl Endpoint {
    /// Query parameters that a handled operation has besides those that the record engine knows.
    pub(super) fn own_parameters(&self, operation: Operation) -> &[String] {
        self.handlers.get(&operation).map_or(&[], |handler| &handler.parameters)
    }
}

/// One further endpoint of a plugin over HTTP.
#[derive(Debug, Clone, PartialEq)]
pub struct RouteEndpoint {
    /// The plugin that answers.
    pub plugin: PluginName,
    /// The plugin's version.
    pub version: Version,
    /// Whether it can answer.
    pub readiness: Readiness,
    /// What is asked, and where.
    pub route: Route,
    /// Who answers.
    pub handler: Arc<Handler>,
    /// The database that it was made for.
    pub made_for: MadeFor,
}

/// What is served at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// Plugins by name.
    pub plugins: Vec<PluginState>,
    /// Their collections, by plugin.
    pub endpoints: Vec<Arc<Endpoint>>,
    /// Their routes, by plugin.
    pub routes: Vec<Arc<RouteEndpoint>>,
    /// Files that are not served, by name.
    pub refused: Vec<Refusal>,
    /// The database that it was made for.
    pub made_for: MadeFor,
}

impl Snapshot {
    /// Whether nobody could tell it from the other.
    pub fn is_same(&self, other: &Self) -> bool {
        self.plugins == other.plugins
            && self.endpoints == other.endpoints
            && self.routes == other.routes
            && self.refused == other.refused
            && self.made_for == other.made_for
    }
}
