//! The line of log of a request.

use std::task::Poll;

use tower::ServiceExt;

use super::{TestHost, request};
use crate::service::serving::tests::support::Log;

const ALICE: &str = r#"{"email":"alice@example.com","name":"Alice"}"#;

#[tokio::test]
async fn a_client_that_leaves_is_logged_with_what_it_asked_for() {
    let (host, log) = (TestHost::shop(), Log::of_this_thread());
    // Nobody can write, so it waits.
    let lock = host.database.connect();
    lock.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut answer = Box::pin(host.router.clone().oneshot(request("POST", "/api/v1/users", Some(ALICE))));
    let waits = std::future::poll_fn(|context| Poll::Ready(answer.as_mut().poll(context).is_pending())).await;
    assert!(waits);
    drop(answer);
    let line = &log.saying("request")[0];
    assert_eq!((line["status"].as_u64(), line["request_id"].as_str()), (Some(499), Some("test")));
    let said = ["plugin", "operation", "path"].map(|field| line[field].as_str());
    assert_eq!(said, [Some("shop"), Some("users.create"), Some("/api/v1/users")]);
}
