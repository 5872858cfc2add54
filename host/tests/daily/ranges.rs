//! Ranges: of `--sql`, and of `history`.

use super::support::TestHost;

#[test]
fn ranges_say_what_would_be_run_between_any_two_points_both_ways() {
    let host = TestHost::new().plugin("chain-straight");
    let runs = |command: &str| {
        let out = host.run(command).done().out;
        out.lines().filter_map(|line| line.strip_prefix("-- Running ").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(runs("upgrade base:chain@aa --sql"), ["upgrade  -> chain@aa"]);
    assert_eq!(runs("upgrade chain@aa:chain@head --sql"), ["upgrade chain@aa -> chain@bb"]);
    assert_eq!(runs("downgrade chain@head:chain@aa --sql"), ["downgrade chain@bb -> chain@aa"]);
    assert_eq!(runs("downgrade chain@bb:base --sql").len(), 2);
    host.run("upgrade chain@bb:chain@aa --sql").refused().silent();
    host.run("downgrade chain@aa:chain@bb --sql").refused().silent();
    host.run("upgrade chain@aa:chain@bb").not_done().err_has(&["which only --sql takes"]);
    host.run("upgrade head").done();
    let history = host.run("history -v -i -r chain@bb:").done().out;
    assert!(history.starts_with("Rev: chain@bb (head) (current)\nParent: chain@aa\n"), "{history}");
    assert!(!history.contains("Rev: chain@aa"), "{history}");
}

#[test]
fn a_range_that_runs_the_other_way_says_so() {
    let host = TestHost::new().plugin("chain-straight");
    let backwards = "chain@bb:chain@aa runs backwards; `tenon downgrade chain@bb:chain@aa --sql` writes out the way back";
    host.run("upgrade chain@bb:chain@aa --sql").refused().silent().err_has(&[backwards]);
    host.run("upgrade chain@bb:base --sql").refused().silent().err_has(&["chain@bb:base runs backwards"]);
    let forwards = "chain@aa:chain@bb runs forwards; `tenon upgrade chain@aa:chain@bb --sql` writes out the way up";
    host.run("downgrade chain@aa:chain@bb --sql").refused().silent().err_has(&[forwards]);
    host.run("downgrade chain@aa:head --sql").refused().silent().err_has(&["chain@aa:head runs forwards"]);
}

#[test]
fn a_range_without_a_beginning_begins_where_the_command_does() {
    let host = TestHost::new().plugin("chain-straight");
    assert_eq!(host.run("upgrade :chain@aa --sql").done().out, host.run("upgrade chain@aa --sql").done().out);
    host.run("upgrade head").done();
    assert_eq!(host.run("downgrade :chain@aa --sql").done().out, host.run("downgrade chain@aa --sql").done().out);
    host.run("upgrade chain@aa: --sql").misused().err_has(&["is no range; write FROM:TO"]);
}

#[test]
fn history_counts_from_the_other_end_and_says_when_no_way_leads_there() {
    let host = TestHost::new().plugin("similar-ids").plugin("chain-straight");
    let ids = |range: &str| {
        let out = host.run(&format!("history -r {range} --json")).done().out;
        let entries: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
        entries.iter().map(|entry| entry["revision"].as_str().unwrap().split_once('@').unwrap().1.to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("current:chain@head"), "bb aa", "where nothing is applied, the database stands at base");
    host.run("upgrade similar-ids@abcd").done();
    for (range, expected) in [
        ("-2:current", "abcd abc ab"),
        ("-1:current", "abcd abc"),
        ("-9:current", "abcd abc ab"),
        ("current:+1", "a1b2c3d4e5f6 abcd aa"),
        ("base:+1", "ab aa"),
        ("-1:similar-ids@head", "AB 0"),
        ("-1:", "AB 0 bb aa"),
        ("ab:+2", "abcd abc ab"),
        ("similar-ids@base:similar-ids@+2", "abc ab"),
    ] {
        let (mut told, mut expected): (Vec<_>, Vec<_>) =
            (ids(range).split(' ').map(str::to_owned).collect(), expected.split(' ').collect());
        told.sort();
        expected.sort_unstable();
        assert_eq!(told, expected, "{range}");
    }
    let backwards =
        "no way leads up from similar-ids@abcd to similar-ids@ab; it leads the other way: write similar-ids@ab:similar-ids@abcd";
    host.run("history -r similar-ids@abcd:similar-ids@ab").refused().silent().err_has(&[backwards]);
    host.run("history -r ab:chain@aa").refused().silent().err_has(&["no way leads up from ab to chain@aa"]);
    host.run("history -r ab:base").refused().silent().err_has(&["no way leads up from ab to base"]);
    for no_range in ["ab", "ab:abc:abcd"] {
        host.run(&format!("history -r {no_range}")).misused().err_has(&["is no range; write FROM:TO, FROM: or :TO"]);
    }
    host.run("history -r +1:current").refused().err_has(&["+1"]);
    let help = host.run("history --help").done().out;
    assert!(help.contains("FROM:TO") && !help.contains("START"), "{help}");
}
