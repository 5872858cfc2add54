//! Components are compiled by another process: this program once more, whatever lies in its place by now.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

use support::{TestHost, component};
use tenon::runtime::{ComponentError, Limits, Runtime, RuntimeConfig};

/// Compiles with a program, and without a cache.
fn runtime(program: &Path, compile_time: Duration) -> Runtime {
    let limits = Limits { live_instances: 4, compile_time, ..Limits::default() };
    Runtime::new(RuntimeConfig { limits, program: Some(program.to_owned()), ..RuntimeConfig::default() }).unwrap()
}

#[test]
fn a_file_that_took_another_process_too_long_is_not_tried_again() {
    let host = TestHost::new();
    let (program, slow) = (host.path("program"), support::slow_to_compile());
    symlink(env!("CARGO_BIN_EXE_tenon"), &program).unwrap();
    let runtime = runtime(&program, Duration::from_millis(900));
    assert!(matches!(runtime.load(&slow), Err(ComponentError::TooSlow { .. })));
    // What is started now ends at once, and not well.
    std::fs::remove_file(&program).unwrap();
    symlink("/bin/false", &program).unwrap();
    let again = runtime.load(&slow);
    assert!(matches!(again, Err(ComponentError::TooSlow { .. })), "{again:?}");
}

#[test]
fn a_program_that_does_not_compile_is_no_fault_of_the_plugins() {
    let shop = std::fs::read(component("shop")).unwrap();
    runtime(Path::new("/bin/echo"), Limits::default().compile_time).load(&shop).unwrap();
}

#[test]
fn a_program_that_has_answered_may_take_its_time_to_end() {
    let host = TestHost::new();
    let (program, shop) = (host.path("program"), std::fs::read(component("shop")).unwrap());
    // Another process writes: a file that this one has open for writing could not be started.
    let script = "printf '#!/bin/sh\\ncat > /dev/null\\nexec >&-\\nsleep 0.3\\n' > \"$0\" && chmod +x \"$0\"";
    assert!(std::process::Command::new("/bin/sh").arg("-c").arg(script).arg(&program).status().unwrap().success());
    runtime(&program, Limits::default().compile_time).load(&shop).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_whose_program_was_replaced_compiles_with_the_one_that_it_is() {
    let host = TestHost::new().configured("cache-folder = \"cache\"\n");
    let (binary, newer) = (host.path("tenon"), host.path("newer"));
    // Another process copies: a file that this one has open for writing could not be started.
    assert!(std::process::Command::new("cp").args([env!("CARGO_BIN_EXE_tenon").as_ref(), &*binary]).status().unwrap().success());
    let server = host.serve_with_binary(&binary);
    symlink("/bin/false", &newer).unwrap();
    std::fs::rename(newer, binary).unwrap();
    host.add("shop");
    let health = server.until_health(|health| health["plugins"]["shop"].is_object() || health["files"]["shop.wasm"].is_object());
    assert!(health["plugins"]["shop"].is_object(), "{health}");
    assert!(server.stop().logged().saying("compiled in the server itself").is_empty());
}
