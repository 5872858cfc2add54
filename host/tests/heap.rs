//! The heap that the SDK gives a plugin: what was given back is there again, in pieces as large as they were.

mod support;

use support::TestHost;

#[test]
fn a_list_that_grows_takes_the_room_of_what_it_was_before() {
    // As pieces that never become one again the list's former places had 130 MiB.
    let host = TestHost::new().plugin("grows-a-list").configured("[limits]\nmemory-mib = 16\n");
    host.serve().get("grows-a-list").is(204);
}
