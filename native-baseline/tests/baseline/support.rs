//! The program on a free port with a database of its own, and requests to it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use ureq::http::{HeaderMap, Request};

/// What it said when it ended instead of serving.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: Option<i32>,
    pub(crate) err: String,
}

/// A process that serves, and ends with this.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) url: String,
}

impl Process {
    pub(crate) fn start(database: &Path, port: &str, synchronous: &str) -> Result<Self, Refused> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_native-baseline"));
        command.arg("--database").arg(database).args(["--port", port, "--synchronous", synchronous]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program can be started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("it is piped")).read_line(&mut line).expect("it writes UTF-8");
        match line.trim_end().strip_prefix("listening on ") {
            Some(url) => Ok(Self { child, url: url.to_owned() }),
            None => {
                let mut err = String::new();
                child.stderr.take().expect("it is piped").read_to_string(&mut err).expect("it writes UTF-8");
                Err(Refused { code: child.wait().expect("it ends").code(), err })
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client, with connections of its own.
#[derive(Debug)]
pub(crate) struct Client {
    url: String,
    agent: ureq::Agent,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Client {
    fn new(url: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().new_agent();
        Self { url: url.to_owned(), agent }
    }

    pub(crate) fn send_typed(&self, method: &str, path: &str, media_type: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(format!("{}{path}", self.url)).header("content-type", media_type);
        let response = if body.is_empty() {
            self.agent.run(request.body(()).expect("it is a request"))
        } else {
            self.agent.run(request.body(body.to_owned()).expect("it is a request"))
        };
        let mut response = response.expect("it is answered");
        let body = response.body_mut().read_to_string().expect("it answers UTF-8");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &str) -> Answer {
        self.send_typed(method, path, "application/json", body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, "")
    }
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("it is text"))
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// Status and code of an answer that must be a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        assert_eq!(self.json()["status"], self.status);
        (self.status, self.json()["code"].as_str().expect("a problem has a code").to_owned())
    }
}

/// A server with a new database, and a client.
#[derive(Debug)]
pub(crate) struct Server {
    process: Process,
    client: Client,
    folder: TempDir,
}

impl Server {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("there is room");
        let process = Process::start(&folder.path().join("users.db"), "0", "full").expect("it starts");
        Self { client: Client::new(&process.url), process, folder }
    }

    /// Kills it, and starts it on the same database.
    pub(crate) fn restart(&mut self, synchronous: &str) {
        self.process.child.kill().expect("it runs");
        self.process.child.wait().expect("it ends");
        self.process = Process::start(&self.database(), "0", synchronous).expect("it starts");
        self.client = self.another();
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("users.db")
    }

    pub(crate) fn port(&self) -> &str {
        self.process.url.rsplit(':').next().expect("there is a port")
    }

    /// Another client.
    pub(crate) fn another(&self) -> Client {
        Client::new(&self.process.url)
    }

    /// The rows of a list.
    pub(crate) fn users(&self, query: &str) -> Vec<Value> {
        self.get(&format!("/api/v1/users{query}")).json().as_array().expect("a list is an array").clone()
    }
}

impl std::ops::Deref for Server {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}
