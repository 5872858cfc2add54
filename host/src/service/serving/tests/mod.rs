//! Serving over a real SQLite file.

mod admission;
mod groups;
mod round_trip;
mod streams;
pub(crate) mod support;

use std::sync::Arc;
use std::sync::mpsc::channel;

use super::rank::Rank;
use super::readers::Pool;
use super::writer::{Work, Writer};
use super::{
    CallError, Endpoint, Incoming, MadeFor, Operation, Options, Outcome, ReaderOptions, Readiness, Request, RouteEndpoint, Serving,
    Snapshot, Target, WriterOptions,
};
use crate::model::Table;
use crate::model::manifest::{Details, Method, Route};
use crate::records::Rows;
use crate::records::tests::fixtures::{TestClock, orders, users};
use crate::runtime::NoHeaders;
use support::{TestDatabase, endpoint};

fn serve(database: &TestDatabase, tables: &[&Table]) -> (Serving, Vec<Arc<Endpoint>>) {
    let endpoints: Vec<_> = tables.iter().map(|table| endpoint(table)).collect();
    let snapshot = Snapshot { plugins: Vec::new(), endpoints: endpoints.clone(), routes: Vec::new(), ..Snapshot::default() };
    let serving = Serving::start(database.connections(), Arc::new(TestClock::new()), snapshot, Options::default()).unwrap();
    (serving, endpoints)
}

fn request(operation: Operation, key: Option<&str>, query: &str, body: &str) -> Request {
    let (id, key) = ("test".to_owned(), key.map(str::to_owned));
    Request { id, operation, key, query: query.to_owned(), body: bytes::Bytes::copy_from_slice(body.as_bytes()) }
}

