//! `tenon verify`: proves plugins afresh, whatever was proven before, and says how far each proof goes.

use serde::Serialize;

use super::error::ServiceError;
use super::host::Host;
use super::load::{Refusal, causes};
use super::prove;
use crate::migrate::difference::Difference;
use crate::model::PluginName;

/// What came of it.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// By name.
    pub plugins: Vec<Verdict>,
    /// Files that were refused before anything could be proven of them.
    pub refused: Vec<Refusal>,
}

/// What came of one plugin's proof.
#[derive(Debug, Serialize)]
pub struct Verdict {
    /// The plugin.
    pub plugin: PluginName,
    /// How many revisions it has.
    pub revisions: usize,
    /// Where its way back ends, if it does not lead to base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub irreversible: Option<WayBackEnds>,
    /// Why it is not as it should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In what its revisions leave something else than it declares, or than the first time.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
}

/// The revision past which nothing can be undone.
#[derive(Debug, Serialize)]
pub struct WayBackEnds {
    /// Its id.
    pub revision: String,
    /// Why, as its plugin says.
    pub why: String,
}

impl Verified {
    /// Whether all plugins do what they say.
    pub fn is_fine(&self) -> bool {
        self.refused.is_empty() && self.plugins.iter().all(|verdict| verdict.reason.is_none())
    }
}

/// Proves the named plugins; all of the folder when none is named. No database is looked at.
///
/// # Errors
/// The folder cannot be read, or has no plugin of one of the names.
pub fn verify(host: &Host, names: &[String]) -> Result<Verified, ServiceError> {
    let set = host.load_unproven()?;
    let orders = prove::Orders::of(None);
    let known = || {
        if set.plugins.is_empty() { "none".to_owned() } else { set.plugins.keys().map(PluginName::as_str).collect::<Vec<_>>().join(", ") }
    };
    for name in names {
        if !set.plugins.keys().chain(set.left_out()).any(|plugin| plugin.as_str() == name) {
            return Err(ServiceError::UnknownPlugin { name: name.clone(), known: known() });
        }
    }
    let is_asked = |plugin: &PluginName| names.is_empty() || names.iter().any(|name| name == plugin.as_str());
    let mut plugins = Vec::new();
    for plugin in set.plugins.values().filter(|plugin| is_asked(&plugin.manifest.name)) {
        let mut verdict = Verdict {
            plugin: plugin.manifest.name.clone(),
            revisions: plugin.manifest.revisions.len(),
            irreversible: None,
            reason: None,
            differences: Vec::new(),
        };
        let proven = orders.anew(&set, plugin).and_then(|history| prove::prove(host.settings(), &set, plugin, &history));
        match proven {
            Ok(proven) => {
                let revision = proven.stops_at.as_ref().and_then(|id| plugin.manifest.revision(id));
                verdict.irreversible = revision.map(|revision| WayBackEnds {
                    revision: revision.id.to_string(),
                    why: revision.irreversible.clone().unwrap_or_default(),
                });
            }
            Err(unproven) => {
                verdict.reason = Some(causes(&unproven));
                verdict.differences = unproven.into_differences();
            }
        }
        plugins.push(verdict);
    }
    let refused = set.refused.iter().filter(|refusal| names.is_empty() || refusal.plugin.as_ref().is_some_and(is_asked));
    Ok(Verified { plugins, refused: refused.cloned().collect() })
}
