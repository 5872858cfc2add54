//! From one model that nobody thought of to another, with real builds: what was edited is upgraded to what a fresh plugin makes, undone to
//! what was there, and rows live through it.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rusqlite::Connection;

use crate::author::Author;
use crate::support::{TestHost, rows};

const ROWS: u8 = 3;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Integer,
    Real,
    Flag,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    None,
    Index,
    Unique,
}

#[derive(Debug, Clone)]
struct Field {
    name: String,
    renamed_from: Option<String>,
    kind: Kind,
    optional: bool,
    default: bool,
    mark: Mark,
}

impl Field {
    /// As a model's author writes it. `fresh` leaves out what it was called.
    fn source(&self, fresh: bool) -> String {
        let mut said: Vec<String> = self.renamed_from.iter().filter(|_| !fresh).map(|old| format!("renamed_from = {old:?}")).collect();
        let (data_type, default) = match self.kind {
            Kind::Text => ("String", "\"it's\""),
            Kind::Integer => ("i32", "-7"),
            Kind::Real => ("f64", "0.5"),
            Kind::Flag => ("bool", "true"),
        };
        said.extend(self.default.then(|| format!("default = {default}")));
        said.extend(match self.mark {
            Mark::None => None,
            Mark::Index => Some("index".to_owned()),
            Mark::Unique => Some("unique".to_owned()),
        });
        let attribute = if said.is_empty() { String::new() } else { format!("    #[entity({})]\n", said.join(", ")) };
        let data_type = if self.optional { format!("Option<{data_type}>") } else { data_type.to_owned() };
        format!("{attribute}    pub {}: {data_type},\n", self.name)
    }

    /// What a row has in it, as SQL; one of the rows has nothing where that may be.
    fn value(&self, row: u8) -> String {
        match self.kind {
            _ if self.optional && row == 1 => "NULL".to_owned(),
            Kind::Text => format!("'{} {row}'", self.name),
            Kind::Integer => format!("{}", 7 * i64::from(row)),
            Kind::Real => format!("{row}.25"),
            Kind::Flag => format!("{}", row % 2),
        }
    }
}

prop_compose! {
    /// A field of a name; no two rows have the same flag only by chance, so that none is unique.
    fn field(name: &'static str)(
        kind in select(vec![Kind::Text, Kind::Integer, Kind::Real, Kind::Flag]),
        optional in any::<bool>(),
        default in any::<bool>(),
        mark in select(vec![Mark::None, Mark::Index, Mark::Unique]),
    ) -> Field {
        let mark = if kind == Kind::Flag && mark == Mark::Unique { Mark::None } else { mark };
        Field { name: name.to_owned(), renamed_from: None, kind, optional, default, mark }
    }
}

prop_compose! {
    fn model()(names in subsequence(vec!["a", "b", "c", "d", "e", "f"], 4..=6))(fields in names.into_iter().map(field).collect::<Vec<_>>()) -> Vec<Field> {
        fields
    }
}

/// What becomes of a field. What had values may lose its rule against NULL, and get none: that is for `op.alter`'s author to fill.
fn edited(mut field: Field, edit: &Index, mark: Mark) -> Option<Field> {
    match edit.index(6) {
        0 if field.mark != Mark::Unique => return None,
        1 => {
            field.renamed_from = Some(field.name.clone());
            field.name = format!("new_{}", field.name);
        }
        2 => field.optional = true,
        3 => field.default = !field.default,
        4 if field.kind != Kind::Flag => field.mark = mark,
        _ => {}
    }
    Some(field)
}

prop_compose! {
    /// A model, and what it becomes.
    fn pair()(before in model())(
        edits in prop::collection::vec((any::<Index>(), select(vec![Mark::None, Mark::Index, Mark::Unique])), before.len()),
        new in prop::collection::vec(field("x"), 0..=1),
        before in Just(before),
    ) -> (Vec<Field>, Vec<Field>) {
        let mut after: Vec<Field> = before.iter().cloned().zip(&edits).filter_map(|(field, (edit, mark))| edited(field, edit, *mark)).collect();
        // Rows that are there get something, and all the same.
        after.extend(new.into_iter().map(|field| Field { optional: field.optional || !field.default, mark: Mark::None, ..field }));
        (before, after)
    }
}

