//! The real server in a process of its own, and a client that sends exactly what it is told.

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part of this")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value as Json;

use crate::support::TestHost;
use crate::support::server::Process;

/// A server that ends with this.
#[derive(Debug)]
pub struct Server {
    process: Process,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Starts `tenon serve` on a free port, and waits until it listens.
    pub fn start(host: &TestHost) -> Self {
        // A line of log for each of many requests would be most of the work.
        let started = Process::start(host, &[], &[("RUST_LOG", "warn")]);
        let process = started.unwrap_or_else(|said| panic!("the server did not start: {said:?}"));
        let address = process.address().parse().expect("an address is said");
        Self { process, address }
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// A new connection.
    pub fn client(&self) -> Client {
        Client::connect(self.address).expect("the server accepts")
    }

    /// One request on a connection of its own.
    pub fn send(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        self.client().send(method, path, body).expect("the server answers")
    }
}

/// One connection.
#[derive(Debug)]
pub struct Client {
    reader: BufReader<TcpStream>,
}

/// What was answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: Vec<(String, String)>,
    /// The body, chunks put together.
    pub body: Vec<u8>,
}

impl Client {
    /// Connects. An answer that takes longer than a minute is a failure.
    pub fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        stream.set_nodelay(true)?;
        Ok(Self { reader: BufReader::new(stream) })
    }

    /// Sends a request with a JSON body, if there is one, and reads the answer.
    pub fn send(&mut self, method: &str, path: &str, body: Option<&str>) -> std::io::Result<Answer> {
        let head = match body {
            Some(body) => format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len()),
            None => String::new(),
        };
        let text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\n{head}\r\n{}", body.unwrap_or_default());
        self.write(text.as_bytes())?;
        self.answer_to(method)
    }

    /// Sends bytes.
    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// Reads an answer to anything but HEAD.
    pub fn answer(&mut self) -> std::io::Result<Answer> {
        self.answer_to("GET")
    }

    fn answer_to(&mut self, method: &str) -> std::io::Result<Answer> {
        let status_line = self.line()?;
        let broken = || std::io::Error::new(std::io::ErrorKind::InvalidData, format!("no status in {status_line:?}"));
        let status: u16 = status_line.split(' ').nth(1).and_then(|text| text.parse().ok()).ok_or_else(broken)?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new() };
        if method == "HEAD" || status == 204 || status == 304 {
            return Ok(answer);
        }
        if answer.header("transfer-encoding") == "chunked" {
            loop {
                let line = self.line()?;
                let size = usize::from_str_radix(&line, 16).map_err(|_| broken())?;
                let mut chunk = vec![0; size];
                self.reader.read_exact(&mut chunk)?;
                answer.body.extend_from_slice(&chunk);
                self.line()?;
                if size == 0 {
                    return Ok(answer);
                }
            }
        }
        let length = answer.header("content-length").parse().unwrap_or(0);
        answer.body = vec![0; length];
        self.reader.read_exact(&mut answer.body)?;
        Ok(answer)
    }

    /// Whether the server has closed its end, or closes it now.
    pub fn is_closed(&mut self) -> bool {
        matches!(self.reader.read(&mut [0]), Ok(0) | Err(_))
    }

    fn line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Answer {
    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Status and code of a problem, whose form is checked.
    #[track_caller]
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        let code = problem["code"].as_str().expect("a code").to_owned();
        assert_eq!(problem["type"], format!("urn:tenon:problem:{code}"));
        assert_eq!(problem["status"], self.status);
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["instance"].is_string(), "{problem}");
        let text = problem.to_string();
        for leak in ["SELECT", "INSERT", "UPDATE ", "DELETE FROM", "sqlite", "/src/", ".rs", ".db", "panicked"] {
            assert!(!text.contains(leak), "{leak} in {text}");
        }
        (self.status, code)
    }
}