#[tokio::test]
async fn what_is_written_is_read_on_every_lane() {
    let users = users();
    let database = TestDatabase::with(&[&users]);
    let (serving, endpoints) = serve(&database, &[&users]);
    let users = &endpoints[0];
    let made = serving.run(users, request(Operation::Create, None, "", r#"{"email":"a","name":"A"}"#)).await.unwrap();
    assert_eq!((made.status, made.location.as_deref()), (201, Some("/api/v1/users/01KAMPZZZZ0000000000000001")));
    let got = serving.run(users, request(Operation::Get, Some("01KAMPZZZZ0000000000000001"), "", "")).await.unwrap();
    let body = |outcome: &Outcome| outcome.body.as_ref().map(|content| content.whole().to_vec());
    assert_eq!((got.status, body(&got)), (200, body(&made)));
    for query in ["", "page=1", "name=A"] {
        let listed = serving.run(users, request(Operation::List, None, query, "")).await.unwrap();
        assert!(String::from_utf8(body(&listed).unwrap()).unwrap().contains("01KAMPZZZZ0000000000000001"), "{query}");
    }
    let gone = serving.run(users, request(Operation::Delete, Some("01KAMPZZZZ0000000000000001"), "", "")).await.unwrap();
    assert_eq!((gone.status, body(&gone)), (204, None));
    assert_eq!(serving.total(users, "").await.unwrap(), 0);
    assert!(matches!(serving.total(users, "name=A").await, Err(CallError::Problem(_))));
    serving.check().unwrap();
}

#[tokio::test]
async fn a_plugin_that_is_not_ready_is_named_with_the_command() {
    let users = users();
    let database = TestDatabase::with(&[]);
    let (serving, _) = serve(&database, &[]);
    let behind = Endpoint { readiness: Readiness::behind(&"shop".parse().unwrap(), 1), ..(*endpoint(&users)).clone() };
    let error = serving.run(&Arc::new(behind), request(Operation::List, None, "nonsense", "")).await.unwrap_err();
    let CallError::NotReady { command, .. } = error else { panic!("{error:?}") };
    assert_eq!(command, "tenon upgrade shop@head");
}

#[tokio::test]
async fn a_handler_that_is_not_ready_is_not_called() {
    let database = TestDatabase::with(&[]);
    let (serving, _) = serve(&database, &[]);
    let readiness = Readiness::behind(&"shop".parse().unwrap(), 1);
    let handler = support::handler("users.list", Details::default());
    let handlers = std::collections::BTreeMap::from([(Operation::List, Arc::clone(&handler))]);
    let behind = Endpoint { readiness: readiness.clone(), handlers, ..(*endpoint(&users())).clone() };
    let incoming = || Incoming {
        id: "test".to_owned(),
        method: "GET".to_owned(),
        path: "/users".to_owned(),
        params: Vec::new(),
        query: String::new(),
        headers: Box::new(NoHeaders),
        body: bytes::Bytes::new(),
        media_type: String::new(),
    };
    let target = Target { endpoint: Arc::new(behind), operation: Operation::List, key: None };
    assert!(matches!(serving.handle(target, incoming()).await, Err(CallError::NotReady { .. })));
    let details = Details::default();
    let route = Route { name: "r".into(), method: Method::Get, path: "r".into(), writes: false, details };
    let (plugin, version) = ("billing".parse().unwrap(), semver::Version::new(1, 0, 0));
    let route = Arc::new(RouteEndpoint { plugin, version, readiness, route, handler, made_for: MadeFor::default() });
    assert!(matches!(serving.route(&route, incoming()).await, Err(CallError::NotReady { .. })));
}

#[tokio::test]
async fn a_refused_write_leaves_nothing_behind() {
    let (users, mut orders) = (users(), orders());
    orders.foreign_keys[0].deferred = true;
    let database = TestDatabase::with(&[&users, &orders]);
    let (serving, endpoints) = serve(&database, &[&users, &orders]);
    // The key is checked at commit only: the insert itself succeeds.
    let body = r#"{"user_id":"01HZY0V3K8Q4W9M2N5P7R1S6TD","total_amount":1}"#;
    let error = serving.run(&endpoints[1], request(Operation::Create, None, "", body)).await.unwrap_err();
    let CallError::Problem(problem) = error else { panic!("{error:?}") };
    assert_eq!((problem.status, problem.code.as_str()), (409, "conflict"));
    let listed = serving.run(&endpoints[1], request(Operation::List, None, "", "")).await.unwrap();
    assert_eq!(listed.body.unwrap().whole(), b"[]");
    assert!(serving.run(&endpoints[0], request(Operation::Create, None, "", r#"{"email":"a","name":"A"}"#)).await.is_ok());
}

#[tokio::test]
async fn a_fault_is_no_problem_of_the_clients_and_does_not_stick() {
    let users = users();
    let database = TestDatabase::with(&[]);
    let (serving, endpoints) = serve(&database, &[&users]);
    let create = || request(Operation::Create, None, "", r#"{"email":"a","name":"A"}"#);
    assert!(matches!(serving.run(&endpoints[0], create()).await, Err(CallError::Fault(_))));
    assert!(matches!(serving.run(&endpoints[0], request(Operation::List, None, "", "")).await, Err(CallError::Fault(_))));
    database.create(&users);
    assert!(serving.run(&endpoints[0], create()).await.is_ok());
    assert!(serving.run(&endpoints[0], request(Operation::List, None, "", "")).await.is_ok());
}

#[tokio::test]
async fn a_panic_in_a_write_is_answered_and_the_next_write_succeeds() {
    let shop = shop();
    let users = users();
    let database = TestDatabase::with(&[&users]);
    let writer = Writer::start(database.connections(), Arc::new(TestClock::new()), WriterOptions::default()).unwrap();
    let panics = writer.run(
        &shop,
        Work::change(MadeFor::default(), |rows: &mut dyn Rows, _| {
            rows.write(&support::insert_user("lost")).unwrap();
            panic!("on purpose")
        }),
    );
    let Err(CallError::Fault(cause)) = panics.await else { panic!("no fault") };
    assert_eq!(cause.to_string(), "panicked: on purpose");
    writer
        .run(
            &shop,
            Work::change(MadeFor::default(), |rows: &mut dyn Rows, _| Ok(rows.write(&support::insert_user("kept")).map(|_| nothing())?)),
        )
        .await
        .unwrap();
    assert_eq!(database.texts("SELECT name FROM users"), ["kept"]);
}

#[tokio::test]
async fn a_panic_in_a_read_is_answered_and_the_next_read_succeeds() {
    let database = TestDatabase::with(&[]);
    let readers =
        super::Readers::start(Pool::new(database.connections()), ReaderOptions { threads: 1, queue: 8 }, "reader", Rank::Equal).unwrap();
    assert!(matches!(readers.queued::<()>(&"shop".parse().unwrap(), |_| panic!("on purpose")).await, Err(CallError::Fault(_))));
    assert!(readers.queued(&"shop".parse().unwrap(), |pool| pool.with(|connection| Ok(connection.check()?))).await.is_ok());
}

#[tokio::test]
async fn a_full_queue_is_answered_at_once() {
    let shop = shop();
    let database = TestDatabase::with(&[]);
    let writer =
        Writer::start(database.connections(), Arc::new(TestClock::new()), WriterOptions { queue: 1, ..WriterOptions::default() }).unwrap();
    let ((began, begun), (go_on, wait)) = (channel(), channel::<()>());
    let first = writer.run(
        &shop,
        Work::change(MadeFor::default(), move |_, _| {
            began.send(()).unwrap();
            wait.recv().unwrap();
            Ok(nothing())
        }),
    );
    let mut first = std::pin::pin!(first);
    let mut second = std::pin::pin!(writer.run(&shop, Work::change(MadeFor::default(), |_, _| Ok(nothing()))));
    // Polled once each: the first is being done, the second waits, and there is room for no third.
    assert!(futures_once(first.as_mut()).await.is_none());
    begun.recv().unwrap();
    assert!(futures_once(second.as_mut()).await.is_none());
    assert!(matches!(writer.run(&shop, Work::change(MadeFor::default(), |_, _| Ok(nothing()))).await, Err(CallError::Busy)));
    go_on.send(()).unwrap();
    assert!(first.await.is_ok() && second.await.is_ok());
}

fn shop() -> crate::model::PluginName {
    "shop".parse().unwrap()
}

fn nothing() -> Outcome {
    Outcome { status: 204, ..Outcome::default() }
}

async fn futures_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
