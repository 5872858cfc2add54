//! Requests written as `curl`: sends them to a server and compares the answers.

use std::collections::HashMap;

use ureq::Agent;
use ureq::http::Request;

use crate::book::{fences, read};
use crate::support::server::Server;

/// Sends the requests of a page in order. Ids and times of the page stand for those that come.
pub fn run(page: &str, server: &Server) {
    run_part(page, &read(page), server);
}

/// Sends those of a part of a page.
pub fn run_part(page: &str, text: &str, server: &Server) {
    let fences = fences(text);
    let mut ids = HashMap::new();
    for (index, fence) in fences.iter().enumerate().filter(|(_, fence)| fence.language == "sh") {
        // A line that ends in a backslash goes on in the next.
        let text = fence.text().replace("\\\n", " ");
        for line in text.lines().filter(|line| line.starts_with("curl ")) {
            let (status, answer) = send(&known(line, &ids), server);
            assert!(status < 500, "{page}:{}: {line}: {status} {answer}", fence.line);
            let Some(expected) = fences.get(index + 1).filter(|next| next.language == "json") else { continue };
            // A long answer is broken into lines between its members; the server sends one.
            let expected: String = expected.lines.iter().map(|line| line.trim_start()).collect();
            let (theirs, ours) = (ulids(&expected), ulids(&answer));
            assert_eq!(theirs.len(), ours.len(), "{page}:{}: {line}\npage: {expected}\nsaid: {answer}", fence.line);
            for (theirs, ours) in theirs.into_iter().zip(ours) {
                ids.entry(theirs).or_insert(ours);
            }
            assert_eq!(
                without_what_varies(&known(&expected, &ids)),
                without_what_varies(&answer),
                "{page}:{}: {line}\nleft is the page, right is what was answered",
                fence.line
            );
        }
    }
}

fn send(line: &str, server: &Server) -> (u16, String) {
    let (mut method, mut url, mut headers, mut body) = (None, None, Vec::new(), None);
    let mut words = words(line).into_iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => method = words.next(),
            "-H" => headers.extend(words.next()),
            "-d" => body = words.next(),
            _ if word.starts_with("http") => url = Some(word.replace("http://localhost:8000", &server.url)),
            _ => panic!("this test does not know the option {word} of curl"),
        }
    }
    let method = method.unwrap_or_else(|| if body.is_some() { "POST".to_owned() } else { "GET".to_owned() });
    let mut request = Request::builder().method(method.as_str()).uri(url.expect("an address is given"));
    for header in headers {
        let (name, value) = header.split_once(": ").expect("a header is `name: value`");
        request = request.header(name, value);
    }
    let agent = Agent::new_with_config(Agent::config_builder().http_status_as_error(false).build());
    let answer = match body {
        Some(body) => agent.run(request.body(body).expect("the request is right")),
        None => agent.run(request.body(()).expect("the request is right")),
    };
    let mut answer = answer.expect("the server answers");
    (answer.status().as_u16(), answer.body_mut().read_to_string().expect("the answer is text"))
}

/// The words of a command line, as a shell takes them apart.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => words.last_mut().expect("there is one").push(letter),
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ') => words.push(String::new()),
            (None, _) => words.last_mut().expect("there is one").push(letter),
        }
    }
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

/// A line of the page with the ids that came instead of its own.
fn known(text: &str, ids: &HashMap<String, String>) -> String {
    ids.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

/// The ULIDs in a text, in order.
fn ulids(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_ulid = |word: &&str| word.len() == 26 && word.starts_with('0') && !word.bytes().any(|b| b.is_ascii_lowercase());
    words.filter(is_ulid).map(str::to_owned).collect()
}

/// Hides moments, `2026-11-22T11:32:33.823Z`, the year of an invoice's number, `2026-0001`, and the beginnings of hashes, `c23b7dc5e04e`.
fn without_what_varies(text: &str) -> String {
    let mut parts = text.split('"').map(|part| {
        let begins_with_year = part.starts_with("20") && part.is_ascii();
        match part.len() {
            24 if begins_with_year && part.ends_with('Z') && part.as_bytes()[10] == b'T' => "MOMENT",
            12 if part.bytes().all(|b| b.is_ascii_hexdigit()) => "HASH",
            9 if begins_with_year && part.as_bytes()[4] == b'-' => &part[4..],
            _ => part,
        }
    });
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "\"" + part)
}
