//! The book is true and complete: what it shows is run, what the program has is in it, and its links lead somewhere.

mod book;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use book::{fences, files, prose, read, requests, root, section, session};
use support::TestHost;
use support::seed::custom_migrations;

/// What a clone has after `cargo xtask build`: its plugins and its configuration.
fn everything() -> TestHost {
    TestHost::new().plugin("billing").plugin("chapkit").plugin("shop").configured(&read("tenon.toml"))
}

/// All Markdown of the project.
fn pages() -> Vec<String> {
    files("", ".md")
}

/// The pages whose requests are sent, here and in `readme.rs`.
const ANSWERED: [&str; 4] = ["README.md", "docs/getting-started.md", "docs/http.md", "docs/writing-plugins.md"];

#[test]
fn every_block_says_what_it_holds_and_is_held_to_it() {
    for page in pages() {
        let fences = fences(&read(&page));
        for (index, fence) in fences.iter().enumerate() {
            let place = format!("{page}:{}", fence.line);
            let before = index.checked_sub(1).map(|before| &fences[before]);
            let asks = before.is_some_and(|before| before.language == "sh" && before.lines.iter().any(|line| line.starts_with("curl ")));
            let answered = ANSWERED.contains(&page.as_str());
            match fence.language.as_str() {
                "console" | "sh" | "toml" => {}
                "json" => assert!(asks && answered, "{place}: nothing compares this answer"),
                "text" => assert!(!asks, "{place}: an answer is `json`, which is compared"),
                "rust" => assert!(fence.label.is_some(), "{place}: Rust stands below the path of its file, or nothing compiles it"),
                other => panic!("{place}: the test knows no block of {other:?}"),
            }
        }
    }
}

#[test]
fn every_configuration_of_the_pages_is_read() {
    let mut seen = 0;
    for page in pages() {
        for fence in fences(&read(&page)).iter().filter(|fence| fence.language == "toml" && fence.label.is_none()) {
            let host = everything();
            std::fs::create_dir_all(host.path("data/plugins")).expect("a folder can be made");
            host.write("tenon.toml", fence.text());
            let said = host.run("current").done();
            assert!(!said.err.contains("error"), "{page}:{}: {}", fence.line, said.err);
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} are shown");
}

/// The shell lines of a section, without those that serve.
#[cfg(unix)]
fn shell_lines(page: &str, level: &str, heading: &str) -> Vec<String> {
    let section = section(&read(page), level, heading).unwrap_or_else(|| panic!("{page} has no heading {heading}"));
    let fences = fences(&section).into_iter().filter(|fence| fence.language == "sh");
    fences.flat_map(|fence| fence.lines).collect()
}

#[test]
#[cfg(unix)]
fn a_backup_is_made_and_restored_as_the_book_says() {
    let host = everything();
    host.run("upgrade head --quiet").done();
    let (before, ledger) = (host.tables(), host.ledger());
    let run = |line: &str| {
        let (said, code) = session::shell(line, &host);
        assert_eq!(code, 0, "{line}: {said}");
    };
    // Both ways to make one write the same file, and the first wants it not to be there.
    let backups = shell_lines("docs/operating.md", "### ", "Backups");
    assert!(backups.iter().filter(|line| line.contains("backup.db")).count() >= 4, "{backups:?}");
    backups.iter().for_each(|line| run(line));
    host.run("downgrade base --quiet").done();
    shell_lines("docs/operating.md", "### ", "Restoring").iter().for_each(|line| run(line));
    assert_eq!((host.tables(), host.ledger()), (before, ledger));
}

#[test]
#[cfg(unix)]
fn what_the_pages_show_is_what_the_commands_say() {
    let with_sessions = |page: &String| fences(&read(page)).iter().any(|fence| fence.language == "console");
    let pages: Vec<String> = pages().into_iter().filter(with_sessions).collect();
    assert!(pages.contains(&"docs/commands.md".to_owned()));
    for page in pages {
        let host = everything();
        // What `adopt` is shown with.
        custom_migrations(&host.path("custom_migrations.db"));
        session::run(&page, &host);
    }
}

#[test]
fn what_the_pages_show_is_what_the_server_answers() {
    for page in ["docs/getting-started.md", "docs/http.md"] {
        let host = everything();
        host.run("upgrade head --quiet").done();
        // What comes after is about the reader's own plugin: `readme.rs` does it.
        let text = read(page);
        let (text, _) = text.split_once("\n## Your own plugin\n").unwrap_or((&text, ""));
        requests::run_part(page, text, &host.serve());
    }
}

#[test]
fn the_code_of_the_pages_is_that_of_the_files() {
    let mut seen = 0;
    for page in pages().into_iter().filter(|page| page != "README.md") {
        for fence in fences(&read(&page)) {
            // What a reader writes into a plugin of their own is held to the program by `readme.rs`.
            let Some(path) = fence.label.as_ref().filter(|path| !path.starts_with("notes/")) else { continue };
            let file = read(path);
            let mut lines = file.lines();
            for line in fence.lines.iter().filter(|line| line.trim() != "...") {
                assert!(lines.any(|other| other == line), "{page}:{}: {path} does not have, in this order, the line\n{line}", fence.line);
            }
            seen += 1;
        }
    }
    assert!(seen > 3, "only {seen} files are shown");
}

/// What the usage of a command names: commands, options, and the environment's variables.
#[derive(Debug, Default)]
struct Usage {
    commands: Vec<String>,
    options: Vec<String>,
    variables: Vec<String>,
}

fn usage(host: &TestHost, command: &str) -> Usage {
    let help = host.run(format!("{command} --help").trim()).done().out;
    let mut usage = Usage::default();
    let mut section = "";
    for line in help.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            _ if !line.starts_with(' ') => section = line,
            [name, ..] if section == "Commands:" && line.starts_with("  ") && !line.starts_with("   ") => {
                usage.commands.push(name.to_owned())
            }
            [first, ..] if first.starts_with('-') && section.ends_with("ptions:") => {
                let names = words.iter().take_while(|word| word.starts_with('-'));
                usage.options.extend(names.map(|name| name.trim_end_matches([',', '.']).to_owned()));
            }
            _ => {}
        }
    }
    // A variable may stand on the next line.
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    usage.variables = help.split("[env: ").skip(1).filter_map(|rest| rest.split_once('=')).map(|(name, _)| name.to_owned()).collect();
    usage
}

