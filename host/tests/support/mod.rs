//! The only setup code of the tests: a folder of its own, chosen plugins, a database, and the real binary.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part of this")]

pub mod crates;
pub mod logged;
pub mod seed;
pub mod server;
pub mod shell;
pub mod steps;
pub mod stopped;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// The shop's one revision.
pub const SHOP: &str = "shop@a1b2c3d4e5f6";

/// Where `cargo xtask build-plugins` and `build-guests` leave the components.
fn built_folder() -> PathBuf {
    // Wherever cargo's target folder is, the program is two levels below it.
    let target = Path::new(env!("CARGO_BIN_EXE_tenon")).ancestors().nth(2).expect("cargo names a whole path");
    target.join("wasm32-unknown-unknown/plugin")
}

/// The component of a plugin or test guest, by its name with hyphens.
pub fn component(name: &str) -> PathBuf {
    let file = format!("{}.wasm", name.replace('-', "_"));
    let folder = built_folder();
    let candidates = [folder.join(&file), folder.join("examples").join(&file)];
    let found = candidates.iter().find(|path| path.exists());
    found.cloned().unwrap_or_else(|| panic!("{file} is not built; the tests are run by `cargo xtask test`, which builds it"))
}

/// A component that takes the compiler minutes: nested loops cost it the square of their number.
pub fn slow_to_compile() -> Vec<u8> {
    let loops = 30_000;
    let text = format!("(component (core module (func {} {})))", "loop ".repeat(loops), "end ".repeat(loops));
    wat::parse_str(text).expect("it is a component")
}

/// A folder with plugins and a database, and the binary run in it.
#[derive(Debug)]
pub struct TestHost {
    folder: tempfile::TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Asserts that it was done: exit 0.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that it was refused or failed: exit 1.
    #[track_caller]
    pub fn refused(self) -> Self {
        assert_eq!(self.code, Some(1), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that standard output is empty.
    #[track_caller]
    pub fn silent(self) -> Self {
        assert_eq!(self.out, "", "nothing belongs on stdout");
        self
    }

    /// Asserts that it was not done: exit 1 or, where the words themselves were wrong, 2.
    #[track_caller]
    pub fn not_done(self) -> Self {
        assert!(matches!(self.code, Some(1 | 2)), "{:?}: stdout:\n{}\nstderr:\n{}", self.code, self.out, self.err);
        self
    }

    /// Asserts that it was wrong usage: exit 2.
    #[track_caller]
    pub fn misused(self) -> Self {
        assert_eq!(self.code, Some(2), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Asserts that standard error has all of these.
    #[track_caller]
    pub fn err_has(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "{part:?} is not in stderr:\n{}", self.err);
        }
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the binary writes UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl TestHost {
    /// An empty plugins folder, no database.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        std::fs::create_dir(folder.path().join("plugins")).expect("the plugins folder can be made");
        Self { folder }
    }

    /// Drops a built plugin or guest into the plugins folder.
    #[must_use]
    pub fn plugin(self, name: &str) -> Self {
        self.add(name);
        self
    }

    /// Drops a built plugin or guest into the plugins folder.
    pub fn add(&self, name: &str) {
        self.add_as(name, &format!("{name}.wasm"));
    }

    /// Drops a built plugin or guest into the plugins folder under another file name.
    pub fn add_as(&self, name: &str, file: &str) {
        std::fs::copy(component(name), self.path("plugins").join(file)).expect("the component can be copied");
    }

    /// Puts a built guest in the place of a file in the plugins folder.
    pub fn replace(&self, name: &str, by: &str) {
        self.remove(name);
        self.add(by);
    }

    /// Takes a file out of the plugins folder.
    pub fn remove(&self, name: &str) {
        std::fs::remove_file(self.path("plugins").join(format!("{name}.wasm"))).expect("the plugin is there");
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("a file can be written");
    }

    /// Writes `tenon.toml`.
    #[must_use]
    pub fn configured(self, toml: &str) -> Self {
        self.write("tenon.toml", toml);
        self
    }

    /// The binary, to be run in the folder, with nothing of the environment but a compile cache shared by the tests.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_tenon").as_ref(), arguments)
    }

    /// The same with a binary that lies elsewhere.
    pub fn command_of(&self, binary: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TENON_")) {
            command.env_remove(name);
        }
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        command.env_remove("RUST_LOG");
        command.current_dir(self.folder.path()).env("XDG_CACHE_HOME", cache).args(arguments).stdin(Stdio::null());
        command
    }

    /// Runs the binary to its end. Arguments are split at spaces.
    pub fn run(&self, arguments: &str) -> Said {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        self.run_with(&arguments)
    }

    /// Runs the binary to its end.
    pub fn run_with(&self, arguments: &[&str]) -> Said {
        let said = Said::from(self.command(arguments).output().expect("the binary can be started"));
        println!("$ tenon {}\n{}{}", arguments.join(" "), said.out, said.err);
        said
    }

    /// The ids of a plugin's revisions, as it declares them.
    pub fn revisions(&self, plugin: &str) -> Vec<String> {
        let said = self.run(&format!("plugins inspect plugins/{plugin}.wasm --json")).done();
        let inspected: Value = serde_json::from_str(&said.out).expect("it says JSON");
        let revisions = inspected["revisions"].as_array().expect("they are listed").iter();
        revisions.map(|revision| revision["id"].as_str().expect("an id is text").to_owned()).collect()
    }

    /// The database, opened with SQLite's own eyes.
    pub fn database(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(self.path("tenon.db"), flags).expect("the database can be opened")
    }

    /// All tables that are neither SQLite's nor the host's.
    pub fn tables(&self) -> Vec<String> {
        let sql =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'tenon%' ORDER BY name";
        self.column(sql)
    }

    /// The ledger as `plugin@revision`, in order of application.
    pub fn ledger(&self) -> Vec<String> {
        self.column("SELECT plugin || '@' || revision FROM tenon_ledger ORDER BY seq")
    }

    /// The rows of a query, each as its cells joined by bars.
    #[track_caller]
    pub fn column(&self, sql: &str) -> Vec<String> {
        rows(&self.database(), sql)
    }

    /// All that the database holds: its schema and every row of every table.
    pub fn everything(&self) -> Vec<String> {
        everything(&self.database())
    }
}

/// The rows of a query, each as its cells joined by bars.
#[track_caller]
pub fn rows(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|i| Ok(cell(row.get_ref(i)?))).collect::<rusqlite::Result<Vec<_>>>();
    let rows = statement.query_map([], read).unwrap_or_else(|error| panic!("{sql}: {error}"));
    rows.map(|row| row.expect("a row can be read").join("|")).collect()
}

fn cell(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    }
}

/// All that a database holds: its schema and every row of every table.
pub fn everything(database: &Connection) -> Vec<String> {
    let mut found = rows(database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name");
    for table in rows(database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
        let quoted = format!("\"{}\"", table.replace('"', "\"\""));
        let mut of_table = rows(database, &format!("SELECT * FROM {quoted}"));
        of_table.sort();
        found.extend(of_table.into_iter().map(|row| format!("{table}: {row}")));
    }
    found
}
