//! Which of the files that are there are served, when not all can be.
//!
//! All are asked for together, as when the host starts. A plugin that is served and would be lost by that, though its file was not taken out,
//! goes on with the code that it has. If the others do not agree with that, the changes are taken one by one, and one beside which somebody who
//! is served could not go on is passed over, with that as the reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::PluginName;
use crate::service::agreement::file_name;
use crate::service::error::ServiceError;
use crate::service::host::Host;
use crate::service::live::Live;
use crate::service::load::{Files, Plugin, PluginSet, Refusal, agree};
use crate::service::pending;

/// A file, and what it is.
pub(super) type Loaded = Result<Plugin, Refusal>;

/// Decides what is served of `fresh`, where `before` is.
///
/// # Errors
/// The database cannot be read, or contradicts the plugins' histories.
pub(super) fn decide(host: &Host, live: &Live, before: &PluginSet, fresh: &[Loaded]) -> Result<PluginSet, ServiceError> {
    let whole = agreed(host, live, fresh.to_vec())?;
    let is_meant = |plugin: &&Plugin| fresh.iter().any(|loaded| is_of(loaded, plugin));
    if !before.plugins.iter().any(|(name, plugin)| !whole.plugins.contains_key(name) && is_meant(&plugin)) {
        return Ok(told(fresh, Vec::new(), Vec::new(), whole));
    }
    let owners = live.books()?.owners;
    let together = |files: Vec<Loaded>| agree(Files::of(files), host.settings(), &owners);
    let served: Vec<Loaded> = before.plugins.values().filter(is_meant).cloned().map(Ok).collect();
    // Without those who cannot go on whatever is done: what they require was taken out.
    let stay: BTreeMap<PluginName, Plugin> = together(served.clone()).plugins;
    let decision = Decision { host, live, stay };
    let (set, passed_over) = match decision.settle(whole.clone(), fresh)? {
        Some(set) => (set, Vec::new()),
        None => {
            let (files, passed_over) = decision.one_by_one(fresh, &together);
            match decision.settle(agreed(host, live, files.clone())?, &files)? {
                Some(set) => (set, passed_over),
                None => (agreed(host, live, served)?, passed_over),
            }
        }
    };
    Ok(told(fresh, whole.refused, passed_over, set))
}

/// The set with a refusal for each file that is not served from: what was wrong with the new ones, and not what one that is served would have
/// lost by them.
fn told(fresh: &[Loaded], of_all: Vec<Refusal>, passed_over: Vec<Refusal>, set: PluginSet) -> PluginSet {
    let files = || fresh.iter().filter_map(|loaded| loaded.as_ref().ok());
    let is_served_from =
        |file: &Plugin| set.plugins.get(&file.manifest.name).is_some_and(|plugin| plugin.hash() == file.hash() && plugin.file == file.file);
    let served: BTreeSet<String> = files().filter(|file| is_served_from(file)).map(|file| file_name(&file.file)).collect();
    let mut refused: BTreeMap<String, Refusal> = BTreeMap::new();
    let mut because = Vec::new();
    for refusal in of_all.into_iter().chain(passed_over).chain(set.refused.iter().cloned()) {
        match served.contains(&refusal.file) {
            true => because.extend(refusal.reasons),
            false => _ = refused.insert(refusal.file.clone(), refusal),
        }
    }
    for file in files().filter(|file| !served.contains(&file_name(&file.file))) {
        let refusal = || Refusal::of(file, format!("it cannot be taken beside what is served: {}", because.join("; ")));
        refused.entry(file_name(&file.file)).or_insert_with(refusal);
    }
    PluginSet { refused: refused.into_values().collect(), ..set }
}

/// Those of the files that agree with each other and with what is applied, and prove that they do what they say.
fn agreed(host: &Host, live: &Live, files: Vec<Loaded>) -> Result<PluginSet, ServiceError> {
    let (mut set, state) = host.load(live, live.books()?, Ok(Files::of(files)))?;
    pending::refuse_edited(host, &mut set, &state)?;
    Ok(set)
}

struct Decision<'a> {
    host: &'a Host,
    live: &'a Live,
    /// The plugins that are served and have to be.
    stay: BTreeMap<PluginName, Plugin>,
}

