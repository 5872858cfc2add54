//! Proofs that are kept: they are read again, made anew when there is the least doubt, and take nothing away of what is asked of a run.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use serde_json::json;

use super::support::steps::written;
use super::support::{SHOP, Said, TestHost};
use super::{both_ways, create, drop};

/// Runs a command with a cache of the test's own.
fn run(host: &TestHost, arguments: &str) -> Said {
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let said = Said::from(host.command(&arguments).env("XDG_CACHE_HOME", host.path("cache")).output().unwrap());
    println!("$ tenon {}\n{}{}", arguments.join(" "), said.out, said.err);
    said
}

/// The files of kept proofs, each with what tells one that was written anew: its number on the disk.
fn proofs(host: &TestHost) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut open = vec![host.path("cache")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "proof") {
                let number = path.metadata().unwrap().ino();
                found.insert(path, number);
            }
        }
    }
    found
}

#[test]
fn a_proof_is_made_once_and_one_that_failed_each_time() {
    let host = TestHost::new().plugin("shop").plugin("irreversible");
    let script = json!({"m1": [create(&["a"])], "m1-down": [drop()]});
    host.write("plugins/it.wasm", written(both_ways(), &script));
    let says = ["it.wasm (plugin scripted-both-ways) was refused: its revisions do not leave what it declares"];
    run(&host, "upgrade head").refused().err_has(&says);
    let made = proofs(&host);
    assert_eq!(made.len(), 2, "those of the two that proved themselves");
    for command in ["upgrade head", "plugins list", "drift"] {
        run(&host, command).refused().err_has(&says);
        assert_eq!(proofs(&host), made, "{command} makes none anew, and keeps none that failed");
    }
    host.write("plugins/it.wasm", written(both_ways(), &json!({})));
    run(&host, "upgrade head").done();
    assert_eq!(proofs(&host).len(), 3);
    run(&host, "downgrade irreversible@base").refused().err_has(&["the old notes are gone"]);
}

#[test]
fn a_proof_goes_with_every_file_that_it_stands_on() {
    let host = TestHost::new().plugin("notes-1").plugin("requires-notes").plugin("shop");
    run(&host, "upgrade head --plan").done();
    let before = proofs(&host);
    assert_eq!(before.len(), 3);
    host.replace("notes-1", "notes-2");
    run(&host, "upgrade head --plan").done();
    let after = proofs(&host);
    assert_eq!(after.len(), 5, "anew are that of notes and that of what requires it, and not the shop's");
    assert!(before.iter().all(|(path, number)| after.get(path) == Some(number)));
    // What was proven with the file of before still is.
    host.replace("notes-2", "notes-1");
    run(&host, "upgrade head").done();
    assert_eq!(proofs(&host), after);
}

#[test]
fn a_proof_that_was_damaged_is_made_anew() {
    let host = TestHost::new().plugin("shop").plugin("notes-1");
    run(&host, "upgrade head --plan").done();
    let whole = proofs(&host);
    let paths: Vec<&PathBuf> = whole.keys().collect();
    let content = std::fs::read(paths[0]).unwrap();
    let flipped = |at: usize| {
        let mut content = content.clone();
        content[at] ^= 0x10;
        content
    };
    let of_other = std::fs::read(paths[1]).unwrap();
    let middle = content.len() / 2;
    for damaged in [flipped(0), flipped(middle), flipped(content.len() - 1), content[..middle].to_vec(), Vec::new(), of_other] {
        let before = proofs(&host);
        std::fs::write(paths[0], &damaged).unwrap();
        let planned = run(&host, "upgrade head --plan").done();
        assert!(planned.out.contains("create table users") && planned.out.contains("create table notes"), "{}", planned.out);
        let after = proofs(&host);
        assert_eq!(after.len(), 2);
        assert_ne!(after[paths[0]], before[paths[0]], "it was written anew");
        assert_eq!(after[paths[1]], before[paths[1]], "the other was read");
        assert_ne!(std::fs::read(paths[0]).unwrap(), damaged);
        run(&host, "upgrade head --plan").done();
        assert_eq!(proofs(&host), after, "and is read again");
    }
    run(&host, "upgrade head").done();
    run(&host, "drift").done();
}

/// A plugin has all that it asks for in its proof, and on the database what it is given: that is tried before anything is done, whether or
/// not the proof was made before.
#[test]
fn what_a_plugin_is_not_given_is_found_before_anything_is_done_also_where_its_proof_was_kept() {
    let host =
        TestHost::new().plugin("shop").plugin("reads-without-grant").configured("[plugins.reads-without-grant]\nreads = [\"users\"]\n");
    run(&host, "upgrade head --plan").done();
    let made = proofs(&host);
    assert_eq!(made.len(), 2);
    host.write("tenon.toml", "");
    let says = ["reads-without-grant@reads", "table users is neither this plugin's own nor granted to it"];
    for command in ["upgrade head --plan", "upgrade head", "upgrade reads-without-grant@head"] {
        run(&host, command).refused().err_has(&says);
        assert_eq!(proofs(&host), made, "{command} proves nothing anew");
    }
    assert_eq!(host.ledger(), [SHOP], "not even `start`, which needs nothing that it is not given");
    host.write("tenon.toml", "[plugins.reads-without-grant]\nreads = [\"users\"]\n");
    run(&host, "upgrade head").done();
    assert_eq!(host.ledger().len(), 4);
    assert_eq!(proofs(&host), made);
}

/// The ledger has what the proof says, whether it was made just now or kept.
#[test]
fn what_is_applied_by_a_kept_proof_is_what_is_applied_by_a_new_one() {
    let ledgers = [true, false].map(|kept| {
        let host = TestHost::new().plugin("data-steps").plugin("changes");
        if kept {
            run(&host, "upgrade head --plan").done();
            assert_eq!(proofs(&host).len(), 2);
        }
        run(&host, "upgrade head --allow-destructive").done();
        run(&host, "drift").done();
        host.column("SELECT plugin, revision, digest, up FROM tenon_ledger ORDER BY seq")
    });
    assert!(ledgers[0].len() > 10);
    assert_eq!(ledgers[0], ledgers[1]);
}
