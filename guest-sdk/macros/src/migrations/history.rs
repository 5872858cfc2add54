//! Whether the files of a folder make a history: ids are unique, parents exist, nothing goes in a circle.

use std::collections::BTreeMap;

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

/// The revisions that are left when those are taken away, again and again, whose parents are all taken away, or whose children: neither
/// what comes before a circle nor what comes after it is part of it.
fn circle(by_id: &BTreeMap<&str, &File>) -> Option<Vec<String>> {
    let mut left: BTreeMap<&str, Vec<String>> =
        by_id.iter().map(|(id, file)| (*id, file.said.down.iter().map(LitStr::value).collect())).collect();
    loop {
        let has_parent = |down: &[String]| down.iter().any(|parent| left.contains_key(parent.as_str()));
        let has_child = |id: &str| left.values().any(|down| down.iter().any(|parent| parent == id));
        let free: Vec<&str> = left.iter().filter(|(id, down)| !has_parent(down) || !has_child(id)).map(|(id, _)| *id).collect();
        if free.is_empty() {
            break;
        }
        free.iter().for_each(|id| drop(left.remove(id)));
    }
    if left.is_empty() { None } else { Some(left.into_keys().map(str::to_owned).collect()) }
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
}
