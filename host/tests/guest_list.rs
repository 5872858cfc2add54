//! No test guest is without a test that loads it, none without words in `guests/README.md`, and no hostile one without a row in the book
//! that says what stops it.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The functions of `support` that load a plugin whose name they are given.
const LOADERS: [&str; 6] = ["plugin", "add", "add_as", "replace", "component", "serve"];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(tests().join(path.as_ref())).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// The files of a folder in `tests`, by name.
fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(tests().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

fn guests() -> BTreeSet<String> {
    files("guests/examples").iter().map(|file| file.trim_end_matches(".rs").to_owned()).collect()
}

/// A function: its name, and the texts in it, each with the function or macro that it is an argument of.
#[derive(Default)]
struct Function {
    name: String,
    texts: Vec<(String, Option<String>)>,
    /// Functions that it calls with an argument in which there is no text.
    calls: BTreeSet<String>,
}

impl Function {
    fn note(&mut self, tokens: TokenStream, argument_of: Option<&str>) {
        let mut before = None;
        for token in tokens {
            match &token {
                TokenTree::Group(group) => {
                    let called = before.take().filter(|_| group.delimiter() == Delimiter::Parenthesis);
                    self.note(group.stream(), called.as_deref().or(argument_of));
                    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                    let arguments: Vec<TokenTree> = group.stream().into_iter().collect();
                    let has_text = |argument: &[TokenTree]| argument.iter().any(|token| token.to_string().contains('"'));
                    let passes_on = arguments.split(is_comma).any(|argument| !argument.is_empty() && !has_text(argument));
                    self.calls.extend(called.filter(|_| passes_on));
                }
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                    self.texts.extend(text.map(|text| (text.to_owned(), argument_of.map(str::to_owned))));
                }
                // That of a macro stands between its name and its arguments.
                TokenTree::Punct(punct) if punct.as_char() == '!' => {}
                _ => before = None,
            }
            if let TokenTree::Ident(name) = token {
                before = Some(name.to_string());
            }
        }
    }

    /// Whether it loads plugins that are not named where they are loaded.
    fn passes_on(&self, loaders: &BTreeSet<String>) -> bool {
        !self.calls.is_disjoint(loaders)
    }

    /// What it loads by name: arguments of a call that loads, and, if it also loads what it does not name there, what stands in its lists.
    fn loads(&self, loaders: &BTreeSet<String>) -> impl Iterator<Item = &String> {
        let passes_on = self.passes_on(loaders);
        let loads = move |call: &Option<String>| call.as_ref().map_or(passes_on, |call| loaders.contains(call));
        self.texts.iter().filter(move |(_, call)| loads(call)).map(|(text, _)| text)
    }
}

/// The functions of a source.
fn functions(source: &str) -> Vec<Function> {
    let tokens: TokenStream = source.parse().unwrap();
    let (mut functions, mut tokens) = (Vec::new(), tokens.into_iter());
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Ident(word) if word == "fn") {
            let name = tokens.next().unwrap().to_string();
            let body = tokens.find_map(|token| match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
                _ => None,
            });
            let mut function = Function { name, ..Function::default() };
            function.note(body.unwrap(), None);
            functions.push(function);
        }
    }
    functions
}

/// Which plugins a source loads, by the texts that name them.
fn loaded_in(source: &str) -> BTreeSet<String> {
    let functions = functions(source);
    let mut loaders: BTreeSet<String> = LOADERS.map(str::to_owned).into();
    loop {
        // A function that loads what it is told to is one more.
        let more = functions.iter().filter(|function| function.passes_on(&loaders)).map(|function| function.name.clone());
        let more: BTreeSet<String> = more.filter(|name| !loaders.contains(name)).collect();
        if more.is_empty() {
            return functions.iter().flat_map(|function| function.loads(&loaders)).cloned().collect();
        }
        loaders.extend(more);
    }
}