/// Whether a table has a row whose first cell has the text in backquotes, alone or with an argument.
fn has_row(text: &str, wanted: &str) -> bool {
    let first_cells = text.lines().filter_map(|line| line.strip_prefix('|')?.split('|').next());
    first_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).any(|word| word.split(' ').next() == Some(wanted))
}

/// Whether a heading or the row of a table in the book has the text in backquotes, alone or with an argument; a heading also without.
fn is_described(text: &str) -> bool {
    let quoted = [format!("`{text}`"), format!("`{text} ")];
    files("docs", ".md").iter().any(|page| {
        prose(&read(page)).lines().any(|line| match line.strip_prefix('#') {
            Some(heading) => heading.trim_start_matches('#').trim() == text || quoted.iter().any(|quoted| heading.contains(quoted)),
            None => line.starts_with('|') && quoted.iter().any(|quoted| line.contains(quoted)),
        })
    })
}

#[test]
fn every_command_option_and_variable_is_in_the_book() {
    let host = TestHost::new();
    let global = usage(&host, "").options;
    let (mut open, mut commands, mut words) = (vec![String::new()], 0, BTreeSet::new());
    while let Some(command) = open.pop() {
        // `help` has no help of its own.
        let usage = if command == "help" { Usage::default() } else { usage(&host, &command) };
        if usage.commands.is_empty() {
            commands += 1;
            let page = read("docs/commands.md");
            let section = section(&page, "## ", &command).unwrap_or_else(|| panic!("docs/commands.md has no heading `## {command}`"));
            let is_shown =
                fences(&section).iter().flat_map(|fence| &fence.lines).any(|line| line.starts_with(&format!("$ tenon {command}")));
            assert!(is_shown, "docs/commands.md has no example of {command} below its heading");
            for option in usage.options.iter().filter(|option| !global.contains(option)) {
                assert!(has_row(&section, option), "docs/commands.md has no row for {option} below the heading {command}");
            }
        }
        open.extend(usage.commands.iter().map(|name| format!("{command} {name}").trim().to_owned()));
        words.extend(usage.options.into_iter().chain(usage.variables));
    }
    assert!(commands >= 10, "only {commands} commands were found");
    assert!(words.contains("--database") && words.contains("-v") && words.contains("TENON_DATABASE"), "{words:?}");
    for word in words {
        assert!(is_described(&word), "{word} has neither a heading nor a row of a table in docs/");
    }
}

