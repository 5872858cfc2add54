//! What is written is what is read, through the writer, the store and a file.

use proptest::prelude::*;
use serde_json::Value as Json;

use super::support::{TestDatabase, endpoint};
use super::{Arc, Operation, Options, Serving, Snapshot, TestClock, request};
use crate::records::tests::round_trip::{any_row, same, table};

proptest! {
    // Each case commits to a disk.
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn rows_of_every_type_read_back_from_the_file_as_they_were_written(rows in prop::collection::vec(any_row(), 1..4)) {
        let table = table();
        let database = TestDatabase::with(&[&table]);
        let things = endpoint(&table);
        let snapshot = Snapshot { plugins: Vec::new(), endpoints: vec![Arc::clone(&things)], routes: Vec::new(), ..Snapshot::default() };
        let serving = Serving::start(database.connections(), Arc::new(TestClock::new()), snapshot, Options::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let run = |operation, key: Option<&str>, body: &str| runtime.block_on(serving.run(&things, request(operation, key, "", body))).unwrap();
        let json = |outcome: &super::Outcome| serde_json::from_slice::<Json>(outcome.body.as_ref().unwrap().whole()).unwrap();
        for written in &rows {
            let made = run(Operation::Create, None, &written.to_string());
            let key = made.location.as_deref().unwrap().rsplit_once('/').unwrap().1.to_owned();
            let read = json(&run(Operation::Get, Some(&key), ""));
            same(written, &read)?;
            prop_assert_eq!(&read, &json(&made));
        }
        let listed = json(&run(Operation::List, None, ""));
        prop_assert_eq!(listed.as_array().unwrap().len(), rows.len());
        for (written, read) in rows.iter().zip(listed.as_array().unwrap()) {
            same(written, read)?;
        }
    }
}
