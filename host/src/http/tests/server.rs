//! Accepting and ending, over real sockets.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::{Options, State, TestHost};
use crate::http::{Ended, serve};

async fn begin(grace: Duration) -> (TestHost, std::net::SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<Ended>) {
    let host = TestHost::shop();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let state = State::new(Arc::clone(&host.serving), Options::default()).unwrap();
    let server = tokio::spawn(serve(listener, state, async { stopped.await.unwrap() }, std::future::pending(), grace));
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
    assert_eq!(server.await.unwrap(), Ended::Well);
    assert_eq!(host.database.texts("SELECT name FROM users"), ["Ann"]);
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_that_never_ends_does_not_keep_the_server() {
    let (_host, address, stop, server) = begin(Duration::from_millis(50)).await;
    let _client = begun(address);
    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap(), Ended::Late);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_call_is_no_longer_waited_for_when_somebody_is_in_a_hurry() {
    let host = TestHost::shop();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let ((stop, stopped), (hurry, hurried)) = (oneshot::channel(), oneshot::channel());
    let state = State::new(Arc::clone(&host.serving), Options::default()).unwrap();
    let all = serve(listener, state, async { stopped.await.unwrap() }, async { hurried.await.unwrap() }, Duration::from_secs(600));
    let server = tokio::spawn(all);
    let _client = begun(address);
    stop.send(()).unwrap();
    hurry.send(()).unwrap();
    assert_eq!(server.await.unwrap(), Ended::Late);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn who_is_silent_or_has_only_begun_to_ask_does_not_keep_the_server() {
    let (_host, address, stop, server) = begin(Duration::from_secs(600)).await;
    let _silent = TcpStream::connect(address).unwrap();
    let mut kept = TcpStream::connect(address).unwrap();
    kept.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\nGET /hea").unwrap();
    let mut answer = [0; 15];
    kept.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200 OK");
    stop.send(()).unwrap();
    assert_eq!(server.await.unwrap(), Ended::Well);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_head_beyond_what_is_parsed_is_answered_and_the_connection_closed() {
    let (_host, address, _stop, _server) = begin(Duration::from_secs(60)).await;
    let mut client = TcpStream::connect(address).unwrap();
    // The server may close before all of it was taken.
    let _ = client.write_all(format!("GET / HTTP/1.1\r\nhost: x\r\nx-much: {}\r\n\r\n", "x".repeat(200_000)).as_bytes());
    let mut answer = String::new();
    let _ = client.read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_body_that_nobody_read_does_not_cost_the_connection() {
    let (_host, address, _stop, _server) = begin(Duration::from_secs(60)).await;
    let mut client = TcpStream::connect(address).unwrap();
    for (head, status) in [("DELETE /api/v1/users", "405"), ("POST /nowhere", "404"), ("POST /api/v1/users", "413")] {
        let length = 2 << 20;
        client.write_all(format!("{head} HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n").as_bytes()).unwrap();
        client.write_all(&vec![b' '; length]).unwrap();
        let mut answer = [0; 12];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), format!("HTTP/1.1 {status}"));
        read_to_end_of_answer(&mut client);
    }
}

/// Reads the rest of an answer that says how long it is.
fn read_to_end_of_answer(client: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split_once("content-length: ").unwrap().1.split("\r\n").next().unwrap().parse().unwrap();
    client.read_exact(&mut vec![0; length]).unwrap();
}
