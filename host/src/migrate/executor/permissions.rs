//! What a plugin may do beyond its own objects, and under which names it may make new ones. Comes from its manifest and from what the
//! operator gives; what the database holds is not asked here.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::manifest::Right;
use crate::model::{Manifest, Name, ObjectKind, PluginName, Problem};

/// What the plugin whose step runs may do beyond its own objects.
#[derive(Debug, Clone)]
pub struct Permissions {
    /// The plugin.
    pub plugin: PluginName,
    /// Names that the plugin declares as its own: a foreign key may point to one before it exists.
    pub declared: Arc<BTreeSet<Name>>,
    /// Plugins that it requires.
    pub requires: BTreeSet<PluginName>,
    /// Tables of others that it asks to refer to.
    pub asked: BTreeSet<Name>,
    /// Those of them that the operator does not let it refer to.
    pub withheld: BTreeSet<Name>,
    /// How new names begin, if the operator says so.
    pub prefix: Option<Prefix>,
}

/// How the names of a plugin's new objects begin.
#[derive(Debug, Clone)]
pub struct Prefix {
    /// The beginning.
    pub text: Name,
    /// Names that the plugin had before, which it may take again whatever they begin with.
    pub had: BTreeSet<Name>,
}

impl Permissions {
    /// All that the manifest asks for, under whatever names.
    pub fn of(manifest: &Manifest) -> Self {
        let asked = manifest.wants.iter().filter(|want| want.right == Right::Reference).map(|want| want.object.clone());
        Self {
            plugin: manifest.name.clone(),
            declared: manifest.declared_names(),
            requires: manifest.requires.iter().map(|requirement| requirement.plugin.clone()).collect(),
            asked: asked.collect(),
            withheld: BTreeSet::new(),
            prefix: None,
        }
    }

    /// Whether a foreign key may point to a table that another plugin owns.
    ///
    /// # Errors
    /// `not-granted`, which begins with `subject` and says what has to be declared or given.
    pub(super) fn require_reference(&self, subject: &str, target: &Name, owner: &PluginName) -> Result<(), Problem> {
        let plugin = &self.plugin;
        let why = if !self.requires.contains(owner) {
            format!("which plugin {plugin} does not require")
        } else if !self.asked.contains(target) {
            format!("and plugin {plugin} must ask for the right `reference` on it: declare.wants(\"reference\", \"{target}\", why)")
        } else if self.withheld.contains(target) {
            format!(
                "and the operator does not let plugin {plugin} refer to it: {target} would have to be among the `references` of \
                 [plugins.{plugin}] in tenon.toml"
            )
        } else {
            return Ok(());
        };
        Err(Problem::new(403, "not-granted", format!("{subject}: table {target} is owned by plugin {owner}, {why}")))
    }

    /// Whether the plugin may make an object of that name.
    ///
    /// # Errors
    /// `not-granted`.
    pub(super) fn require_prefix(&self, kind: ObjectKind, name: &Name) -> Result<(), Problem> {
        let Some(Prefix { text, had }) = &self.prefix else { return Ok(()) };
        if name.begins_with(text) || had.contains(name) {
            return Ok(());
        }
        let plugin = &self.plugin;
        let detail = format!(
            "{kind} {name} cannot be made: the names of plugin {plugin} must begin with {text} (`prefix` of [plugins.{plugin}] in tenon.toml)"
        );
        Err(Problem::new(403, "not-granted", detail))
    }
}
