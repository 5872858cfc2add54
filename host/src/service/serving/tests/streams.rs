//! Lists that are too large to be kept.

use std::time::Duration;

use serde_json::Value as Json;

use super::support::{Log, TestDatabase, endpoint};
use super::{Arc, CallError, Endpoint, Operation, Options, Outcome, Serving, Snapshot, TestClock, request, users};
use crate::service::serving::{Broken, Content, Pieces, StreamOptions};

/// How many users there are, with names of a kilobyte each.
const ROWS: usize = 900;

const CROWD: &str = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 900)
    INSERT INTO users (email, name, is_active, id, created_at, updated_at, tags)
    SELECT n || '@x', printf('%01000d', n), 1, printf('01KAMPZZZZ%016d', n), '2026-01-01 00:00:00.000', '2026-01-01 00:00:00.000', '[]'
    FROM series";

fn crowd(streams: StreamOptions) -> (TestDatabase, Serving, Arc<Endpoint>) {
    let table = users();
    let database = TestDatabase::with(&[&table]);
    database.connect().execute(CROWD, []).unwrap();
    let users = endpoint(&table);
    let snapshot = Snapshot { plugins: Vec::new(), endpoints: vec![Arc::clone(&users)], routes: Vec::new(), ..Snapshot::default() };
    let options = Options { streams, ..Options::default() };
    let serving = Serving::start(database.connections(), Arc::new(TestClock::new()), snapshot, options).unwrap();
    (database, serving, users)
}

async fn next(pieces: &mut Pieces) -> Option<Result<Vec<u8>, Broken>> {
    std::future::poll_fn(|context| pieces.poll(context)).await
}

async fn list(serving: &Serving, users: &Arc<Endpoint>, query: &str) -> Result<(Pieces, Option<String>), CallError> {
    let Outcome { body, link, .. } = serving.run(users, request(Operation::List, None, query, "")).await?;
    let Some(Content::Pieces(pieces)) = body else { panic!("it was kept whole") };
    Ok((pieces, link.map(|link| link.split_once('?').unwrap().1.to_owned())))
}

async fn all(mut pieces: Pieces) -> Json {
    let mut body = Vec::new();
    while let Some(piece) = next(&mut pieces).await {
        body.extend(piece.unwrap());
    }
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn a_large_list_comes_in_pieces_and_leads_on() {
    let (_database, serving, users) = crowd(StreamOptions::default());
    for query in ["limit=800", "is_active=true&limit=800"] {
        let (pieces, link) = list(&serving, &users, query).await.unwrap();
        let rows = all(pieces).await;
        assert_eq!((rows.as_array().unwrap().len(), &rows[799]["email"]), (800, &Json::from("800@x")), "{query}");
        let rest = serving.run(&users, request(Operation::List, None, &link.unwrap(), "")).await.unwrap();
        let rest: Json = serde_json::from_slice(rest.body.unwrap().whole()).unwrap();
        assert_eq!((rest.as_array().unwrap().len(), &rest[0]["email"]), (ROWS - 800, &Json::from("801@x")), "{query}");
    }
    let (pieces, link) = list(&serving, &users, "page=1&size=1000").await.unwrap();
    let page = all(pieces).await;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["total"], link), (ROWS, &Json::from(ROWS), None));
}

#[tokio::test]
async fn one_stream_too_many_is_answered_at_once_and_one_given_up_makes_room() {
    let (_database, serving, users) = crowd(StreamOptions { most: 1, ..StreamOptions::default() });
    let (first, _) = list(&serving, &users, "limit=900").await.unwrap();
    assert!(matches!(list(&serving, &users, "limit=900").await, Err(CallError::Crowded(reason)) if reason.starts_with("1 lists")));
    drop(first);
    // The thread notices with its next piece.
    assert_eq!(all(when_free(&serving, &users).await).await.as_array().unwrap().len(), ROWS);
}

/// A stream as soon as there is room for it.
async fn when_free(serving: &Serving, users: &Arc<Endpoint>) -> Pieces {
    loop {
        match list(serving, users, "limit=900").await {
            Err(CallError::Crowded(_)) => tokio::task::yield_now().await,
            other => return other.unwrap().0,
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_take_its_list_loses_it() {
    let (_database, serving, users) = crowd(StreamOptions { most: 1, time: Duration::from_millis(20) });
    let log = Log::of_this_thread();
    let (mut slow, _) = list(&serving, &users, "limit=900").await.unwrap();
    // Its room is another's once its time is over, although nobody took a piece.
    drop(when_free(&serving, &users).await);
    let mut ends = Vec::new();
    while let Some(piece) = next(&mut slow).await {
        ends.push(piece.is_err());
    }
    assert!(ends.len() <= 3 && ends.last() == Some(&true), "{ends:?}");
    let told = &log.saying("a list was not taken in time and broke off")[0];
    let told = ["plugin", "operation", "request_id"].map(|field| told[field].as_str());
    assert_eq!(told, [Some("shop"), Some("users.list"), Some("test")]);
}
