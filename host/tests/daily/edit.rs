//! `edit`: which file is opened, and what becomes of the editor.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::support::{Said, TestHost};

/// A program that writes what it is asked to open into the file `opened`, and exits as it is told to.
fn editor(folder: &Path, status: u8) -> String {
    let file = folder.join("my editor");
    std::fs::write(&file, format!("#!/bin/sh\nprintf '%s\\n' \"$@\" > {}\nexit {status}\n", folder.join("opened").display())).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("'{}'", file.display())
}

/// A crate `notes` with the revision that `tenon new` writes.
struct Crate {
    host: TestHost,
    first: PathBuf,
    id: String,
    program: String,
}

impl Crate {
    fn new() -> Self {
        let host = TestHost::new();
        host.run("new notes").done();
        let first = std::fs::read_dir(host.path("notes/migrations")).unwrap().next().unwrap().unwrap().path();
        let id = first.file_name().unwrap().to_str().unwrap().split('_').nth(2).unwrap().to_owned();
        let program = editor(&host.path("."), 0);
        Self { host, first, id, program }
    }

    /// Writes a file of a revision; the words stand in its `revision!`.
    fn add(&self, name: &str, says: &str) {
        let text =
            format!("//! {{ down = [\"no\"] }}\n\nrevision! {{ {says} }}\n\npub fn upgrade(_op: &Operations) -> Result<()> {{ Ok(()) }}\n");
        self.host.write(&format!("notes/migrations/{name}"), text);
    }

    /// Runs `edit` with these variables.
    fn run(&self, words: &[&str], variables: &[(&str, &str)]) -> Said {
        let mut command = self.host.command(&[&["edit"], words].concat());
        for name in std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("CARGO_PKG")) {
            command.env_remove(name);
        }
        let output = command.env_remove("VISUAL").env_remove("EDITOR").envs(variables.iter().copied()).output().unwrap();
        let said = Said::from(output);
        println!("{words:?}: {}{}", said.out, said.err);
        said
    }

    fn edit(&self, revision: &str) -> Said {
        self.run(&[revision, "--plugin", "notes"], &[("EDITOR", &self.program)])
    }

    fn opened(&self) -> String {
        std::fs::read_to_string(self.host.path("opened")).unwrap()
    }
}

#[test]
fn edit_opens_the_file_of_a_revision_in_the_editor_that_is_set() {
    let notes = Crate::new();
    let first = format!("notes/migrations/{}\n", notes.first.file_name().unwrap().to_str().unwrap());
    // It is read as a shell does: blanks in quotes part no words.
    let with_words = format!("{} --wait 'two words'", notes.program);
    notes.run(&[&notes.id[..5], "--plugin", "notes"], &[("EDITOR", &with_words)]).done().silent();
    assert_eq!(notes.opened(), format!("--wait\ntwo words\n{first}"));
    notes.run(&["head", "--plugin", "notes"], &[("EDITOR", "/nowhere"), ("VISUAL", &notes.program)]).done();
    assert_eq!(notes.opened(), first);
    notes.run(&["head", "--plugin", "notes"], &[("VISUAL", " ")]).refused().err_has(&["set EDITOR"]);
}

#[test]
fn an_editor_that_fails_is_no_silence() {
    let notes = Crate::new();
    let head = ["head", "--plugin", "notes"];
    notes.run(&head, &[("EDITOR", "false")]).refused().silent().err_has(&["error: the editor `false` failed with exit status: 1"]);
    notes.run(&head, &[("EDITOR", "/nowhere/vi -f")]).refused().err_has(&["/nowhere/vi", "the editor `/nowhere/vi -f` cannot be run"]);
    editor(&notes.host.path("."), 7);
    notes.edit("head").refused().err_has(&["failed with exit status: 7"]);
    notes.run(&head, &[("EDITOR", "kill -9 $$;")]).refused().err_has(&["failed with signal: 9"]);
}

