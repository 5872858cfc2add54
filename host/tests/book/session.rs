//! Sessions at a terminal: runs what stands after `$ ` and compares what is said.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::book::{fences, read};
use crate::support::TestHost;

/// Runs the sessions of a page, one after the other in one folder. A line `...` stands for any number of lines.
pub fn run(page: &str, host: &TestHost) {
    let mut status = 0;
    for fence in fences(&read(page)).iter().filter(|fence| fence.language == "console") {
        let mut lines = fence.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("{page}:{}: a session begins with `$ `", fence.line));
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                expected.push(same_everywhere(line));
            }
            let said = match command {
                "echo $?" => status.to_string(),
                _ => {
                    let (said, code) = shell(command, host);
                    status = code;
                    said
                }
            };
            let said: Vec<String> = said.trim_end().lines().map(same_everywhere).collect();
            assert!(
                fits(&expected, &said),
                "{page}: after `{command}` the page has\n{}\n\nand this was said:\n{}",
                expected.join("\n"),
                said.join("\n")
            );
        }
    }
}

/// Runs a command as a person would, with both streams on one terminal.
pub fn shell(command: &str, host: &TestHost) -> (String, i32) {
    shell_with(Command::new("sh"), command, host)
}

/// The same, in a shell with an environment of its own.
pub fn shell_with(mut shell: Command, command: &str, host: &TestHost) -> (String, i32) {
    let path = host.path("said");
    let mut said = File::create(&path).expect("a file can be made");
    said.flush().expect("nothing is waiting");
    let program = host.command(&[]).get_program().to_owned();
    let folder = std::path::Path::new(&program).parent().expect("the program lies in a folder").to_owned();
    let before = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths(std::iter::once(folder).chain(std::env::split_paths(&before))).expect("no path has a colon");
    shell.args(["-c", command]).current_dir(host.path("")).env("PATH", paths).stdin(Stdio::null());
    for (name, value) in host.command(&[]).get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    // One open file for both, so that the lines come in the order in which they were said.
    let other = said.try_clone().expect("a handle can be cloned");
    let status = shell.stdout(said).stderr(other).status().expect("a shell can be started");
    (std::fs::read_to_string(path).expect("what was said is UTF-8"), status.code().unwrap_or(-1))
}

/// Hides what differs from run to run: hashes, durations, the names of new revision files.
fn same_everywhere(line: impl AsRef<str>) -> String {
    let line = line.as_ref().trim_end();
    if let Some((before, _)) = line.split_once("\"duration_us\": ") {
        return format!("{before}\"duration_us\": 0");
    }
    let mut words = Vec::new();
    for word in line.split(' ') {
        let is_hash = word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let new_file = word.split_once("/migrations/").filter(|_| word.ends_with(".rs"));
        words.push(match new_file {
            _ if is_hash => "HASH".to_owned(),
            Some((folder, file)) => format!("{folder}/migrations/{}", file.splitn(4, '_').last().unwrap_or_default()),
            None => word.to_owned(),
        });
    }
    words.join(" ")
}

/// Whether lines are as expected, where `...` stands for any number of them.
fn fits(expected: &[String], said: &[String]) -> bool {
    match expected.split_first() {
        None => said.is_empty(),
        Some((dots, rest)) if dots == "..." => (0..=said.len()).any(|skipped| fits(rest, &said[skipped..])),
        Some((line, rest)) => said.first() == Some(line) && fits(rest, &said[1..]),
    }
}
