//! Views and triggers: what of them goes before tables change, and comes when they have.
//!
//! While a table is changed, every view and trigger must find what it names. One that stays as it is therefore goes and comes, too, where
//! it reads a view that goes, or a table of which a column is made anew.

use std::collections::BTreeMap;

use crate::migrate::shape::{Piece, Shapes};
use crate::model::sql::mentions;
use crate::model::{Name, Trigger};

use super::computed::Recomputed;
use super::order::reads;

/// What goes and what comes, by name. What is another under the same name does both.
pub(super) struct Differing<'a> {
    pub(super) gone: Vec<&'a Name>,
    pub(super) new: Vec<&'a Name>,
}

/// Views, then triggers.
pub(super) fn differing<'a>(asked: &'a Shapes, found: &'a Shapes, recomputed: &Recomputed<'a>) -> (Differing<'a>, Differing<'a>) {
    let (mut views, mut triggers) = (between(&asked.views, &found.views), between(&asked.triggers, &found.triggers));
    let mut missing: Vec<&Name> = recomputed.tables().chain(views.gone.iter().copied()).collect();
    let mut place = 0;
    while let Some(&name) = missing.get(place) {
        let more = views.take(&found.views, &asked.views, |piece| reads(piece, name));
        missing.extend(more);
        triggers.take(&found.triggers, &asked.triggers, |piece| names(piece, name));
        place += 1;
    }
    (views, triggers)
}

impl<'a> Differing<'a> {
    /// Those that stay and name something that is missing for a while go and come as well; answers which.
    fn take<T>(
        &mut self,
        found: &'a BTreeMap<Name, Piece<T>>,
        asked: &'a BTreeMap<Name, Piece<T>>,
        names: impl Fn(&Piece<T>) -> bool,
    ) -> Vec<&'a Name> {
        let more = found.iter().filter(|(name, piece)| asked.contains_key(*name) && names(piece)).map(|(name, _)| name);
        let more: Vec<&Name> = more.filter(|name| !self.gone.contains(name)).collect();
        self.gone.extend(&more);
        self.new.extend(&more);
        more
    }
}

fn names(piece: &Piece<Trigger>, name: &Name) -> bool {
    match &piece.said {
        Ok(trigger) => {
            let mut texts = trigger.condition.iter().chain(&trigger.body);
            trigger.table == *name || texts.any(|text| mentions(text, name.as_str()))
        }
        Err(_) => mentions(&piece.key, name.as_str()),
    }
}

/// What is there and not asked for, and the other way round.
fn between<'a, T>(asked: &'a BTreeMap<Name, Piece<T>>, found: &'a BTreeMap<Name, Piece<T>>) -> Differing<'a> {
    let lacks = |others: &BTreeMap<Name, Piece<T>>, (name, piece): &(&Name, &Piece<T>)| {
        others.get(*name).is_none_or(|other| other.key != piece.key)
    };
    let names = |all: &'a BTreeMap<Name, Piece<T>>, others: &BTreeMap<Name, Piece<T>>| {
        all.iter().filter(|one| lacks(others, one)).map(|(name, _)| name).collect()
    };
    Differing { gone: names(found, asked), new: names(asked, found) }
}
