//! Steps on a live database: what the executor lets a plugin do with the real store below it, and the test guest `meddler` with rows of
//! others to go for.

mod alter;
mod executor;
mod settle;
mod values;

use std::path::{Path, PathBuf};

use super::*;
use crate::migrate::Target;
use crate::migrate::dialect::SQLITE;
use crate::migrate::executor::{Permissions, Prefix};
use crate::runtime::Direction;
use crate::service::backup::Backup;
use crate::service::host::Host;
use crate::service::live::Live;
use crate::service::replay::guest_step;
use crate::service::settings::{Overrides, Settings};
use crate::service::upgrade::Options;
use crate::service::upgrade::{Progress, StepLine, upgrade};
use crate::store::{Database, Mode};

/// A built plugin or test guest.
fn component(name: &str) -> PathBuf {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"), PathBuf::from);
    let folder = target.join("wasm32-unknown-unknown/plugin");
    let file = format!("{name}.wasm");
    let found = [folder.join(&file), folder.join("examples").join(&file)].into_iter().find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{file} is not built; the tests are run by `cargo xtask test`, which builds it"))
}

fn host_with(folder: &Path, plugins: &[&str]) -> Host {
    let there = folder.join("plugins");
    std::fs::create_dir(&there).unwrap();
    plugins.iter().for_each(|plugin| add(folder, plugin));
    let database = format!("sqlite:{}", folder.join("tenon.db").display());
    Host::new(Settings::read(Overrides { database: Some(database), plugins_folder: Some(there), config: None }).unwrap()).unwrap()
}

fn add(folder: &Path, plugin: &str) {
    std::fs::copy(component(plugin), folder.join("plugins").join(format!("{plugin}.wasm"))).unwrap();
}

struct Silent;

impl Progress for Silent {
    fn backed_up(&mut self, _: &Backup) {}

    fn begin(&mut self, _: &StepLine, _: usize, _: usize) {}

    fn done(&mut self) {}
}

fn up(host: &Host, target: &str) {
    let target: Target = target.parse().unwrap();
    assert!(upgrade(host, &target, &Options::default(), &mut Silent).unwrap().is_complete());
}

/// All that is committed, as another process with SQLite's own eyes finds it.
fn committed(folder: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(folder.join("tenon.db")).unwrap();
    let texts = |sql: &str| {
        let mut statement = database.prepare(sql).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row<'_>| Ok(format!("{:?}", (0..columns).map(|i| row.get_ref(i).unwrap()).collect::<Vec<_>>()));
        statement.query_map([], row).unwrap().map(Result::unwrap).collect::<Vec<_>>()
    };
    let mut found = texts("SELECT * FROM sqlite_schema ORDER BY name");
    for table in ["users", "orders", "own", "tenon_ledger", "tenon_objects", "tenon_bookkeeping"] {
        found.extend(texts(&format!("SELECT * FROM {table}")));
    }
    found.extend(texts("SELECT hash FROM tenon_components"));
    found
}

/// Through the binary a trick meets an empty replay first, and is rolled back with its step. Here it meets rows, and the step is
/// *committed*: a refused call must have changed nothing even if the guest went on as if nothing had been.
#[test]
fn a_trick_on_live_rows_changes_nothing_even_if_its_step_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let host = host_with(folder.path(), &["shop"]);
    up(&host, "shop@head");
    add(folder.path(), "meddler");
    let loaded = host.load_unproven().unwrap();
    let plugin = loaded.plugins.values().find(|plugin| plugin.manifest.name.as_str() == "meddler").unwrap();
    let mut live = Live::open(host.settings()).unwrap();
    live.begin().unwrap();
    let start = plugin.manifest.revision(&"start".parse().unwrap()).unwrap();
    let executor = Executor::new(live, Permissions::of(&plugin.manifest), &SQLITE, false);
    let (mut live, result) = run(&plugin.component, guest_step(&plugin.manifest, start, Direction::Upgrade), executor);
    result.unwrap();
    live.commit().unwrap();
    drop(live);
    let mut database = Database::open(&host.settings().database, Mode::ReadWrite, std::time::Duration::ZERO).unwrap();
    let ann = "INSERT INTO users (id, email, name) VALUES ('01J0000000000000000000000A', 'ann@example.org', 'Ann')";
    database.run(ann).unwrap();
    database
        .run("INSERT INTO orders (id, user_id, total_amount) VALUES ('01J0000000000000000000000B', '01J0000000000000000000000A', 1)")
        .unwrap();
    drop(database);
    let before = committed(folder.path());
    let mut codes = std::collections::BTreeMap::<String, Vec<&str>>::new();
    for revision in plugin.manifest.revisions.iter().filter(|revision| revision.id.as_str() != "start") {
        let mut live = Live::open(host.settings()).unwrap();
        live.begin().unwrap();
        let executor = Executor::new(live, Permissions::of(&plugin.manifest), &SQLITE, false);
        let step = guest_step(&plugin.manifest, revision, Direction::Upgrade);
        let (mut live, result) = run(&plugin.component, step, executor);
        let Err(StepError::Call(CallError::Problem(problem))) = result else { panic!("{}: {result:?}", revision.id) };
        assert_ne!(problem.code, "got-through", "{}", revision.id);
        assert!(!problem.detail.contains("ann@"), "{}: {}", revision.id, problem.detail);
        live.commit().unwrap();
        drop(live);
        assert_eq!(committed(folder.path()), before, "{} changed something: {problem}", revision.id);
        codes.entry(problem.code).or_default().push(revision.id.as_str());
    }
    // Each for its own reason: a trick that failed by accident would be found among others here.
    let known = ["exists", "invalid-operation", "not-granted", "not-owner", "refused", "sql"];
    assert!(codes.keys().all(|code| known.contains(&code.as_str())), "{codes:#?}");
}

#[test]
fn a_step_hands_the_database_back_whatever_becomes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = host_with(folder.path(), &["panics_halfway"]);
    let loaded = host.load_unproven().unwrap();
    let plugin = loaded.plugins.values().next().unwrap();
    let mut live = Live::in_memory(host.settings()).unwrap();
    live.begin().unwrap();
    for (revision, ends_well) in plugin.manifest.revisions.iter().zip([true, false]) {
        let executor = Executor::new(live, Permissions::of(&plugin.manifest), &SQLITE, false);
        let (back, result) = run(&plugin.component, guest_step(&plugin.manifest, revision, Direction::Upgrade), executor);
        assert_eq!(result.is_ok(), ends_well, "{result:?}");
        live = back;
    }
    live.end_quietly(());
    assert!(live.objects().unwrap().is_empty(), "and it can be rolled back");
}
