//! The compile cache, as the program uses it: what is doubtful is compiled anew and never loaded, and two processes do not disturb each other.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use support::{Said, TestHost};

/// What the log says of an entry that is not used.
const NOT_USED: &str = "is not used";
const OF_ANOTHER: &str = "it is not of this component and engine";
const SEAL: &str = "its seal is broken";
const NOT_PRIVATE: &str = "it is no private file of this user";

/// With a cache of its own.
fn host() -> TestHost {
    TestHost::new().plugin("chapkit").plugin("shop").configured("cache-folder = \"cache\"\n")
}

fn list(host: &TestHost) -> Said {
    host.run("plugins list -v").done()
}

/// The files of machine code, each with what tells one that was written anew: its number on the disk.
fn entries(host: &TestHost) -> BTreeMap<PathBuf, u64> {
    let paths = fs::read_dir(host.path("cache")).unwrap().map(|entry| entry.unwrap().path());
    let code = paths.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
    code.map(|path| (path.clone(), fs::symlink_metadata(path).unwrap().ino())).collect()
}

/// That of a plugin, by the hash of its file.
fn entry(host: &TestHost, plugin: &str) -> PathBuf {
    let listed: serde_json::Value = serde_json::from_str(&host.run("plugins list --json").done().out).unwrap();
    let is_it = |line: &&serde_json::Value| line["name"] == plugin;
    let hash = listed["plugins"].as_array().unwrap().iter().find(is_it).unwrap()["hash"].as_str().unwrap().to_owned();
    let is_its = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(&hash);
    entries(host).into_keys().find(is_its).unwrap()
}

/// Asserts that all entries are used as they are.
#[track_caller]
fn assert_whole(host: &TestHost) {
    let before = entries(host);
    let said = list(host);
    assert!(!said.err.contains(NOT_USED) && !said.err.contains("makes a new key"), "{}", said.err);
    assert_eq!(entries(host), before, "nothing is compiled anew");
}

#[test]
fn two_servers_that_start_at_once_on_an_empty_cache_both_serve_and_leave_it_whole() {
    let host = host();
    let databases = ["sqlite:one.db", "sqlite:other.db"];
    for database in databases {
        host.run(&format!("upgrade head --config /dev/null --database {database}")).done();
    }
    assert!(!host.path("cache").exists(), "nobody has compiled into it");
    thread::scope(|scope| {
        for database in databases {
            let host = &host;
            scope.spawn(move || {
                let server = host.serve_with(&["--database", database]).unwrap();
                server.get("users").is(200);
                server.get("tasks").is(200);
                assert_eq!(server.stop().code, Some(0));
            });
        }
    });
    assert_eq!(entries(&host).len(), 2);
    let left = fs::read_dir(host.path("cache")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let odd: Vec<String> = left.filter(|name| name != "key" && !name.ends_with(".cwasm") && !name.ends_with(".proof")).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert_whole(&host);
}

/// A way to damage an entry: what it is, why the entry is not used then, and how it is done.
type Way<'a> = (&'static str, &'static str, &'a dyn Fn(&Path));

/// Damages the shop's entry in one way after another; each time it is compiled anew, and then used again.
#[test]
fn an_entry_in_doubt_is_compiled_anew_and_never_loaded() {
    let host = host();
    let listed = list(&host).out;
    let (shop, chapkit) = (entry(&host, "shop"), entry(&host, "chapkit"));
    let whole = fs::read(&shop).unwrap();
    let elsewhere = host.path("elsewhere.cwasm");
    fs::write(&elsewhere, &whole).unwrap();
    let machine_code = wasmtime::Engine::default().precompile_component(&fs::read(host.path("plugins/shop.wasm")).unwrap()).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    let ways: [Way<'_>; 10] = [
        ("a flipped bit", SEAL, &|entry| fs::write(entry, &flipped).unwrap()),
        ("cut in half", SEAL, &|entry| fs::write(entry, &whole[..whole.len() / 2]).unwrap()),
        ("nothing left", OF_ANOTHER, &|entry| fs::write(entry, "").unwrap()),
        ("another's entry", OF_ANOTHER, &|entry| _ = fs::copy(&chapkit, entry).unwrap()),
        ("a text", OF_ANOTHER, &|entry| fs::write(entry, "hello").unwrap()),
        ("machine code without a seal", OF_ANOTHER, &|entry| fs::write(entry, &machine_code).unwrap()),
        ("others may write it", NOT_PRIVATE, &|entry| fs::set_permissions(entry, fs::Permissions::from_mode(0o666)).unwrap()),
        ("a link to a good one", NOT_PRIVATE, &|entry| replace(entry, |entry| symlink(&elsewhere, entry).unwrap())),
        ("a link to nowhere", NOT_PRIVATE, &|entry| replace(entry, |entry| symlink("nowhere", entry).unwrap())),
        ("a pipe", NOT_PRIVATE, &|entry| replace(entry, |entry| assert!(Command::new("mkfifo").arg(entry).status().unwrap().success()))),
    ];
    for (what, reason, damage) in ways {
        damage(&shop);
        let said = list(&host);
        assert_eq!(said.out, listed, "{what}");
        let told: Vec<&str> = said.err.lines().filter(|line| line.contains(NOT_USED)).collect();
        assert!(matches!(told[..], [line] if line.contains(reason)), "{what}: {told:?}");
        let metadata = fs::symlink_metadata(&shop).unwrap();
        assert!(metadata.is_file() && metadata.mode() & 0o777 == 0o600, "{what}: {metadata:?}");
        assert_whole(&host);
    }
    assert_eq!(fs::read(&elsewhere).unwrap(), whole, "what a link leads to is not written to");
}

fn replace(entry: &Path, by: impl Fn(&Path)) {
    fs::remove_file(entry).unwrap();
    by(entry);
}

#[test]
fn a_directory_that_others_may_write_to_is_neither_read_nor_written() {
    let host = host();
    host.run("upgrade head").done();
    let listed = list(&host).out;
    let (before, shop) = (entries(&host), entry(&host, "shop"));
    fs::remove_file(shop).unwrap();
    fs::set_permissions(host.path("cache"), fs::Permissions::from_mode(0o770)).unwrap();
    let says = ["plugins are compiled at every start", "cache cannot be used: the directory can be read or written by others"];
    let said = list(&host).err_has(&says);
    assert_eq!((said.out, entries(&host).len()), (listed, before.len() - 1));
    let server = host.serve();
    server.get("users").is(200);
    server.stop().err_has(&says);
    assert_eq!(entries(&host).len(), before.len() - 1);
}
