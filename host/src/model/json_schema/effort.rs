//! How much work a schema makes, at the most.
//!
//! A validator asks a schema's parts of a value one after another, and nothing can interrupt it. `anyOf` of references to definitions
//! that are `anyOf` of references asks 2^n parts in n lines, and a definition that refers to itself twice does so for each level of a
//! value. So the number is worked out before anything is asked: how many parts, at the most, meet one value at a given depth.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::structure::{Part, Structure};
use crate::model::json::MAX_DEPTH;

/// Most work for one value of a body, in asked parts; also what all values together may take. About 10 ns each.
const MOST_WORK: u64 = 10_000_000;

/// Most bytes of strings that are held against regular expressions, once for each: the worst of them take a microsecond a byte.
const MOST_MATCHED_BYTES: u64 = 2 << 20;

/// Parts that may lie above one another while a value is asked, or while the schema is compiled: each takes some hundred bytes of stack.
const MOST_NESTED: u64 = 500;

/// Entries in the tables below, and look-ups to make them; keeps the working out itself cheap. A body of fifty fields takes some hundred.
const MOST_ENTRIES: usize = 100_000;
const MOST_LOOKUPS: usize = 2_000_000;

/// Parts that one may look back at.
const MOST_SEEN: u64 = 5_000;

/// The most that one value at a depth can cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Level {
    /// Parts that are asked of it.
    work: u64,
    /// Regular expressions that its bytes are held against, if it is a string, or its names, if it is an object.
    patterns: u64,
}

/// What a schema costs, by the depth of a value in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Effort {
    levels: Vec<Level>,
    /// What lies deeper than the levels say costs too much; else it costs nothing.
    ends: bool,
}

/// Why a body is not held against its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMuch {
    /// It nests deeper than this.
    Depth(usize),
    /// It is too large.
    Size,
}

/// What is asked of a value once a part is asked of it: parts with how often, and what then is asked of what is inside.
#[derive(Debug, Default)]
struct Entry {
    level: Level,
    /// The longest way from the part to one that is asked of the same value.
    height: u64,
    /// One of these is asked of any value inside: parts with how often.
    inside: Vec<BTreeMap<usize, u64>>,
}

impl Effort {
    /// Works it out.
    ///
    /// # Errors
    /// It is too much for any body, or never ends.
    pub(super) fn of(structure: &Structure) -> Result<Self, String> {
        let parts = &structure.0;
        let order = inner_first(parts)?;
        let mut closures: Vec<BTreeMap<usize, u64>> = vec![BTreeMap::new(); parts.len()];
        let mut heights = vec![1; parts.len()];
        let mut size = 0;
        for index in order {
            let mut closure = BTreeMap::from([(index, 1)]);
            for same in &parts[index].same {
                heights[index] = heights[index].max(heights[*same] + 1);
                closures[*same].iter().for_each(|(part, times)| add(&mut closure, *part, *times));
            }
            size += closure.len();
            // It is compiled once for every part that looks back at it.
            let seen = closure.values().fold(0_u64, |sum, times| sum.saturating_add(*times));
            if size > MOST_ENTRIES || (parts[index].looks_back && seen > MOST_SEEN) {
                return Err(too_entangled());
            }
            closures[index] = closure;
        }
        let (mut entries, mut lookups) = (Vec::new(), 0);
        for (closure, height) in closures.iter().zip(heights) {
            let names: usize = closure.keys().map(|part| parts[*part].named.len() + parts[*part].prefix.len()).sum();
            lookups += closure.len() * (names + 2);
            if lookups > MOST_LOOKUPS {
                return Err(too_entangled());
            }
            let entry = Entry::of(parts, closure, height);
            size += entry.inside.iter().map(BTreeMap::len).sum::<usize>();
            if size > MOST_ENTRIES {
                return Err(too_entangled());
            }
            entries.push(entry);
        }
        Self::by_level(&entries)
    }

    fn by_level(entries: &[Entry]) -> Result<Self, String> {
        let mut levels = Vec::new();
        let (mut costs, mut heights): (Vec<Level>, Vec<u64>) = entries.iter().map(|entry| (entry.level, entry.height)).unzip();
        let mut ends = false;
        for _ in 0..=MAX_DEPTH {
            let (Some(level), Some(height)) = (costs.first().copied(), heights.first().copied()) else { break };
            // Asking costs something, so nothing at all is asked that deep, or deeper.
            if level == Level::default() {
                break;
            }
            ends = level.work > MOST_WORK || height > MOST_NESTED;
            if ends {
                break;
            }
            levels.push(level);
            let inside = |entry: &Entry| {
                let sum = |alternative: &BTreeMap<usize, u64>| {
                    alternative.iter().fold(Level::default(), |sum, (part, times)| Level {
                        work: sum.work.saturating_add(costs[*part].work.saturating_mul(*times)),
                        patterns: sum.patterns.saturating_add(costs[*part].patterns.saturating_mul(*times)),
                    })
                };
                let most =
                    |most: Level, level: Level| Level { work: most.work.max(level.work), patterns: most.patterns.max(level.patterns) };
                entry.inside.iter().map(sum).fold(Level::default(), most)
            };
            let higher = |entry: &Entry| {
                let below = entry.inside.iter().flat_map(BTreeMap::keys).map(|part| heights[*part]).max();
                entry.height + below.unwrap_or_default()
            };
            (costs, heights) = entries.iter().map(|entry| (inside(entry), higher(entry))).unzip();
        }
        if levels.is_empty() { Err(too_entangled()) } else { Ok(Self { levels, ends }) }
    }

