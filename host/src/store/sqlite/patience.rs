//! Waiting for a lock that another process holds.
//!
//! SQLite has no queue for its write lock: who wants it looks again and again. Its own way of waiting soon sleeps 100 ms between two
//! looks, and so misses the moments in which a busy writer lets others in (see `service::serving`): 731 ms for one wait in a hundred, 2 s
//! for the longest, under 8,000 writes a second. A look costs some 2 µs, so we look more often: 22 ms and 58 ms.

use std::time::{Duration, Instant};

use rusqlite::Connection;

/// Between two looks, at first: a writer rests as long.
const SHORT: Duration = Duration::from_micros(250);

/// Between two looks of somebody who has waited for a while, perhaps for a migration that takes minutes.
const LONG: Duration = Duration::from_millis(2);

/// How long looks follow each other quickly.
const EAGER: Duration = Duration::from_secs(1);

/// Makes statements of the connection wait for others, at most so long, and no longer once `give_up` answers yes: nothing interrupts
/// somebody who waits.
pub(super) fn set(connection: &mut Connection, most: Duration, give_up: impl Fn() -> bool + Send + 'static) -> rusqlite::Result<()> {
    let mut began = Instant::now();
    connection.busy_handler(Some(move |looks: i32| {
        if looks == 0 {
            began = Instant::now();
        }
        let waited = began.elapsed();
        if waited >= most || give_up() {
            return false;
        }
        std::thread::sleep(if waited < EAGER { SHORT } else { LONG });
        true
    }))
}
