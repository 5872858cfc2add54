//! Asking a contestant as a client would, and looking at what it answers.

use std::collections::HashSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use serde_json::Value;

use super::contestant::Contestant;
use super::rows::{USERS, another, body, id};
use super::stop::Stop;

/// How many clients write at one time in the check before the load, and how much each.
const CLIENTS: usize = 8;
const EACH: usize = 125;

/// A client of one server.
#[derive(Debug, Clone)]
pub(super) struct Client {
    pub(super) url: String,
    agent: ureq::Agent,
}

impl Client {
    pub(super) fn new(url: &str) -> Self {
        let agent =
            ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(20))).build().new_agent();
        Self { url: url.to_owned(), agent }
    }

    /// The status and the body.
    pub(super) fn get(&self, path: &str) -> Result<(u16, String)> {
        let mut response = self.agent.get(format!("{}{path}", self.url)).call().with_context(|| format!("GET {path}"))?;
        Ok((response.status().as_u16(), response.body_mut().read_to_string()?))
    }

    fn post(&self, path: &str, body: &Value) -> Result<(u16, String)> {
        let mut response = self.agent.post(format!("{}{path}", self.url)).send_json(body).with_context(|| format!("POST {path}"))?;
        Ok((response.status().as_u16(), response.body_mut().read_to_string()?))
    }

    /// # Errors
    /// The user's answer is not what it should be.
    pub(super) fn check_user(&self, contestant: &Contestant, number: usize) -> Result<()> {
        let path = format!("{}/{}", contestant.path(), id(number));
        let (status, text) = self.get(&path)?;
        ensure!(status == 200, "GET {path} answered {status}: {text}");
        contestant.dialect().check_user(&text, number).map_err(|wrong| anyhow!("GET {path} {wrong}"))
    }

    /// # Errors
    /// The list's answer is not what it should be.
    pub(super) fn check_list(&self, contestant: &Contestant) -> Result<()> {
        let path = contestant.list_path();
        let (status, text) = self.get(&path)?;
        ensure!(status == 200, "GET {path} answered {status}: {text}");
        contestant.dialect().check_list(&text).map_err(|wrong| anyhow!("GET {path} {wrong}"))
    }

    /// Makes all users, one after another, so that every contestant has them in the same order.
    pub(super) fn seed(&self, contestant: &Contestant, stop: &Stop) -> Result<()> {
        for number in 0..USERS {
            if number % 100 == 0 {
                stop.check()?;
            }
            self.create(contestant, &body(number))?;
        }
        Ok(())
    }

    fn create(&self, contestant: &Contestant, body: &Value) -> Result<String> {
        let (status, text) = self.post(contestant.path(), body)?;
        // PocketBase says 200 of a row that is new.
        let made = if contestant.conflict_status() == 400 { 200 } else { 201 };
        ensure!(status == made, "POST {} answered {status}: {text}", contestant.path());
        Ok(text)
    }

    /// Holds a contestant with its users to what all must answer alike, and writes rows from several clients at once.
    ///
    /// # Errors
    /// What is not as it should be.
    pub(super) fn check_all(&self, contestant: &Contestant) -> Result<()> {
        for number in (0..USERS).step_by(199) {
            self.check_user(contestant, number)?;
        }
        self.check_list(contestant)?;
        let (status, text) = self.get(&format!("{}/{}", contestant.path(), id(USERS)))?;
        ensure!(status == 404, "a user that is not there is answered {status}: {text}");
        let (status, text) = self.post(contestant.path(), &body(0))?;
        ensure!(status == contestant.conflict_status(), "a user that is there is answered {status} when it is made again: {text}");
        let (status, text) = self.post(contestant.path(), &serde_json::json!({ "name": 5 }))?;
        ensure!([400, 422].contains(&status), "a body that does not fit is answered {status}: {text}");

        let ids: Result<Vec<String>> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || self.create_many(contestant, client))).collect();
            clients
                .into_iter()
                .map(|client| client.join().map_err(|_| anyhow!("a client panicked"))?)
                .collect::<Result<Vec<_>>>()
                .map(|ids| ids.concat())
        });
        let different: HashSet<String> = ids?.into_iter().collect();
        ensure!(different.len() == CLIENTS * EACH, "new rows do not all have ids of their own");
        Ok(())
    }

    fn create_many(&self, contestant: &Contestant, client: usize) -> Result<Vec<String>> {
        let own = Self::new(&self.url);
        let create = |number: usize| {
            let body = another(&format!("check{client}-{number}"));
            let text = own.create(contestant, &body)?;
            let made: Value = serde_json::from_str(&text)?;
            let as_sent = ["email", "name", "is_active", "tags"].iter().all(|name| made[name] == body[name]);
            ensure!(as_sent, "POST {} made {text} of {body}", contestant.path());
            Ok(made["id"].to_string())
        };
        (0..EACH).map(create).collect()
    }
}

/// How many rows are there after [`Client::check_all`].
pub(super) const CHECKED_ROWS: u64 = (USERS + CLIENTS * EACH) as u64;

/// How many rows a contestant's table has, counted in the file by SQLite's shell while nobody serves it.
pub(super) fn rows(contestant: &Contestant, folder: &Path) -> Result<u64> {
    let (database, table) = contestant.table();
    let output = Command::new("sqlite3").arg(folder.join(database)).arg(format!("SELECT count(*) FROM {table}")).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().with_context(|| format!("{}: {}", database, String::from_utf8_lossy(&output.stderr)))
}
