//! Builds that fail, end and answer wrongly: a shell script stands in cargo's place.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::{Said, TestHost, component};

/// A revision that is there.
const FIRST: &str = "notes/migrations/20250101_0000_first_x.rs";

/// A folder `notes` that is taken for the crate of the shop.
struct Pretended {
    host: TestHost,
}

impl Pretended {
    /// `second` is what the second build does before it answers the same component as the first, in the crate's folder.
    fn new(second: &str) -> Self {
        let host = TestHost::new();
        fs::create_dir_all(host.path("notes/migrations")).unwrap();
        host.write(FIRST, "");
        host.write("notes/Cargo.toml", "");
        host.write("Cargo.toml", "");
        let folder = host.path("notes").display().to_string();
        let metadata = format!(
            r#"{{"packages":[{{"name":"other","id":"other 1","manifest_path":"{folder}/../other/Cargo.toml","edition":"2024"}},{{"name":"notes","id":"notes 1","manifest_path":"{folder}/Cargo.toml","edition":"2024"}}],"workspace_root":"{folder}/.."}}"#
        );
        let built = format!(r#"{{"reason":"compiler-artifact","package_id":"notes 1","filenames":["{}"]}}"#, component("shop").display());
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in\nmetadata) echo '{metadata}' ;;\nbuild)\n  echo \"$*\" >>../asked\n  if [ -e ../built ]; then\n    {second}\n  fi\n  touch ../built\n  echo '{built}' ;;\nesac\n"
        );
        host.write("cargo.sh", script);
        fs::set_permissions(host.path("cargo.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { host }
    }

    fn revision(&self, arguments: &[&str]) -> Said {
        let mut command = self.host.command(&[&["revision", "--plugin", "notes"], arguments].concat());
        let said = Said::from(command.env("CARGO", self.host.path("cargo.sh")).output().unwrap());
        println!("{}{}", said.out, said.err);
        said
    }

    /// Nothing is left of a file that came to nothing.
    #[track_caller]
    fn has_nothing(&self) {
        let all = |folder: &str| fs::read_dir(self.host.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        assert_eq!(all("notes/migrations"), [self.host.path(FIRST)]);
        assert_eq!(all("plugins"), Vec::<std::path::PathBuf>::new());
    }
}

/// Whoever builds is told, and waits until nobody waits for it.
const CTRL_C: &str = "kill -INT $PPID; exec >/dev/null 2>&1; while kill -0 $PPID; do :; done; exit 1";

#[test]
fn who_interrupts_the_build_finds_nothing_written() {
    let pretended = Pretended::new(CTRL_C);
    let said = pretended.revision(&["-m", "x"]).silent().err_has(&["interrupted: nothing is written"]);
    assert_eq!(said.code, Some(130));
    pretended.has_nothing();
}

#[test]
fn a_build_that_is_stopped_or_fails_leaves_nothing() {
    let stopped = Pretended::new("kill -9 $$");
    stopped.revision(&["-m", "x"]).refused().silent().err_has(&["the build of notes was stopped"]);
    stopped.has_nothing();
    let fails = Pretended::new("echo 'error: no' >&2; exit 101");
    fails.revision(&["-m", "x"]).refused().silent().err_has(&["error: no", "notes does not build"]);
    fails.has_nothing();
    fs::remove_dir_all(fails.host.path("notes/migrations")).unwrap();
    fails.revision(&["-m", "first"]).refused();
    assert!(!fails.host.path("notes/migrations").exists(), "a folder that was made for the file goes with it");
    fails.revision(&["-m", "first", "--head", "x"]).refused();
}

#[test]
fn a_file_that_the_crate_does_not_pick_up_is_taken_away() {
    let pretended = Pretended::new(":");
    pretended.revision(&["-m", "x", "--rev-id", "a1"]).refused().silent().err_has(&["does not pick a1 up", "migrations!()"]);
    pretended.has_nothing();
}

#[test]
fn a_file_that_is_there_is_nobodys_to_write_over() {
    // The first build is when somebody else writes.
    let pretended = Pretended::new(":");
    let migrations = pretended.host.path("notes/migrations");
    let other = "touch \"migrations/$(date -u +%Y%m%d_%H%M)_a1_x.rs\"";
    pretended.host.write("cargo.sh", fs::read_to_string(pretended.host.path("cargo.sh")).unwrap().replace("touch ../built", other));
    let said = pretended.revision(&["-m", "x", "--rev-id", "a1"]);
    // A minute may have passed between the two clocks.
    if fs::read_dir(&migrations).unwrap().count() == 2 {
        said.refused().silent().err_has(&["_a1_x.rs is there already"]);
        assert!(fs::read_dir(&migrations).unwrap().all(|entry| fs::read(entry.unwrap().path()).unwrap().is_empty()));
    }
}

#[test]
fn a_member_of_a_workspace_is_built_alone_and_in_the_profile_that_is_there_for_plugins() {
    let pretended = Pretended::new("exit 1");
    let asked = |profile: &str| {
        pretended.revision(&["-m", "x"]).refused();
        let asked = fs::read_to_string(pretended.host.path("asked")).unwrap();
        assert!(asked.lines().last().unwrap().contains(&format!("--profile {profile} --package notes ")), "{asked}");
    };
    asked("release");
    pretended.host.write("Cargo.toml", "[workspace]\nmembers = [\"notes\", \"other\"]\n[profile.plugin]\ninherits = \"release\"\n");
    asked("plugin");
    pretended.host.write("Cargo.toml", "[profile.plugin\n");
    pretended.revision(&["-m", "x"]).refused().err_has(&["no plugin's crate", "Cargo.toml, from which its profiles are read"]);
}

#[test]
fn a_message_is_one_line_of_plain_text_and_a_crate_is_a_folder() {
    let pretended = Pretended::new("exit 1");
    for message in ["", " ", "a\nb", "a\tb", "a\u{202e}b", "a\u{2028}b", "\u{feff}"] {
        pretended.revision(&["-m", message]).refused().silent().err_has(&["the message "]);
        assert!(!pretended.host.path("built").exists(), "nothing is built for {message:?}");
    }
    pretended.has_nothing();
    for (folder, part) in [("nowhere", "there is no such folder"), ("plugins", "it has no Cargo.toml")] {
        let said = Said::from(pretended.host.command(&["revision", "-m", "x", "--plugin", folder]).output().unwrap());
        said.refused().silent().err_has(&[part, "--plugin"]);
    }
}