fn source(fields: &[Field], fresh: bool) -> String {
    let fields: String = fields.iter().map(|field| field.source(fresh)).collect();
    format!(
        "use tenon_sdk::{{Entity, Manifest, Migrations, Plugin}};\n\n#[derive(Debug, Entity)]\n#[entity(table = \"things\")]\npub struct Thing {{\n{fields}}}\n\n\
         struct Notes;\n\nimpl Plugin for Notes {{\n    const MIGRATIONS: Migrations = tenon_sdk::migrations!();\n\n    \
         fn describe(manifest: &Manifest) {{\n        manifest.entity::<Thing>();\n    }}\n}}\n\ntenon_sdk::plugin!(Notes);\n"
    )
}

/// Everything that SQLite knows of the table but for the order of its columns.
fn shape(database: &Connection) -> Vec<String> {
    let mut all = rows(database, "SELECT 'column', name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('things') ORDER BY name");
    all.extend(rows(
        database,
        "SELECT 'index', list.\"unique\", origin, partial, iif(origin = 'c', list.name, ''), group_concat(info.name) \
         FROM pragma_index_list('things') AS list, pragma_index_info(list.name) AS info GROUP BY list.name ORDER BY 2, 3, 4, 5, 6",
    ));
    all
}

/// A crate with this model and no revision yet.
fn author(fields: &[Field]) -> Author {
    let author = Author::beside(TestHost::new(), "notes");
    std::fs::remove_file(&author.files()[0]).unwrap();
    std::fs::write(author.host.path("notes/src/lib.rs"), source(fields, true)).unwrap();
    author.autogenerate("begin").done();
    author.host.run("upgrade head").done();
    author
}

fn values(database: &Connection, field: &str) -> Vec<String> {
    rows(database, &format!("SELECT id, \"{field}\" FROM things ORDER BY id"))
}

#[test]
fn models_that_nobody_thought_of_are_upgraded_and_undone_with_their_rows() {
    for seed in 1..=2_u8 {
        let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
        let (before, after) = pair().new_tree(&mut runner).unwrap().current();
        println!("seed {seed}: {before:#?}\nbecomes {after:#?}");
        let author = author(&before);
        for row in 0..ROWS {
            let (names, given): (Vec<_>, Vec<_>) = before.iter().map(|field| (format!("\"{}\"", field.name), field.value(row))).unzip();
            let insert =
                format!("INSERT INTO things (id, {}) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FA{row}', {})", names.join(", "), given.join(", "));
            author.host.database().execute_batch(&insert).unwrap();
        }
        let was = shape(&author.host.database());
        let kept: Vec<(String, String)> = after
            .iter()
            .filter(|field| field.name != "x")
            .map(|field| (field.renamed_from.clone().unwrap_or(field.name.clone()), field.name.clone()))
            .collect();
        let held: Vec<Vec<String>> = kept.iter().map(|(old, _)| values(&author.host.database(), old)).collect();

        std::fs::write(author.host.path("notes/src/lib.rs"), source(&after, false)).unwrap();
        let said = author.revision(&["--autogenerate", "--accept-drop-add", "-m", "edit"]).done();
        println!("{}", said.out);
        author.host.run("upgrade head --allow-destructive").done();
        assert_eq!(shape(&author.host.database()), shape(&self::author(&after).host.database()), "seed {seed}");
        for ((_, new), held) in kept.iter().zip(&held) {
            assert_eq!(values(&author.host.database(), new), *held, "seed {seed}: {new}");
        }
        if !said.err.contains("Nothing to write") {
            author.host.run("downgrade -1").done();
        }
        assert_eq!(shape(&author.host.database()), was, "seed {seed}");
        for ((old, _), held) in kept.iter().zip(&held) {
            assert_eq!(values(&author.host.database(), old), *held, "seed {seed}: {old}, undone");
        }
    }
}
