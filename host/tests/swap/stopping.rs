//! The server, or the process that compiles for it, ends while a file of the plugins folder is compiled.

#![cfg(target_os = "linux")]

use std::fs::read_to_string;
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::drop_in;
use crate::support::server::Server;
use crate::support::{TestHost, slow_to_compile};

/// Until when it must be over: long before the compiler is.
const SOON: Duration = Duration::from_secs(12);

/// Hundredths of a second in which a process that compiles has read all of a file.
const A_WHILE: u32 = 30;

/// Whether a process has compiled for that one for so many hundredths of a second.
fn compiles_for(process: u32, parent: u32, worked: u32) -> bool {
    let Ok(stat) = read_to_string(format!("/proc/{process}/stat")) else { return false };
    // The name stands in brackets, and may be anything; after it the state, the parent, and in the twelfth place hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[1] == parent.to_string() && fields[11].parse::<u32>().unwrap() >= worked && is_compiler(process)
}

/// Whether it is one still: of a process that has ended nobody knows with which words it was started.
fn is_compiler(process: u32) -> bool {
    read_to_string(format!("/proc/{process}/cmdline")).is_ok_and(|words| words.contains("compile-component"))
}

/// The process that compiles for the server, and has done so for that long; waits until there is one.
fn compiler_of(server: &Server, worked: u32) -> u32 {
    let began = Instant::now();
    loop {
        let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        if let Some(found) = processes.into_iter().find(|process| compiles_for(*process, server.id(), worked)) {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "nobody compiles");
        server.get("/livez").is(200);
    }
}

/// The process that compiles for a server, which stands still until this is dropped.
pub(crate) struct Stopped(u32);

impl Stopped {
    pub(crate) fn of(server: &Server) -> Self {
        let stopped = Self(compiler_of(server, 0));
        assert!(stopped.signal("STOP"), "it has ended");
        stopped
    }

    fn signal(&self, signal: &str) -> bool {
        Command::new("kill").args(["-s", signal, &self.0.to_string()]).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

/// A server that is compiling, and the process that does it.
fn compiling() -> (TestHost, Server, u32) {
    let host = TestHost::new();
    let server = host.serve_logged();
    drop_in(&host, "slow.wasm", &slow_to_compile());
    let compiler = compiler_of(&server, A_WHILE);
    (host, server, compiler)
}

#[track_caller]
fn assert_ends(compiler: u32) {
    let began = Instant::now();
    while is_compiler(compiler) {
        assert!(began.elapsed() < SOON, "it compiles on for nobody");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_compiles_ends_soon_and_well_when_it_is_asked_to() {
    let (_host, server, compiler) = compiling();
    let began = Instant::now();
    let said = server.stop();
    assert_eq!(said.code, Some(0));
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    assert_eq!(said.logged().saying("is still at work").len(), 1);
    assert_ends(compiler);
}

#[test]
fn a_server_that_is_killed_leaves_nobody_behind_who_compiles() {
    let (_host, server, compiler) = compiling();
    server.kill();
    assert_ends(compiler);
}

#[test]
fn what_was_broken_off_is_tried_again_although_nobody_changes_the_file() {
    let (_host, server, compiler) = compiling();
    let kill = || std::process::Command::new("kill").args(["-KILL", &compiler.to_string()]).status().unwrap();
    assert!(kill().success());
    let health = server.until_health(|health| health["files"]["slow.wasm"].is_object());
    assert_eq!(health["status"], "degraded", "{health}");
    assert_ne!(compiler_of(&server, A_WHILE), compiler);
    let log = server.stop().logged();
    assert_eq!(log.saying("slow.wasm was refused: compiling it was broken off").len(), 1);
}

#[test]
fn the_process_that_compiles_is_the_first_to_go_and_has_little() {
    let (_host, server, compiler) = compiling();
    let of = |file: &str| read_to_string(format!("/proc/{compiler}/{file}")).unwrap();
    let limit = |name: &str| {
        let limits = of("limits");
        // After a name of three words what holds.
        limits.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().nth(3).unwrap().to_owned()
    };
    // It limits itself before it compiles.
    let began = Instant::now();
    while limit("Max data size") == "unlimited" {
        assert!(began.elapsed() < SOON, "{}", of("limits"));
        server.get("/livez").is(200);
    }
    let (data, gib) = (limit("Max data size").parse::<u64>().unwrap(), 1 << 30);
    assert!((2 * gib..3 * gib).contains(&data), "{data}");
    assert_eq!((limit("Max cpu time").as_str(), of("oom_score_adj").trim()), ("61", "1000"));
    server.kill();
}

#[test]
fn a_server_that_is_hurried_does_not_wait_for_a_plugin_that_is_being_installed() {
    let key = "a4f1c2d3e5b6978812345678abcdef00";
    let host = TestHost::new().configured(&format!("[operator]\nkey = \"{key}\"\n"));
    let server = host.serve_logged();
    let request = ureq::put(format!("{}/api/v1/$plugins/slow", server.url)).header("authorization", format!("Bearer {key}"));
    let installing = std::thread::spawn(move || request.header("content-type", "application/wasm").send(slow_to_compile()));
    let compiler = compiler_of(&server, A_WHILE);
    let began = Instant::now();
    server.signal("TERM");
    // It has heard it when nobody can come in any more; two that come together may be one to the system.
    while TcpStream::connect(server.url.strip_prefix("http://").unwrap()).is_ok() {
        std::thread::yield_now();
    }
    assert_eq!(server.stop().code, Some(1), "a call was cut off");
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    assert!(installing.join().unwrap().is_err(), "nobody answers");
    assert_ends(compiler);
}