impl Decision<'_> {
    /// Has those go on with the code that they have which a set of those files lacks, until nobody is lacking; none when that does not help.
    fn settle(&self, mut set: PluginSet, files: &[Loaded]) -> Result<Option<PluginSet>, ServiceError> {
        let mut back: BTreeMap<&PluginName, &Plugin> = BTreeMap::new();
        loop {
            let known = back.len();
            back.extend(self.stay.iter().filter(|(name, _)| !set.plugins.contains_key(*name)));
            let is_lacking = self.stay.keys().any(|name| !set.plugins.contains_key(name));
            if !is_lacking {
                return Ok(Some(set));
            }
            if back.len() == known {
                return Ok(None);
            }
            let others = files.iter().filter(|loaded| !back.values().any(|plugin| is_of(loaded, plugin))).cloned();
            set = agreed(self.host, self.live, others.chain(back.values().map(|plugin| Ok((*plugin).clone()))).collect())?;
        }
    }

    /// Those who are served and each change beside which they can go on; and why the others are passed over.
    fn one_by_one(&self, fresh: &[Loaded], together: &impl Fn(Vec<Loaded>) -> PluginSet) -> (Vec<Loaded>, Vec<Refusal>) {
        let mut taken = self.stay.clone();
        let files = || fresh.iter().filter_map(|loaded| loaded.as_ref().ok());
        let is_change = |plugin: &&Plugin| self.stay.get(&plugin.manifest.name).is_none_or(|served| served.hash() != plugin.hash());
        // Of two files of one plugin, neither is the one.
        let is_alone = |plugin: &&Plugin| files().filter(|other| other.manifest.name == plugin.manifest.name).count() == 1;
        let mut open: Vec<(&Plugin, Option<Refusal>)> = files().filter(is_change).filter(is_alone).map(|plugin| (plugin, None)).collect();
        loop {
            let before = open.len();
            open = open
                .into_iter()
                .filter_map(|(plugin, _)| {
                    let mut tried = taken.clone();
                    tried.insert(plugin.manifest.name.clone(), plugin.clone());
                    let set = together(tried.values().cloned().map(Ok).collect());
                    match why_not(plugin, &taken, &set) {
                        Some(refusal) => Some((plugin, Some(refusal))),
                        None => {
                            taken = tried;
                            None
                        }
                    }
                })
                .collect();
            // One that was taken may be what another one needed.
            if open.len() == before {
                break;
            }
        }
        let broken = fresh.iter().filter(|loaded| loaded.is_err()).filter(|loaded| !taken.values().any(|plugin| is_of(loaded, plugin)));
        (taken.values().cloned().map(Ok).chain(broken.cloned()).collect(), open.into_iter().filter_map(|(_, refusal)| refusal).collect())
    }
}

/// Why a plugin is not taken in addition to others, where `set` is what agrees of all of them.
fn why_not(plugin: &Plugin, others: &BTreeMap<PluginName, Plugin>, set: &PluginSet) -> Option<Refusal> {
    let refusal_of = |name: &PluginName| set.refused.iter().find(|refusal| refusal.plugin.as_ref() == Some(name));
    let name = &plugin.manifest.name;
    if !set.plugins.contains_key(name) {
        return Some(
            refusal_of(name)
                .cloned()
                .unwrap_or_else(|| Refusal::of(plugin, "it does not agree with the plugins that are served".to_owned())),
        );
    }
    let lost = others.keys().find(|other| *other != name && !set.plugins.contains_key(*other))?;
    let because = refusal_of(lost).map(|refusal| format!(": {}", refusal.reasons.join("; "))).unwrap_or_default();
    Some(Refusal::of(plugin, format!("plugin {lost}, which is served, could not go on beside it{because}")))
}

/// Whether what was read is meant to be the plugin: by its name, or where nobody could ask for that, by its file's.
pub(super) fn is_of(loaded: &Loaded, plugin: &Plugin) -> bool {
    let is_its_file = |file: &str| file_name(&plugin.file) == file;
    match loaded {
        Ok(new) => new.manifest.name == plugin.manifest.name,
        Err(refusal) => refusal.plugin.as_ref().map_or_else(|| is_its_file(&refusal.file), |name| *name == plugin.manifest.name),
    }
}