    /// Whether a value can be held against the schema, and what that costs at the most.
    ///
    /// # Errors
    /// It cannot.
    pub(super) fn require(&self, value: &Value) -> Result<u64, TooMuch> {
        let (mut work, mut matched) = (0_u64, 0_u64);
        let mut open = vec![(value, 0)];
        while let Some((value, depth)) = open.pop() {
            let Some(level) = self.levels.get(depth) else {
                if self.ends {
                    return Err(TooMuch::Depth(self.levels.len()));
                }
                continue;
            };
            let bytes = match value {
                Value::String(text) => text.len(),
                Value::Array(items) => {
                    open.extend(items.iter().map(|item| (item, depth + 1)));
                    0
                }
                Value::Object(members) => {
                    open.extend(members.values().map(|member| (member, depth + 1)));
                    members.keys().map(String::len).sum()
                }
                _ => 0,
            };
            work = work.saturating_add(level.work);
            matched = matched.saturating_add(level.patterns.saturating_mul(bytes as u64));
        }
        if work > MOST_WORK || matched > MOST_MATCHED_BYTES { Err(TooMuch::Size) } else { Ok(work) }
    }
}

impl Entry {
    fn of(parts: &[Part], closure: &BTreeMap<usize, u64>, height: u64) -> Self {
        let mut level = Level::default();
        let (mut names, mut places) = (BTreeSet::new(), 0);
        for (part, times) in closure {
            let Part { own, patterns, named, prefix, .. } = &parts[*part];
            level.work = level.work.saturating_add(own.saturating_mul(*times));
            level.patterns = level.patterns.saturating_add(patterns.saturating_mul(*times));
            names.extend(named.keys().map(|name| Some(name.as_str())));
            places = places.max(prefix.len());
        }
        names.insert(None);
        let asked = |of: &dyn Fn(&Part) -> Vec<usize>| {
            let mut asked = BTreeMap::new();
            closure.iter().for_each(|(part, times)| of(&parts[*part]).into_iter().for_each(|inner| add(&mut asked, inner, *times)));
            asked
        };
        let of_member = |name: &Option<&str>| {
            asked(&|part| {
                let own = name.and_then(|name| part.named.get(name)).copied().or(part.additional);
                own.into_iter().chain(part.matching.iter().copied()).chain(part.each.iter().copied()).collect()
            })
        };
        let of_item = |place: usize| {
            asked(&|part| {
                let own = part.prefix.get(place).copied().or(part.items);
                own.into_iter().chain(part.each.iter().copied()).collect()
            })
        };
        let inside = names.iter().map(of_member).chain((0..=places).map(of_item)).filter(|asked| !asked.is_empty()).collect();
        Self { level, height, inside }
    }
}

fn add(sum: &mut BTreeMap<usize, u64>, part: usize, times: u64) {
    let known = sum.entry(part).or_default();
    *known = known.saturating_add(times);
}

fn too_entangled() -> String {
    "is too entangled: holding a value against it would take too long".to_owned()
}

/// The parts in an order in which each comes after those that are asked of the same value.
fn inner_first(parts: &[Part]) -> Result<Vec<usize>, String> {
    let mut order = Vec::with_capacity(parts.len());
    // For each part on the way how many of its own have been followed.
    let mut way: Vec<(usize, usize)> = Vec::new();
    let (mut begun, mut done) = (vec![false; parts.len()], vec![false; parts.len()]);
    for start in 0..parts.len() {
        if !begun[start] {
            begun[start] = true;
            way.push((start, 0));
        }
        while let Some((part, followed)) = way.last_mut() {
            let Some(next) = parts[*part].same.get(*followed).copied() else {
                done[*part] = true;
                order.push(*part);
                way.pop();
                continue;
            };
            *followed += 1;
            if !begun[next] {
                begun[next] = true;
                way.push((next, 0));
            } else if !done[next] {
                return Err("refers to itself without going into the value, and so never ends".to_owned());
            }
        }
    }
    Ok(order)
}
