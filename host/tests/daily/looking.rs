//! `current`, `history`, `heads`, `branches`, `graph` and `er` where plugins' files are missing: what is known is shown, what is not is said.

use super::support::{SHOP, TestHost};

const LOOKING: [&str; 6] = ["current", "history", "heads", "branches", "graph", "er"];

#[test]
fn a_folder_that_is_not_there_is_said() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    for command in LOOKING {
        host.run(&format!("{command} --plugins nowhere")).done().err_has(&["warning: ", "plugins folder nowhere", "--plugins"]);
    }
    assert_eq!(host.run("current --plugins nowhere").done().out, format!("{SHOP} (head)\n"), "the ledger is enough");
    host.run("current --check-heads --plugins nowhere").refused().err_has(&["error: ", "heads are not known", "plugins folder nowhere"]);
    std::fs::remove_dir_all(host.path("plugins")).unwrap();
    host.run("history").done().err_has(&["plugins folder plugins: create it, or name another with --plugins"]);
    host.run("current --check-heads").refused();
    // Nothing of this is a reason not to go back.
    assert!(!host.run("downgrade base").done().err.contains("nowhere"));
}

#[test]
fn who_asks_whether_all_is_at_head_is_not_told_so_while_a_file_is_refused() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    host.run("current --check-heads").done();
    host.write("plugins/broken.wasm", "text");
    for command in LOOKING {
        host.run(command).done().err_has(&["warning: broken.wasm was refused: it is a text file"]);
    }
    host.run("current --check-heads").refused().err_has(&["broken.wasm was refused", "heads are not known", "take it out"]);
    host.run("current --check-heads --json").refused();
}

#[test]
fn where_there_is_nothing_that_is_said_and_not_printed() {
    let host = TestHost::new();
    for (command, says) in [
        ("current", "Nothing is applied."),
        ("history", "There are no revisions."),
        ("heads", "There are no revisions."),
        ("branches", "No revision has several after it."),
    ] {
        host.run(command).done().silent().err_has(&[says]);
        assert_eq!(host.run(&format!("{command} --quiet")).done().err, "");
        assert_eq!(host.run(&format!("{command} --json")).done().out, "[]\n");
    }
}

#[test]
fn several_heads_of_a_branch_are_said_to_be_of_the_branch() {
    let host = TestHost::new().plugin("forked").plugin("similar-ids");
    host.run("upgrade trunk@head").refused().err_has(&["the line through trunk has 2 heads: forked@e2, forked@s2"]);
    host.run("upgrade forked@head").refused().err_has(&["plugin forked has 2 heads: forked@e2, forked@s2"]);
}
