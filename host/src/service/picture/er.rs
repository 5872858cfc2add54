//! Tables as boxes, in blocks of their plugin, with curves from each key to the table that it leads to.

use std::collections::BTreeMap;

use super::svg::{CHARACTER, Drawing};
use super::{Colours, Declared, Key, keys};
use crate::model::{Name, PluginName};

const LINE: f64 = 17.0;
const GAP: f64 = 28.0;
const TITLE: f64 = 30.0;
/// A block's columns of tables are filled up to this height.
const TALL: f64 = 620.0;
/// Blocks stand beside each other up to this width.
const WIDE: f64 = 1_800.0;

/// Where a table's box lies, and how large it is.
struct TableBox {
    at: (f64, f64),
    size: (f64, f64),
}

/// Column names and types, padded to two columns of text.
fn lines(declared: &Declared) -> Vec<String> {
    let table = &declared.table;
    let widest = table.columns.iter().map(|column| column.name.as_str().chars().count()).max().unwrap_or_default();
    let line = |column: &crate::model::Column| {
        let is_key = table.primary_key.contains(&column.name);
        // Where it leads is said, too: with many tables nobody follows a line.
        let keys = table.foreign_keys.iter().filter(|key| key.columns.contains(&column.name));
        let marks = is_key.then(|| "PK".to_owned()).into_iter().chain(keys.map(|key| format!("FK → {}", key.target_table)));
        let null = if column.nullable { "?" } else { "" };
        let marks = marks.collect::<Vec<_>>().join(" ");
        format!("{:widest$}  {}{null}  {marks}", column.name.as_str(), column.data_type).trim_end().to_owned()
    };
    table.columns.iter().map(line).collect()
}

fn size(declared: &Declared, lines: &[String]) -> (f64, f64) {
    let title = declared.table.name.as_str().chars().count();
    let widest = lines.iter().map(|line| line.chars().count()).chain([title]).max().unwrap_or_default();
    (CHARACTER * widest as f64 + 20.0, LINE * (lines.len() as f64 + 1.0) + 14.0)
}

/// The picture.
pub(super) fn svg(tables: &[Declared]) -> String {
    let colours = Colours::of(tables.iter().map(|declared| &declared.plugin));
    let mut by_plugin: BTreeMap<&PluginName, Vec<&Declared>> = BTreeMap::new();
    tables.iter().for_each(|declared| by_plugin.entry(&declared.plugin).or_default().push(declared));
    let mut drawing = Drawing::default();
    let mut boxes: BTreeMap<&Name, TableBox> = BTreeMap::new();
    drawing.text(
        (GAP, GAP),
        "dashed: not in the database yet   ?: may be NULL   PK: primary key   FK: foreign key",
        r##"fill="#555555" xml:space="preserve""##,
    );
    let (mut left, mut top, mut shelf) = (GAP, 2.0 * GAP, 0.0_f64);
    let mut frames = Vec::new();
    for (plugin, own) in &by_plugin {
        // First at the origin, then moved to where there is room.
        let mut placed = Vec::new();
        let (mut x, mut y, mut column, mut block) = (GAP / 2.0, TITLE, 0.0_f64, (0.0_f64, 0.0_f64));
        for declared in own {
            let size = size(declared, &lines(declared));
            if y > TITLE && y + size.1 > TALL {
                (x, y, column) = (x + column + GAP, TITLE, 0.0);
            }
            placed.push((&declared.table.name, (x, y), size));
            column = column.max(size.0);
            block = (block.0.max(x + size.0), block.1.max(y + size.1));
            y += size.1 + GAP / 2.0;
        }
        let title = CHARACTER * plugin.as_str().chars().count() as f64 + GAP;
        let block = (block.0.max(title) + GAP / 2.0, block.1 + GAP / 2.0);
        if left > GAP && left + block.0 > WIDE {
            (left, top, shelf) = (GAP, top + shelf + GAP, 0.0);
        }
        frames.push((*plugin, (left, top), block));
        for (name, at, size) in placed {
            boxes.insert(name, TableBox { at: (left + at.0, top + at.1), size });
        }
        left += block.0 + GAP;
        shelf = shelf.max(block.1);
    }
    for (plugin, at, size) in frames {
        let colour = colours.of_plugin(plugin);
        drawing.rectangle(at, size, &format!(r#"fill="{colour}" fill-opacity="0.07" stroke="{colour}" stroke-opacity="0.5""#));
        drawing.text((at.0 + GAP / 2.0, at.1 + 20.0), plugin.as_str(), &format!(r#"fill="{colour}" font-weight="bold" font-size="14""#));
    }
    // Behind the boxes: with thirty plugins nobody could read what they pass.
    for key in keys(tables) {
        let (from, to) = (&boxes[&key.from.table.name], &boxes[&key.to.table.name]);
        curve(&key, from, to, &colours.of_plugin(&key.from.plugin), &mut drawing);
    }
    for declared in tables {
        table(declared, &boxes[&declared.table.name], &colours.of_plugin(&declared.plugin), &mut drawing);
    }
    drawing.finish("tenon er")
}

fn table(declared: &Declared, place: &TableBox, colour: &str, drawing: &mut Drawing) {
    let dashes = if declared.is_there { "" } else { r#" stroke-dasharray="5 3""# };
    let TableBox { at: (x, y), size } = place;
    drawing.rectangle((*x, *y), *size, &format!(r##"fill="#ffffff" stroke="{colour}" stroke-width="1.5"{dashes}"##));
    drawing.rectangle((*x, *y), (size.0, LINE + 6.0), &format!(r#"fill="{colour}""#));
    drawing.text((x + 10.0, y + LINE - 1.0), declared.table.name.as_str(), r##"fill="#ffffff" font-weight="bold""##);
    for (number, line) in lines(declared).iter().enumerate() {
        let at = (x + 10.0, y + LINE * (number as f64 + 2.0) + 4.0);
        drawing.text(at, line, r##"fill="#222222" xml:space="preserve""##);
    }
}

/// A curve from the line of a key's first column to the title of the table that it leads to.
fn curve(key: &Key<'_>, from: &TableBox, to: &TableBox, colour: &str, drawing: &mut Drawing) {
    let y = from.at.1 + LINE * (key.first_column() as f64 + 2.0);
    let to_y = to.at.1 + LINE / 2.0 + 3.0;
    // Out of the side that faces the other; both on the left where one stands above the other.
    let (x, to_x, out, into) = if from.at.0 > to.at.0 + to.size.0 {
        (from.at.0, to.at.0 + to.size.0, -1.0, 1.0)
    } else if from.at.0 + from.size.0 < to.at.0 {
        (from.at.0 + from.size.0, to.at.0, 1.0, -1.0)
    } else {
        (from.at.0, to.at.0, -1.0, -1.0)
    };
    let reach = ((to_x - x).abs() / 2.0).clamp(18.0, 120.0);
    let path = format!("M{x:.1} {y:.1} C{:.1} {y:.1} {:.1} {to_y:.1} {to_x:.1} {to_y:.1}", x + out * reach, to_x + into * reach);
    let style = format!(r#"stroke="{colour}" stroke-width="1.5" stroke-opacity="0.6""#);
    drawing.path(&path, &style, &format!("{} refers to {}", key.from.table.name, key.to.table.name));
    drawing.circle((to_x, to_y), 3.0, &format!(r#"fill="{colour}""#));
}
