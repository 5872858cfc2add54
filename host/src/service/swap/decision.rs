//! Which of the files that are there are served, when not all can be.
//!
//! All are asked for together, as when the host starts. A plugin that is served and would be lost by that, though its file was not taken out,
//! goes on with the code that it has. If the others do not agree with that, the changes are parted, those that require each
//! other last, until those are left by themselves beside which somebody who is served could not go on; these are passed over, with that as the reason.

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
    // Without those who cannot go on whatever is done: what they require was taken out, or what is applied is not theirs any more.
    let stay: BTreeMap<PluginName, Plugin> = agreed(host, live, served.clone())?.plugins;
    let decision = Decision { host, live, stay };
    let settled = decision.settle(whole.clone(), fresh)?;
    if let Some(set) = settled {
        return Ok(told(fresh, whole.refused, Vec::new(), set));
    }
    // What each says of itself is asked first, and what they prove only where that does not do.
    let (mut files, mut passed_over) = decision.parted(fresh, |files| Ok(together(files)))?;
    let mut settled = decision.settle(agreed(host, live, files.clone())?, &files)?;
    if settled.is_none() {
        (files, passed_over) = decision.parted(fresh, |files| agreed(host, live, files))?;
        settled = decision.settle(agreed(host, live, files.clone())?, &files)?;
    }
    let set = settled.map_or_else(|| agreed(host, live, served), Ok)?;
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
    let (mut because, mut may_pass) = (Vec::new(), false);
    for refusal in of_all.into_iter().chain(passed_over).chain(set.refused.iter().cloned()) {
        match served.contains(&refusal.file) {
            true => {
                may_pass |= refusal.may_pass;
                because.extend(refusal.reasons);
            }
            false => _ = refused.insert(refusal.file.clone(), refusal),
        }
    }
    for file in files().filter(|file| !served.contains(&file_name(&file.file))) {
        let reason = || format!("it cannot be taken beside what is served: {}", because.join("; "));
        let refusal = || Refusal { may_pass, ..Refusal::of(file, reason()) };
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

    /// Those who are served, and the changes beside which they can go on; and why the others are passed over.
    fn parted(
        &self,
        fresh: &[Loaded],
        agree: impl Fn(Vec<Loaded>) -> Result<PluginSet, ServiceError>,
    ) -> Result<(Vec<Loaded>, Vec<Refusal>), ServiceError> {
        let files = || fresh.iter().filter_map(|loaded| loaded.as_ref().ok());
        let is_change = |plugin: &&Plugin| self.stay.get(&plugin.manifest.name).is_none_or(|served| served.hash() != plugin.hash());
        // Of two files of one plugin, neither is the one.
        let mut alone: BTreeMap<&PluginName, usize> = BTreeMap::new();
        files().for_each(|plugin| *alone.entry(&plugin.manifest.name).or_default() += 1);
        let mut parting = Parting { taken: self.stay.clone(), agree };
        let mut open: Vec<&Plugin> = files().filter(is_change).filter(|plugin| alone[&plugin.manifest.name] == 1).collect();
        let passed_over = loop {
            let refused = parting.part(&related(&open))?;
            // One that was taken may be what another one needed.
            if refused.is_empty() || refused.len() == open.len() {
                break refused.into_iter().map(|(_, refusal)| refusal).collect();
            }
            open = refused.into_iter().map(|(plugin, _)| plugin).collect();
        };
        let taken = parting.taken;
        let broken = fresh.iter().filter(|loaded| loaded.is_err() && !taken.values().any(|plugin| is_of(loaded, plugin)));
        Ok((taken.values().cloned().map(Ok).chain(broken.cloned()).collect(), passed_over))
    }
}

/// Changes with those that they require, and so on: what may fit only together.
fn related<'a>(changes: &[&'a Plugin]) -> Vec<Vec<&'a Plugin>> {
    let mut groups: Vec<(BTreeSet<&PluginName>, Vec<&Plugin>)> = Vec::new();
    for plugin in changes {
        let required = plugin.manifest.requires.iter().map(|requirement| &requirement.plugin);
        let (mut names, mut members) = (required.chain([&plugin.manifest.name]).collect::<BTreeSet<_>>(), vec![*plugin]);
        for (others, group) in groups.extract_if(.., |(others, _)| !others.is_disjoint(&names)).collect::<Vec<_>>() {
            names.extend(others);
            members.extend(group);
        }
        groups.push((names, members));
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

/// Finds which changes can be taken. One among a thousand that cannot costs some twenty questions.
struct Parting<A> {
    taken: BTreeMap<PluginName, Plugin>,
    agree: A,
}

impl<A: Fn(Vec<Loaded>) -> Result<PluginSet, ServiceError>> Parting<A> {
    /// Takes all changes, or of each half of the groups what can be taken, a group together where that can be; answers those that cannot, and why.
    fn part<'a>(&mut self, groups: &[Vec<&'a Plugin>]) -> Result<Vec<(&'a Plugin, Refusal)>, ServiceError> {
        let mut tried = self.taken.clone();
        tried.extend(groups.iter().flatten().map(|plugin| (plugin.manifest.name.clone(), (*plugin).clone())));
        let set = (self.agree)(tried.values().cloned().map(Ok).collect())?;
        if tried.keys().all(|name| set.plugins.contains_key(name)) {
            self.taken = tried;
            return Ok(Vec::new());
        }
        let parts = match groups {
            [group] => match group[..] {
                [plugin] => return Ok(vec![(plugin, why_not(plugin, &self.taken, &set))]),
                _ => group.iter().map(|plugin| vec![*plugin]).collect(),
            },
            _ => groups.to_vec(),
        };
        let (one, other) = parts.split_at(parts.len() / 2);
        let mut refused = self.part(one)?;
        refused.extend(self.part(other)?);
        Ok(refused)
    }
}

/// Why a plugin is not taken in addition to others, where `set` is what agrees of all of them.
fn why_not(plugin: &Plugin, others: &BTreeMap<PluginName, Plugin>, set: &PluginSet) -> Refusal {
    let refusal_of = |name: &PluginName| set.refused.iter().find(|refusal| refusal.plugin.as_ref() == Some(name));
    let name = &plugin.manifest.name;
    if !set.plugins.contains_key(name) {
        let unnamed = || Refusal::of(plugin, "it does not agree with the plugins that are served".to_owned());
        return refusal_of(name).cloned().unwrap_or_else(unnamed);
    }
    let lost = others.keys().find(|other| *other != name && !set.plugins.contains_key(*other));
    let cause = lost.and_then(refusal_of);
    let because = cause.map(|refusal| format!(": {}", refusal.reasons.join("; "))).unwrap_or_default();
    let lost = lost.map_or("somebody".to_owned(), |lost| format!("plugin {lost}"));
    let reason = format!("{lost}, which is served, could not go on beside it{because}");
    Refusal { may_pass: cause.is_some_and(|refusal| refusal.may_pass), ..Refusal::of(plugin, reason) }
}

/// Whether what was read is meant to be the plugin: by its name, or where nobody could ask for that, by its file's.
pub(super) fn is_of(loaded: &Loaded, plugin: &Plugin) -> bool {
    let is_its_file = || loaded.as_ref().is_err_and(|refusal| refusal.file == file_name(&plugin.file));
    name_of(loaded).map_or_else(is_its_file, |name| *name == plugin.manifest.name)
}

/// The plugin that a file says it is, if it says so.
pub(super) fn name_of(loaded: &Loaded) -> Option<&PluginName> {
    match loaded {
        Ok(plugin) => Some(&plugin.manifest.name),
        Err(refusal) => refusal.plugin.as_ref(),
    }
}