/// The same for each test file; those of a folder are known together, by its name.
fn loaded() -> BTreeMap<String, BTreeSet<String>> {
    let mut loaded: BTreeMap<String, BTreeSet<String>> =
        files("").into_iter().map(|file| (file.clone(), loaded_in(&read(&file)))).collect();
    let entries = std::fs::read_dir(tests()).unwrap().map(|entry| entry.unwrap().path());
    for folder in entries.filter(|path| path.join("main.rs").exists()) {
        let folder = folder.file_name().unwrap().to_str().unwrap();
        let of_folder = files(folder).into_iter().flat_map(|file| loaded_in(&read(Path::new(folder).join(file))));
        loaded.insert(format!("{folder}.rs"), of_folder.collect());
    }
    loaded
}

/// The names in backquotes in the first cell of a row.
fn named(line: &str) -> Vec<&str> {
    let first = line.strip_prefix('|').and_then(|line| line.split('|').next()).unwrap_or_default();
    first.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_guest_is_loaded_by_a_test() {
    let (guests, loaded) = (guests(), loaded());
    assert!(guests.len() > 80);
    for guest in &guests {
        assert!(loaded.values().any(|names| names.contains(guest)), "no test loads the guest {guest}");
    }
}

#[test]
fn a_guest_that_is_only_mentioned_is_not_loaded() {
    let source = r#"
        fn with(guest: &str) -> TestHost { TestHost::new().plugin(guest) }
        fn one() { let host = with("by-a-function"); host.add("by-name"); assert_eq!(host.get("asked for"), "compared", "said"); }
        fn some() { for (guest, why) in [("in-a-list", "why")] { let said = with(guest).run("run"); /* "in a comment" */ } }
        fn none() { for word in ["in another list"] { println!("{word}"); } }
    "#;
    assert_eq!(loaded_in(source).iter().collect::<Vec<_>>(), ["by-a-function", "by-name", "in-a-list", "why"]);
}

#[test]
fn every_guest_is_described() {
    let readme = read("guests/README.md");
    let described: BTreeSet<String> = readme.lines().flat_map(named).map(str::to_owned).collect();
    let missing: Vec<String> = guests().difference(&described).cloned().collect();
    assert!(missing.is_empty(), "guests/README.md has no row for {missing:?}");
    let others: Vec<String> = described.difference(&guests()).cloned().collect();
    assert!(others.is_empty(), "guests/README.md has rows for {others:?}, which are not there");
}

#[test]
fn the_book_says_of_every_hostile_guest_what_stops_it_and_which_test_shows_it() {
    let (readme, book, loaded) = (read("guests/README.md"), read("../../docs/security.md"), loaded());
    let (_, table) = book.split_once("\n## Hostile guests\n").unwrap();
    let table = table.split("\n## ").next().unwrap();
    let mut rows: BTreeSet<&str> = BTreeSet::new();
    let mut last = Vec::new();
    for line in table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| guest")) {
        let names = named(line);
        // Further rows of a guest begin with an empty cell.
        last = if names.is_empty() { last } else { names };
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        assert!(cells.len() == 5 && cells[1..].iter().all(|cell| !cell.trim().is_empty()), "a cell is empty: {line}");
        let tests: Vec<&str> = cells[4].split('`').skip(1).step_by(2).collect();
        for (guest, test) in last.iter().flat_map(|guest| tests.iter().map(move |test| (*guest, *test))) {
            assert!(loaded.get(test).is_some_and(|names| names.contains(guest)), "{test} does not load {guest}, as docs/security.md says");
        }
        rows.extend(&last);
    }
    let hostile =
        readme.split("\n## ").filter(|section| section.starts_with("Hostile")).flat_map(|section| section.lines().flat_map(named));
    let hostile: BTreeSet<&str> = hostile.collect();
    assert!(hostile.len() > 40, "{hostile:?}");
    assert_eq!(rows, hostile, "left are the rows of docs/security.md, right the guests that guests/README.md calls hostile");
}
