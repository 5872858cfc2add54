//! `tenon serve` as a process, and requests to it.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Said, TestHost};

/// Longer than anything takes here; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// `tenon serve` in a process of its own, which ends with this.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// What it said on standard error, once it has ended.
    err: Mutex<Receiver<String>>,
}

impl Process {
    /// Starts it on a free port, with further arguments and environment, and waits until it listens.
    ///
    /// # Errors
    /// It ended instead, and said this.
    pub fn start(host: &TestHost, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Self, Said> {
        let mut command = host.command(&["serve", "--port", "0"]);
        command.args(arguments).envs(environment.iter().copied());
        Self::of(command)
    }

    fn of(mut command: Command) -> Result<Self, Said> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be started");
        let err = collect(child.stderr.take().expect("it is piped"));
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut said = String::new();
        // As text it is the first line, as JSON the second.
        while out.read_line(&mut said).expect("the binary writes UTF-8") > 0 {
            if let Some(at) = said.find("http://") {
                let url = said[at..].trim_end().trim_end_matches('"').to_owned();
                return Ok(Self { child, url, err: Mutex::new(err) });
            }
        }
        let code = child.wait().expect("it ends").code();
        Err(Said { code, out: said, err: err.recv().unwrap_or_default() })
    }

    /// The address that it listens on, without the scheme.
    pub fn address(&self) -> &str {
        self.url.strip_prefix("http://").expect("it serves HTTP")
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.id())]).status();
        assert!(sent.expect("there is a shell").success(), "the server is gone already");
    }

    /// Waits until it ends, and answers what it said on standard error.
    pub fn wait(&mut self) -> Said {
        let err = self.err.get_mut().expect("nobody else has it").recv_timeout(PATIENCE).expect("the server ends");
        let code = self.child.wait().expect("a child can be waited for").code();
        println!("{err}");
        Said { code, out: String::new(), err }
    }

    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A test failed before it was stopped, or does not care how it ends.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end on a thread of its own, so that the writer never waits for us.
fn collect(mut from: impl Read + Send + 'static) -> Receiver<String> {
    let (text, collected) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // What could be read until it failed is worth more than the failure.
        let _ = from.read_to_end(&mut bytes);
        let _ = text.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    collected
}

/// A server that runs until it is told to stop, or dropped.
#[derive(Debug)]
pub struct Server {
    process: Process,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    agent: ureq::Agent,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: ureq::http::HeaderMap,
    /// Its body.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// Asserts the status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// Asserts that it is a whole problem (RFC 9457) with this status and code, and that it tells neither SQL nor paths of files.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Self {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!((self.status, body["status"].as_u64()), (status, Some(status.into())), "{self:?}");
        assert_eq!(body["code"], code, "{self:?}");
        for member in ["type", "title", "detail", "instance", "request_id"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {self:?}");
        }
        assert_eq!(body["request_id"].as_str(), Some(self.header("x-request-id")), "{self:?}");
        let told = self.body.to_ascii_uppercase();
        for secret in ["INSERT ", "SELECT ", "UPDATE ", "DELETE FROM", "SQL", "TENON_", "CONSTRAINT FAILED", ".DB", "/TMP", "/HOME", ".RS:"]
        {
            assert!(!told.contains(secret), "{secret:?} is told: {self:?}");
        }
        self
    }
}

/// Time is not what stops a plugin's requests, unless its own limits say so: tests share the machine.
pub const PATIENT: &str = "[limits]\nread-time-ms = 30000\nwrite-time-ms = 20000\n";

/// A server of these plugins and the shop, with everything applied and a log of JSON, which has patience with them. `settings` is what
/// else stands in `tenon.toml`.
#[track_caller]
pub fn serve(plugins: &[&str], settings: &str) -> (TestHost, Server) {
    let host = plugins.iter().fold(TestHost::new().plugin("shop"), |host, plugin| host.plugin(plugin));
    let host = host.configured(&format!("{PATIENT}{settings}"));
    host.run("upgrade heads --quiet").done();
    let server = host.serve_logged();
    (host, server)
}

impl TestHost {
    /// Starts `tenon serve --port 0` and waits until it listens.
    pub fn serve(&self) -> Server {
        self.serve_with(&[]).unwrap_or_else(|said| panic!("the server did not start: {said:?}"))
    }

    /// The same, with a log of JSON.
    #[track_caller]
    pub fn serve_logged(&self) -> Server {
        self.serve_with(&["--json"]).unwrap_or_else(|said| panic!("the server did not start: {said:?}"))
    }

    /// The same, with further arguments; what it said when it ended instead of listening.
    ///
    /// # Errors
    /// It ended.
    pub fn serve_with(&self, arguments: &[&str]) -> Result<Server, Said> {
        Ok(Server::of(Process::start(self, arguments, &[])?))
    }

    /// Starts a binary that lies elsewhere, with a log of JSON.
    #[track_caller]
    pub fn serve_with_binary(&self, binary: &Path) -> Server {
        let process = Process::of(self.command_of(binary, &["serve", "--port", "0", "--json"]));
        Server::of(process.unwrap_or_else(|said| panic!("the server did not start: {said:?}")))
    }
}

impl Server {
    fn of(process: Process) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).build();
        Self { url: process.url.clone(), process, agent: config.new_agent() }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// The port that it listens on.
    pub fn port(&self) -> &str {
        self.url.rsplit(':').next().expect("an address has a port")
    }

    /// A request. A path without a leading slash is below `/api/v1/`.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        self.try_request(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The same; it may find nobody there.
    ///
    /// # Errors
    /// No answer came.
    pub fn try_request(&self, method: &str, path: &str, body: Option<&str>) -> Result<Answer, ureq::Error> {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        let mut response = match body {
            Some(body) => self.agent.run(request.header("content-type", "application/json").body(body.to_owned())?)?,
            None => self.agent.run(request.body(())?)?,
        };
        let body = response.body_mut().with_config().limit(64 << 20).read_to_string()?;
        Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    /// GET with further headers.
    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.request_with("GET", path, headers, Vec::new())
    }

    /// A request with further headers and any body.
    #[track_caller]
    pub fn request_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}/api/v1/{path}", self.url));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = match body.is_empty() {
            true => self.agent.run(request.body(()).expect("it is a request")),
            false => self.agent.run(request.body(body).expect("it is a request")),
        };
        let mut response = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        let body = response.body_mut().read_to_string().expect("the body is text");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    /// GET.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None)
    }

    /// POST of JSON.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, Some(&body.to_string()))
    }

    /// PUT of JSON.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.request("PUT", path, Some(&body.to_string()))
    }

    /// DELETE.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, None)
    }

    /// Asks until the answer has the status; the server looks a few times a second.
    #[track_caller]
    pub fn until(&self, path: &str, status: u16) {
        let began = Instant::now();
        while self.get(path).status != status {
            assert!(began.elapsed() < Duration::from_secs(30), "{path} never answers {status}");
        }
    }

    /// Asks for the server's health until it is as wanted, and answers it.
    #[track_caller]
    pub fn until_health(&self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let health = self.get("/health").json();
            if is_wanted(&health) {
                return health;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "the health never is as wanted: {health}");
        }
    }

    /// Sends a signal, by name.
    pub fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// Waits until it ends, and answers what it said on standard error.
    pub fn wait(mut self) -> Said {
        self.process.wait()
    }

    /// Asks it to end, waits, and answers what it said on standard error.
    pub fn stop(self) -> Said {
        self.signal("TERM");
        self.wait()
    }

    /// Kills it.
    pub fn kill(mut self) {
        self.process.kill();
    }
}
