//! `revision` and `merge`: where the revision that is written stands. A shell script stands in cargo's place, and the first build answers a guest.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::support::{Said, TestHost, component};

/// A folder `notes` that is taken for the crate of a guest.
struct Pretended {
    host: TestHost,
}

impl Pretended {
    /// The second build keeps what was written, in the file `seen`, and fails.
    fn of(guest: &str) -> Self {
        let host = TestHost::new().plugin("similar-ids");
        fs::create_dir_all(host.path("notes/migrations")).unwrap();
        host.write("notes/migrations/20250101_0000_first_x.rs", "");
        host.write("notes/Cargo.toml", "");
        let folder = host.path("notes").display().to_string();
        let metadata = format!(
            r#"{{"packages":[{{"name":"notes","id":"notes 1","manifest_path":"{folder}/Cargo.toml","edition":"2024"}}],"workspace_root":"{folder}"}}"#
        );
        let built = format!(r#"{{"reason":"compiler-artifact","package_id":"notes 1","filenames":["{}"]}}"#, component(guest).display());
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in\nmetadata) echo '{metadata}' ;;\nbuild)\n  if [ -e ../built ]; then\n    cat migrations/*_new.rs >../seen\n    exit 1\n  fi\n  touch ../built\n  echo '{built}' ;;\nesac\n"
        );
        host.write("cargo.sh", script);
        fs::set_permissions(host.path("cargo.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { host }
    }

    fn run(&self, arguments: &[&str]) -> Said {
        for file in ["built", "seen"] {
            let _ = fs::remove_file(self.host.path(file));
        }
        let mut command = self.host.command(&[&arguments[..1], &["--plugin", "notes", "-m", "new"], &arguments[1..]].concat());
        let said = Said::from(command.env("CARGO", self.host.path("cargo.sh")).output().unwrap());
        println!("{arguments:?}: {}{}", said.out, said.err);
        said
    }

    /// What is written in `revision!`.
    #[track_caller]
    fn says(&self, arguments: &[&str], says: &str) {
        self.run(arguments).refused().err_has(&["notes does not build"]);
        let text = fs::read_to_string(self.host.path("seen")).unwrap();
        assert!(text.contains(&format!("revision! {{ {says} }}")), "{arguments:?}: {text}");
    }

    /// It is refused before a file is written.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], parts: &[&str]) -> Said {
        let said = self.run(arguments).not_done().silent().err_has(parts);
        assert!(!self.host.path("seen").exists(), "{arguments:?} has built twice");
        said
    }

    /// It is refused before anything is built.
    #[track_caller]
    fn refuses_at_once(&self, arguments: &[&str], parts: &[&str]) {
        self.refuses(arguments, parts);
        assert!(!self.host.path("built").exists(), "{arguments:?} has built");
    }
}

#[test]
fn a_merge_is_of_several_heads_each_once() {
    let forked = Pretended::of("forked");
    forked.says(&["merge", "heads"], "down = [\"e2\", \"s2\"]");
    forked.says(&["merge", "side@head", "e2"], "down = [\"s2\", \"e2\"]");
    forked.refuses(&["merge", "e2", "e2"], &["e2 is named twice"]);
    forked.refuses(&["merge", "e2", "forked@e2"], &["e2 is named twice"]);
    forked.refuses(&["merge", "heads", "s2"], &["s2 is named twice"]);
    forked.refuses(&["merge", "e2"], &["a merge is of several heads, and e2 is one; plugin forked has e2, s2"]);
    let said = forked.refuses(&["merge", "e2", "s1"], &["revision s1 is not a head; plugin forked has the heads e2, s2"]);
    assert!(!said.err.contains("--splice"), "merge has no such option: {}", said.err);
    forked.refuses(&["merge", "e2", "base"], &["base"]);
    let straight = Pretended::of("similar-ids");
    straight.refuses(&["merge", "heads"], &["a merge is of several heads, and AB is one"]);
    straight.refuses(&["merge"], &["<REV>"]);
}

#[test]
fn a_parent_is_named_as_a_target_is() {
    let forked = Pretended::of("forked");
    for (head, down) in [
        ("side@head", "down = [\"s2\"]"),
        ("forked@e2", "down = [\"e2\"]"),
        ("side@s2", "down = [\"s2\"]"),
        ("s1+1", "down = [\"s2\"]"),
        ("base", "down = []"),
        ("forked@base", "down = []"),
        ("heads", "down = [\"e2\", \"s2\"]"),
    ] {
        forked.says(&["revision", "--head", head], down);
    }
    forked.says(&["revision", "--head", "trunk", "--splice"], "down = [\"e1\"]");
    forked.refuses(&["revision"], &["has several heads: e2, s2", "tenon merge e2 s2"]);
    forked.refuses(&["revision", "--head", "head"], &["has several heads: e2, s2"]);
    forked.refuses(&["revision", "--head", "trunk@head"], &["the line through trunk has 2 heads"]);
    forked.refuses(&["revision", "--head", "side"], &["revision s1 is not a head", "--splice"]);
    forked.refuses(&["revision", "--head", "e"], &["revision 'e' is ambiguous", "forked@e1, forked@e2"]);
    forked.refuses(&["revision", "--head", "similar-ids@ab"], &["there is no plugin 'similar-ids'; known are forked"]);
    forked.refuses(&["revision", "--head", "base", "--head", "e2"], &["base has nothing beside it"]);
    let straight = Pretended::of("similar-ids");
    straight.says(&["revision", "--head", "head"], "down = [\"AB\"]");
    straight.refuses(&["revision", "--head", "AB", "--head", "head"], &["AB is named twice"]);
}

#[test]
fn what_is_depended_on_is_named_as_a_target_is() {
    let forked = Pretended::of("forked");
    let on = |on: &'static str| ["revision", "--head", "e2", "--depends-on", on];
    forked.says(&on("similar-ids@a1b2"), "down = [\"e2\"], depends_on = [\"similar-ids@a1b2c3d4e5f6\"]");
    forked.says(&on("similar-ids@head"), "down = [\"e2\"], depends_on = [\"similar-ids@AB\"]");
    forked.refuses(&on("similar-ids@a"), &["revision 'a' is ambiguous", "similar-ids@ab, similar-ids@abc"]);
    forked.refuses(&on("similar-ids@zz"), &["can't locate revision identified by 'zz' in plugin similar-ids"]);
    forked.refuses(&on("shop@a1"), &["cannot be depended on", "does not require shop"]);
    forked.refuses(&on("forked@e1"), &["cannot be depended on", "--head"]);
    forked.refuses(&on("similar-ids@base"), &["names no revision"]);
}

#[test]
fn what_no_build_can_make_right_is_refused_before_one() {
    let forked = Pretended::of("forked");
    for id in ["head", "heads", "base", "a-b"] {
        forked.refuses_at_once(&["revision", "--rev-id", id], &["cannot be the id of a revision"]);
        forked.refuses_at_once(&["merge", "heads", "--rev-id", id], &["cannot be the id of a revision"]);
    }
    for label in ["head", "current", "Side", "a-b"] {
        forked.refuses_at_once(&["revision", "--branch-label", label], &["label"]);
    }
    forked.refuses_at_once(&["revision", "--branch-label", "one", "--branch-label", "one"], &["label one is given twice"]);
    forked.refuses_at_once(&["revision", "--branch-label", "one", "--rev-id", "one"], &["label one is the id"]);
    forked.refuses_at_once(&["revision", "--head", "a b"], &["is no target"]);
    forked.refuses_at_once(&["revision", "--depends-on", "shop"], &["write PLUGIN@REVISION"]);
    forked.refuses(&["revision", "--head", "e2", "--branch-label", "side"], &["label side is revision s1's already"]);
    forked.refuses(&["revision", "--head", "e2", "--branch-label", "s1"], &["label s1 is the id of a revision"]);
    fs::remove_dir_all(forked.host.path("plugins")).unwrap();
    forked.refuses_at_once(&["revision"], &["cannot scan the plugins folder plugins: create it"]);
}
