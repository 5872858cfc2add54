//! When a server that was just started answers for the first time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::bench::server::Server;
use crate::bench::stop::Stop;

/// How often it is asked.
const EVERY: Duration = Duration::from_millis(1);

/// How long an answer is waited for before somebody looks whether the server is still there; the question stays asked.
const GLANCE: Duration = Duration::from_millis(500);

/// How long a server may take: a thousand plugins are compiled in some minutes.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Asks until the answer is 200. The socket may be listened on before anything is served: then the question waits there, and is the first to be
/// answered.
///
/// # Errors
/// The server ends, takes too long, or the run is to end.
pub(super) fn first_answer(server: &mut Server, path: &str, stop: &Stop) -> Result<()> {
    let began = Instant::now();
    let address = server.url.trim_start_matches("http://").to_owned();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    loop {
        let mut look = || {
            stop.check()?;
            server.require_running()?;
            ensure!(began.elapsed() < PATIENCE, "{path} is not answered in {} s", PATIENCE.as_secs());
            Ok(())
        };
        // Whatever goes wrong with one question: the next is asked.
        if ask(&address, &request, &mut look)? == Some(200) {
            return Ok(());
        }
        look()?;
        std::thread::sleep(EVERY);
    }
}

/// Asks once; the status, if there was an answer.
fn ask(address: &str, request: &str, look: &mut dyn FnMut() -> Result<()>) -> Result<Option<u16>> {
    let Ok(mut stream) = TcpStream::connect(address) else { return Ok(None) };
    if stream.set_read_timeout(Some(GLANCE)).and_then(|()| stream.write_all(request.as_bytes())).is_err() {
        return Ok(None);
    }
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut part) {
            Ok(0) => return Ok(status(&answer)),
            Ok(length) => answer.extend_from_slice(&part[..length]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => look()?,
            Err(_) => return Ok(None),
        }
    }
}

/// The status of an answer that is there as a whole.
fn status(answer: &[u8]) -> Option<u16> {
    std::str::from_utf8(answer).ok()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_status_is_read() {
        assert_eq!(super::status(b"HTTP/1.1 200 OK\r\n\r\n{}"), Some(200));
        assert_eq!(super::status(b"HTTP/1.1 503 Service Unavailable\r\n"), Some(503));
        assert_eq!(super::status(b""), None);
    }
}
