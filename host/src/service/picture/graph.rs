//! The histories as a list with lanes: a line for each revision, newest first, its dot in the lane of its branch, and curves to what it stands
//! on.

use std::collections::{BTreeMap, HashMap};

use super::svg::{CHARACTER, Drawing};
use super::{Colours, EdgeKind, edges, plugins};
use crate::migrate::history::Entry;
use crate::model::{Node, PluginName};

const ROW: f64 = 24.0;
const LANE: f64 = 18.0;
const MARGIN: f64 = 16.0;
const LONGEST_MESSAGE: usize = 72;

/// The picture.
pub(super) fn svg(entries: &[Entry]) -> String {
    let colours = Colours::of(plugins(entries));
    let lanes = lanes(entries);
    let number = lanes.values().copied().max().map_or(0, |last| last + 1);
    let place: HashMap<&Node, (f64, f64)> = entries
        .iter()
        .enumerate()
        .map(|(row, entry)| (&entry.node, (MARGIN + LANE * (lanes[&entry.node] as f64 + 0.5), MARGIN + ROW * (row as f64 + 1.5))))
        .collect();
    let mut drawing = Drawing::default();
    drawing.text(
        (MARGIN, MARGIN + 4.0),
        "● applied   ○ pending   ─ comes after   ┄ depends on",
        r##"fill="#555555" xml:space="preserve""##,
    );
    for edge in edges(entries) {
        let (Some(&(x, y)), Some(&(to_x, to_y))) = (place.get(edge.to), place.get(edge.from)) else { continue };
        let (verb, dashes) = match edge.kind {
            EdgeKind::ComesAfter => ("comes after", ""),
            EdgeKind::DependsOn => ("depends on", r#" stroke-dasharray="4 3""#),
        };
        let bend = ROW.min((to_y - y) / 2.0);
        let path = format!("M{x:.1} {y:.1} C{x:.1} {:.1} {to_x:.1} {:.1} {to_x:.1} {:.1} L{to_x:.1} {to_y:.1}", y + bend, y, y + bend);
        let style = format!(r#"stroke="{}" stroke-width="1.5"{dashes}"#, colours.of_plugin(&edge.to.plugin));
        drawing.path(&path, &style, &format!("{} {verb} {}", edge.to, edge.from));
    }
    let text_at = MARGIN + LANE * number as f64 + MARGIN;
    let widest = entries.iter().map(|entry| entry.node.to_string().chars().count()).max().unwrap_or_default();
    for entry in entries {
        let (colour, (x, y)) = (colours.of_plugin(&entry.node.plugin), place[&entry.node]);
        let fill = if entry.applied { colour.as_str() } else { "#ffffff" };
        drawing.circle((x, y), 5.0, &format!(r#"fill="{fill}" stroke="{colour}" stroke-width="2""#));
        drawing.text((text_at, y + 4.0), &entry.node.to_string(), &format!(r#"fill="{colour}" font-weight="bold""#));
        let message: String = entry.message.lines().next().unwrap_or_default().chars().take(LONGEST_MESSAGE).collect();
        let flags = [(entry.head, "head"), (entry.current, "current")];
        let flags: Vec<&str> = flags.into_iter().filter(|(set, _)| *set).map(|(_, word)| word).collect();
        let flags = if flags.is_empty() { String::new() } else { format!(" ({})", flags.join(", ")) };
        drawing.text((text_at + CHARACTER * (widest + 2) as f64, y + 4.0), &format!("{message}{flags}"), r##"fill="#222222""##);
    }
    drawing.finish("tenon graph")
}

/// A lane for each revision: one for each plugin, and one more for each branch. A branch goes on in the lane of its first child.
fn lanes(entries: &[Entry]) -> HashMap<&Node, usize> {
    let mut by_plugin: BTreeMap<&PluginName, Vec<&Entry>> = BTreeMap::new();
    for entry in entries.iter().rev() {
        by_plugin.entry(&entry.node.plugin).or_default().push(entry);
    }
    let (mut lanes, mut free) = (HashMap::new(), 0);
    for own in by_plugin.values() {
        let mut continued: HashMap<&Node, bool> = HashMap::new();
        for entry in own {
            // The first child of its first parent goes on in the same lane.
            let first = entry.parents.first().filter(|parent| lanes.contains_key(*parent) && continued.insert(parent, true).is_none());
            let lane = match first {
                Some(parent) => lanes[parent],
                None => {
                    free += 1;
                    free - 1
                }
            };
            lanes.insert(&entry.node, lane);
        }
    }
    lanes
}
