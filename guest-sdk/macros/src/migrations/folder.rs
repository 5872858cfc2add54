//! Reads the folder: which of its files are revisions, and which only look like one.

use std::path::Path;

use super::file::{self, File};
use super::file_name;

/// All revisions of a folder, in the order of their names; or everything that is wrong with it. `shown` is what messages call the folder.
pub(super) fn read(folder: &Path, shown: &str) -> Result<Vec<File>, Vec<String>> {
    let advice = format!("write the first revision into it as {shown}/YYYYMMDD_HHMM_<id>_<slug>.rs, or leave MIGRATIONS out");
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => vec![format!("there is no folder `{shown}`; {advice}")],
        _ => vec![format!("the folder `{shown}` cannot be read ({error})")],
    };
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    paths.sort();
    let (mut files, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let read = match what_is(&path, &name) {
            Entry::Revision => file::read(path, &name, format!("{shown}/{name}")).map(|file| files.push(file)),
            Entry::Stray(why) => Err(why),
            Entry::Other => Ok(()),
        };
        mistakes.extend(read.err().map(|mistake| format!("{shown}/{name}: {mistake}")));
    }
    match (files.is_empty(), mistakes.is_empty()) {
        (_, false) => Err(mistakes),
        (true, true) => Err(vec![format!("the folder `{shown}` has no revision; {advice}")]),
        (false, true) => Ok(files),
    }
}

/// What an entry of the folder is.
enum Entry {
    Revision,
    /// Whoever made it may believe that it is a revision.
    Stray(String),
    Other,
}

fn what_is(path: &Path, name: &str) -> Entry {
    // Editors keep files of their own beside those that are open, and call them so.
    if name.starts_with('.') {
        return Entry::Other;
    }
    match (name.ends_with(".rs"), file_name::begins_like_one(name)) {
        (true, _) if path.is_file() => Entry::Revision,
        (true, _) => Entry::Stray("is no file that can be read; take it away, or put a revision there".to_owned()),
        (false, true) => Entry::Stray("is named like a revision, but does not end in `.rs`; rename it, or take it away".to_owned()),
        (false, false) => Entry::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &str =
        "pub fn upgrade(op: &Operations) -> Result<()> { Ok(()) } pub fn downgrade(op: &Operations) -> Result<()> { Ok(()) }";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    fn mistakes(folder: &Path) -> Vec<String> {
        read(folder, "../db").err().unwrap()
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_the_folder_as_it_was_written() {
        let folder = folder(&[("20251024_1500_a1_x.rs", "//! A."), ("helpers.rs", ""), ("README.md", "not a revision")]);
        let mistakes = mistakes(folder.path());
        assert_eq!(mistakes.len(), 2, "{mistakes:#?}");
        assert!(mistakes[0].starts_with("../db/20251024_1500_a1_x.rs: does not say"), "{mistakes:#?}");
        assert!(mistakes[1].starts_with("../db/helpers.rs: is not the name"), "{mistakes:#?}");
    }

    #[test]
    fn what_is_named_like_a_revision_and_is_none_is_not_passed_over() {
        let good = format!("//! A.\nrevision! {{ down = [] }} {STEPS}");
        let strays = ["20251025_1500_b2_x.RS", "20251026_1500_c3_forgot", "20251027_1500_d4_x.rs.orig"];
        let folder = folder(&[("20251024_1500_a1_x.rs", &good), (".20251024_1500_a1_x.rs.swp", ""), ("20251024_notes.md", "")]);
        assert_eq!(read(folder.path(), "migrations").unwrap().len(), 1);
        strays.iter().for_each(|stray| std::fs::write(folder.path().join(stray), &good).unwrap());
        std::fs::create_dir(folder.path().join("20251028_1500_e5_folder.rs")).unwrap();
        let mistakes = mistakes(folder.path());
        assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
        mistakes[..3].iter().zip(strays).for_each(|(mistake, stray)| {
            assert!(mistake.contains(stray) && mistake.contains("does not end in `.rs`"), "{mistake}");
        });
        assert!(mistakes[3].contains("e5_folder.rs: is no file"), "{mistakes:#?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_not_passed_over() {
        let folder = folder(&[]);
        std::os::unix::fs::symlink("/nowhere/at/all", folder.path().join("20251024_1500_a1_x.rs")).unwrap();
        assert!(mistakes(folder.path())[0].contains("a1_x.rs: is no file"));
    }

    #[test]
    fn an_empty_folder_says_what_to_put_into_it() {
        assert!(mistakes(folder(&[]).path())[0].contains("`../db` has no revision; write the first revision into it as ../db/YYYY"));
        assert!(mistakes(Path::new("/nowhere/at/all"))[0].contains("there is no folder `../db`"));
    }
}