/// Variables that the sources ask for by name.
#[test]
fn every_variable_that_the_program_reads_is_in_the_book() {
    for file in files("host/src", ".rs").into_iter().filter(|file| !file.contains("/tests/")) {
        let text = read(&file);
        for asking in ["env::var(\"", "env::var_os(\"", "env = \""] {
            for (name, _) in text.split(asking).skip(1).filter_map(|rest| rest.split_once('"')) {
                assert!(is_described(name), "{file} reads {name}, which is not in docs/");
            }
        }
    }
    assert!(is_described("RUST_LOG") && is_described("XDG_CACHE_HOME"), "these are read by libraries");
}

#[test]
fn every_key_of_the_configuration_is_in_the_book() {
    let host = TestHost::new();
    let mut keys = Vec::new();
    // Whoever writes an unknown key is told the known ones.
    for text in ["zzz = 1", "[limits]\nzzz = 1", "[http]\nzzz = 1", "[plugins.shop]\nzzz = 1", "[plugins.shop.limits]\nzzz = 1"] {
        host.write("tenon.toml", text);
        let said = host.run("current").refused().err;
        let (_, expected) = said.split_once("expected ").unwrap_or_else(|| panic!("the known keys are not named: {said}"));
        keys.extend(expected.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    for known in ["database", "memory-mib", "reads"] {
        assert!(keys.iter().any(|key| key == known), "{keys:?}");
    }
    let page = read("docs/operating.md");
    let missing: BTreeSet<String> = keys.into_iter().filter(|key| !has_row(&page, key)).collect();
    assert!(missing.is_empty(), "docs/operating.md has no row for {missing:?}");
}

/// The items of the contract, by interface: functions as `name`, what a resource has as `resource.name`, and types.
fn contract() -> BTreeMap<String, BTreeSet<String>> {
    let mut items: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files("wit/v0.1", ".wit") {
        let text = read(&file);
        let (mut interface, mut resource) = (None, None);
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let indent = line.len() - line.trim_start().len();
            let words: Vec<&str> = line.trim().split([' ', ':', '(', ';']).filter(|word| !word.is_empty()).collect();
            let is_function = line.contains(": func(") || line.trim().starts_with("constructor(");
            let item = match words[..] {
                ["interface", name, ..] => {
                    (interface, resource) = (Some(name.to_owned()), None);
                    continue;
                }
                ["resource", name, ..] => {
                    resource = Some(name.to_owned());
                    name.to_owned()
                }
                ["record" | "variant" | "enum" | "flags", name, ..] => name.to_owned(),
                [name, ..] if is_function => match &resource {
                    Some(resource) if indent > 4 => format!("{resource}.{}", name.trim_start_matches('%')),
                    _ => name.trim_start_matches('%').to_owned(),
                },
                _ => continue,
            };
            items.entry(interface.clone().expect("it stands in an interface")).or_default().insert(item);
        }
    }
    items
}

#[test]
fn every_item_of_the_contract_is_in_the_book_and_no_other() {
    let (page, contract) = (read("docs/contract.md"), contract());
    let names: Vec<&str> = contract.keys().map(String::as_str).collect();
    assert_eq!(names, ["database", "declare", "handlers", "host", "migrations", "operations", "plugin", "records", "schema", "types"]);
    assert!(contract["types"].contains("document.slice") && contract["records"].contains("list"), "{contract:?}");
    for (interface, items) in contract {
        let section = section(&page, "## ", &interface).unwrap_or_else(|| panic!("docs/contract.md has no heading `## {interface}`"));
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        let described: BTreeSet<String> = rows.map(str::to_owned).collect();
        assert_eq!(described, items, "left are the rows of docs/contract.md below {interface}, right is what wit/v0.1 has");
    }
}

/// The links of a page, without those that leave the repository.
fn links(page: &str) -> Vec<String> {
    let text = prose(&read(page));
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// What a heading is called in a link.
fn anchor(heading: &str) -> String {
    let kept = |c: char| match c {
        ' ' => Some('-'),
        _ if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
        _ => None,
    };
    heading.trim_start_matches('#').trim().chars().filter_map(kept).collect()
}

#[test]
fn every_link_leads_somewhere() {
    for page in pages() {
        let folder = Path::new(&page).parent().expect("a page is a file");
        for link in links(&page) {
            let (path, wanted) = link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { root().join(&page) } else { root().join(folder).join(path) };
            assert!(target.exists(), "{page} links to {link}, which is not there");
            if let Some(wanted) = wanted {
                let text = std::fs::read_to_string(&target).expect("what has anchors is text");
                let found = prose(&text).lines().any(|line| line.starts_with('#') && anchor(line) == wanted);
                assert!(found, "{page} links to {link}, and there is no such heading");
            }
        }
    }
}

#[test]
fn every_file_that_the_book_names_is_there() {
    let all = files("", "");
    for page in files("docs", ".md").into_iter().chain(["README.md", "host/README.md", "examples/README.md"].map(str::to_owned)) {
        for word in prose(&read(&page)).split('`').skip(1).step_by(2) {
            let is_file = [".rs", ".sql", ".wit", ".toml"].iter().any(|ending| word.ends_with(ending))
                && !word.contains([' ', '<', '…', '_'])
                && word.len() > 4;
            let config = ["tenon.toml", "Cargo.toml", ".cargo/config.toml"].contains(&word);
            let there = || all.iter().any(|file| file == word || file.ends_with(&format!("/{word}")));
            assert!(!is_file || config || there(), "{page} names {word}, which is not in the repository");
        }
    }
}

/// Pages that comments and messages of the sources point to.
#[test]
fn every_page_that_the_sources_name_is_there() {
    let all: BTreeSet<String> = pages().into_iter().collect();
    let mut seen = 0;
    for file in files("", "").into_iter().filter(|file| [".rs", ".wit", ".sql", ".toml"].iter().any(|ending| file.ends_with(ending))) {
        let text = read(&file);
        for (at, _) in text.match_indices("docs/") {
            let path: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || "/-_.".contains(*c)).collect();
            let Some(end) = path.find(".md") else { continue };
            let page = &path[..end + 3];
            assert!(all.contains(page), "{file} names {page}, which is not there");
            seen += 1;
        }
    }
    assert!(seen > 5, "only {seen} were found");
}

#[test]
fn every_decision_has_its_number_and_is_in_the_index() {
    let index = links("docs/decisions/README.md");
    let decisions: Vec<String> = files("docs/decisions", ".md")
        .iter()
        .filter_map(|path| path.strip_prefix("docs/decisions/"))
        .filter(|name| *name != "README.md")
        .map(str::to_owned)
        .collect();
    for (position, name) in decisions.iter().enumerate() {
        let number = format!("{:04}", position + 1);
        assert!(name.starts_with(&format!("{number}-")), "{name} is not number {number}");
        assert!(read(format!("docs/decisions/{name}")).starts_with(&format!("# {number}: ")), "{name} does not begin with its number");
        assert!(index.contains(name), "docs/decisions/README.md does not list {name}");
    }
}

#[test]
fn the_summary_lists_every_page() {
    let listed = links("docs/SUMMARY.md");
    for page in files("docs", ".md") {
        let page = page.strip_prefix("docs/").expect("it is below docs");
        assert!(
            ["SUMMARY.md", "README.md"].contains(&page) || listed.iter().any(|link| link == page),
            "docs/SUMMARY.md does not list {page}"
        );
    }
}