#[test]
fn edit_finds_a_revision_by_whatever_names_it() {
    let notes = Crate::new();
    notes.add("20990101_0000_ffff_later.rs", &format!("down = [{:?}]", notes.id));
    // Written after it, and comes before it: what is the head, the revisions say.
    notes.add("20240101_0000_eeee_side.rs", &format!("down = [{:?}], depends_on = [\"shop@x\"], labels = [\"side\"]", notes.id));
    notes.add("20240102_0000_dddd_side.rs", "labels = [\"second\"], down = [\"eeee\",]");
    notes.host.write("notes/migrations/readme.md", "");
    let later = "notes/migrations/20990101_0000_ffff_later.rs\n";
    let begins = "notes/migrations/20240101_0000_eeee_side.rs\n";
    let second = "notes/migrations/20240102_0000_dddd_side.rs\n";
    for (revision, file) in [
        ("ffff", later),
        ("notes@fff", later),
        ("side", begins),
        ("notes@side", begins),
        ("side@head", second),
        ("second", second),
        ("dddd-1", begins),
        ("side@eeee+1", second),
    ] {
        notes.edit(revision).done();
        assert_eq!(notes.opened(), file, "{revision}");
    }
    notes.edit("head").refused().err_has(&["has several heads: dddd, ffff"]);
    notes.edit("zz").refused().err_has(&["can't locate revision identified by 'zz' in plugin notes", "notes@ffff", &notes.id]);
    notes.edit("shop@ffff").refused().err_has(&["there is no plugin 'shop'; known are notes"]);
    notes.edit("base").refused();
    notes.edit("a b").misused();
    notes.add("20240103_0000_ccc1_merge.rs", "down = [\"ffff\", \"dddd\"]");
    notes.edit("head").done();
    assert_eq!(notes.opened(), "notes/migrations/20240103_0000_ccc1_merge.rs\n");
    notes.add("20240104_0000_ccc2_x.rs", "down = [\"ccc1\"]");
    notes.edit("ccc").refused().err_has(&["ambiguous", "notes@ccc1", "notes@ccc2"]);
}

/// It is the command that mends such a file.
#[test]
fn a_history_that_does_not_hold_together_can_be_edited() {
    let notes = Crate::new();
    notes.add("20240101_0000_eeee_x.rs", "down = [\"gone\"]");
    notes.host.write("notes/migrations/20240101_0000_dddd_x.rs", "fn {");
    for id in ["eee", "dddd", "notes@eeee"] {
        notes.edit(id).done();
        assert!(notes.opened().contains(&id[id.len() - 3..]), "{id}: {}", notes.opened());
    }
    notes.edit("head").refused().err_has(&["revision notes@eeee names gone as its parent"]);
}

#[test]
fn a_copied_file_is_named_with_the_one_it_was_copied_from_and_hides_no_other() {
    let notes = Crate::new();
    for name in ["20240101_0000_eeee_x.rs", "20240102_0000_eeee_copy.rs"] {
        notes.add(name, &format!("down = [{:?}]", notes.id));
    }
    let said = notes.edit("eeee").refused();
    said.err_has(&["20240101_0000_eeee_x.rs", "20240102_0000_eeee_copy.rs", "give all but one another id"]);
    for other in [&notes.id[..], &notes.id[..6]] {
        notes.edit(other).done();
        assert!(notes.opened().contains(&notes.id), "{}", notes.opened());
    }
}

#[test]
fn the_plugin_has_the_name_that_it_says_whatever_its_crate_is_called() {
    let notes = Crate::new();
    let (source, manifest) = (notes.host.path("notes/src/lib.rs"), notes.host.path("notes/Cargo.toml"));
    let replace = |file: &Path, old: &str, new: &str| {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(old), "{text}");
        std::fs::write(file, text.replace(old, new)).unwrap();
    };
    replace(&manifest, "name = \"notes\"", "name = \"my_notes\"");
    notes.edit("head").refused().err_has(&["my_notes", "notes is no plugin's crate"]);
    replace(&source, "plugin!(NotesPlugin)", "plugin!(NotesPlugin, version = \"1.0.0\", name = \"my-notes\")");
    for revision in [&notes.id[..], "head", "my-notes@head"] {
        notes.edit(revision).done();
    }
    notes.edit("notes@head").refused().err_has(&["there is no plugin 'notes'; known are my-notes"]);
}

#[test]
fn where_the_crate_is_the_folder_the_file_is_named_from_there() {
    let notes = Crate::new();
    let mut command = notes.host.command(&["edit", "head", "--json"]);
    command.current_dir(notes.host.path("notes")).env_remove("VISUAL").env("EDITOR", &notes.program);
    let said = Said::from(command.output().unwrap()).done();
    let file = format!("migrations/{}", notes.first.file_name().unwrap().to_str().unwrap());
    assert_eq!(notes.opened(), format!("{file}\n"));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&said.out).unwrap(), serde_json::json!({ "file": file }));
}
