//! Accepting and ending, over real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Options, State, TestHost};
use crate::http::{Ended, serve};

async fn begin(grace: Duration) -> (TestHost, std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<Ended>>) {
    let host = TestHost::shop();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let state = State::new(Arc::clone(&host.serving), Options::default()).unwrap();
    let server = tokio::spawn(serve(listener, state, async { stopped.await.unwrap() }, grace));
    (host, address, stop, server)
}

/// Begins a request whose body is still to come, and waits until the handler asks for it.
fn begun(address: std::net::SocketAddr) -> TcpStream {
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"POST /api/v1/users HTTP/1.1\r\nhost: x\r\ncontent-length: 26\r\nexpect: 100-continue\r\n\r\n").unwrap();
    let mut go_on = [0; 25];
    client.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_in_flight_is_finished_before_the_server_ends() {
    let (host, address, stop, server) = begin(Duration::from_secs(60)).await;
    let mut client = begun(address);
    stop.send(()).unwrap();
    client.write_all(br#"{"email":"a","name":"Ann"}"#).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    assert_eq!(server.await.unwrap().unwrap(), Ended::Well);
    assert_eq!(host.database.texts("SELECT name FROM users"), ["Ann"]);
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_that_never_ends_does_not_keep_the_server() {
    let (_host, address, stop, server) = begin(Duration::from_millis(50)).await;
    let _client = begun(address);
    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap().unwrap(), Ended::Late);
}
