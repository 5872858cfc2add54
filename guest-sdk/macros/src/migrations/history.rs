//! Whether the files of a folder make a history: ids are unique, parents exist, nothing goes in a circle.

use std::collections::{BTreeMap, BTreeSet};

use syn::LitStr;

use super::file::File;

/// Finds everything that keeps the files from being a history.
pub(super) fn check(files: &[File]) -> Result<(), Vec<String>> {
    let mut mistakes = Vec::new();
    let mut by_id: BTreeMap<&str, &File> = BTreeMap::new();
    for file in files {
        if let Some(other) = by_id.insert(&file.name.id, file) {
            let id = &file.name.id;
            mistakes.push(format!("{} and {} both have the id {id}: give one of them another", other.file, file.file));
        }
        if let Some(id) = file.said.id.as_ref().map(LitStr::value).filter(|id| *id != file.name.id) {
            mistakes.push(format!("{}: says that its id is {id}, its name says {}: make them one", file.file, file.name.id));
        }
    }
    let known = by_id.keys().copied().collect::<Vec<_>>().join(", ");
    for file in files {
        let down: Vec<String> = file.said.down.iter().map(LitStr::value).collect();
        for (i, parent) in down.iter().enumerate() {
            if !by_id.contains_key(parent.as_str()) {
                mistakes.push(format!("{}: no file has the parent {parent}; known are {known}", file.file));
            }
            if down[..i].contains(parent) {
                mistakes.push(format!("{}: names the parent {parent} twice: write it once", file.file));
            }
        }
    }
    if mistakes.is_empty()
        && let Some(circle) = circle(&by_id)
    {
        mistakes.push(format!("the revisions {} come before each other: one of them needs another `down`", circle.join(", ")));
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// The revisions that come before themselves, or stand between such: neither what comes before a circle nor what comes after it is part
/// of it.
fn circle(by_id: &BTreeMap<&str, &File>) -> Option<Vec<String>> {
    let down: BTreeMap<&str, Vec<String>> =
        by_id.iter().map(|(id, file)| (*id, file.said.down.iter().map(LitStr::value).collect())).collect();
    let down: Edges<'_> = down.iter().map(|(id, down)| (*id, down.iter().map(String::as_str).collect())).collect();
    // A good history is done with here, in one pass.
    let mut left = taken_away(&down);
    if left.is_empty() {
        return None;
    }
    let mut up: Edges<'_> = left.iter().map(|id| (*id, Vec::new())).collect();
    for id in &left {
        for parent in &down[id] {
            up.entry(parent).and_modify(|children| children.push(id));
        }
    }
    left = taken_away(&up);
    Some(left.into_iter().map(str::to_owned).collect())
}

/// Ids, each with those that it waits for.
type Edges<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// What is left when those that wait for nothing are taken away, again and again. Each is looked at once, and so is each of its edges.
fn taken_away<'a>(edges: &Edges<'a>) -> BTreeSet<&'a str> {
    let mut waiting: BTreeMap<&str, usize> = edges.iter().map(|(id, of)| (*id, of.len())).collect();
    let mut waited_for: Edges<'_> = BTreeMap::new();
    for (id, of) in edges {
        of.iter().for_each(|of| waited_for.entry(of).or_default().push(id));
    }
    let mut free: Vec<&str> = edges.iter().filter(|(_, of)| of.is_empty()).map(|(id, _)| *id).collect();
    let mut left: BTreeSet<&str> = edges.keys().copied().collect();
    while let Some(id) = free.pop() {
        left.remove(id);
        for freed in waited_for.get(id).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(freed) {
                *count -= 1;
                if *count == 0 {
                    free.push(freed);
                }
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::super::folder;
    use super::*;

    /// Writes a folder of revisions, each an id and its parents, and checks it.
    fn checked(revisions: &[(&str, &str, &[&str])]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (date, id, down) in revisions {
            let text = format!("//! X.\nrevision! {{ down = {down:?} }}\npub use crate::steps::{{upgrade, downgrade}};");
            std::fs::write(folder.path().join(format!("{date}_1500_{id}_x.rs")), text).unwrap();
        }
        check(&folder::read(folder.path(), "migrations").unwrap()).err().unwrap_or_default()
    }

    #[test]
    fn a_history_with_a_branch_and_a_merge_is_one() {
        let history: [(&str, &str, &[&str]); 4] =
            [("20250101", "a", &[]), ("20250102", "b", &["a"]), ("20250103", "c", &["a"]), ("20250104", "d", &["b", "c"])];
        assert!(checked(&history).is_empty());
    }

    #[test]
    fn two_files_with_one_id_are_both_named() {
        let mistakes = checked(&[("20250101", "a", &[]), ("20250102", "a", &[])]);
        assert!(mistakes[0].contains("20250101_1500_a_x.rs and migrations/20250102_1500_a_x.rs both have the id a"), "{mistakes:?}");
    }

    #[test]
    fn a_parent_that_no_file_has_is_named_with_those_that_there_are() {
        assert!(checked(&[("20250101", "a", &["z"])])[0].contains("no file has the parent z; known are a"));
    }

    #[test]
    fn a_circle_is_named_without_what_stands_before_and_after_it() {
        let history: [(&str, &str, &[&str]); 5] = [
            ("20250101", "a", &[]),
            ("20250102", "b", &["a", "c"]),
            ("20250103", "c", &["b"]),
            ("20250104", "d", &["c"]),
            ("20250105", "e", &["d"]),
        ];
        assert!(checked(&history)[0].contains("the revisions b, c come before each other"));
    }

    #[test]
    fn what_stands_between_two_circles_is_named_with_them() {
        let history: [(&str, &str, &[&str]); 3] = [("20250101", "a", &["a"]), ("20250102", "b", &["a"]), ("20250103", "c", &["b", "c"])];
        assert!(checked(&history)[0].contains("the revisions a, b, c come before each other"));
    }

    #[test]
    fn a_chain_is_walked_once() {
        let ids: Vec<String> = (0..30_000).map(|n| format!("r{n:05}")).collect();
        let chain: Edges<'_> =
            ids.iter().enumerate().map(|(n, id)| (id.as_str(), ids[n.saturating_sub(1)..n].iter().map(String::as_str).collect())).collect();
        let before = std::time::Instant::now();
        assert!(taken_away(&chain).is_empty());
        assert!(before.elapsed() < std::time::Duration::from_secs(5), "{:?}", before.elapsed());
    }
}
