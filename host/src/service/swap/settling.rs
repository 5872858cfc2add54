//! Which of the files that are otherwise than before have come to rest: one that is still being copied is not taken half.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::service::folder::Stamp;

/// The files of the plugins folder, each in its state.
pub(super) type Glance = BTreeMap<PathBuf, Stamp>;

/// How long a file must have been as it is.
const REST: Duration = Duration::from_millis(500);

/// How often it must have been seen so. Where the whole machine stands still for a while, who writes does so too.
const LOOKS: u32 = 3;

/// The files that are otherwise than they were taken.
#[derive(Debug, Default)]
pub(super) struct Settling(BTreeMap<PathBuf, Change>);

#[derive(Debug)]
struct Change {
    /// None where it is gone.
    state: Option<Stamp>,
    since: Instant,
    looks: u32,
}

impl Settling {
    /// What was taken, with every file for it that has been as it is `seen` for a while: each by itself, so that one that is written to again and
    /// again holds up no other.
    pub(super) fn settled(&mut self, taken: &Glance, seen: &Glance, now: Instant) -> Glance {
        let mut settled = taken.clone();
        let mut known = std::mem::take(&mut self.0);
        let paths: BTreeSet<&PathBuf> = taken.keys().chain(seen.keys()).collect();
        for path in paths.into_iter().filter(|path| taken.get(*path) != seen.get(*path)) {
            let state = seen.get(path).cloned();
            let mut change = known.remove(path).filter(|known| known.state == state).unwrap_or(Change { state, since: now, looks: 0 });
            change.looks += 1;
            if change.looks >= LOOKS && now.duration_since(change.since) >= REST {
                match &change.state {
                    Some(stamp) => _ = settled.insert(path.clone(), stamp.clone()),
                    None => _ = settled.remove(path),
                }
            }
            // Also one that is settled, until it is taken: that may fail.
            self.0.insert(path.clone(), change);
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::folder::glance;

    const LOOK: Duration = Duration::from_millis(250);

    /// A folder, looked at again and again.
    struct Folder {
        folder: tempfile::TempDir,
        settling: Settling,
        taken: Glance,
        now: Instant,
    }

    impl Folder {
        fn new() -> Self {
            let (folder, settling) = (tempfile::tempdir().unwrap(), Settling::default());
            Self { folder, settling, taken: Glance::new(), now: Instant::now() }
        }

        fn write(&self, file: &str, content: &str) {
            std::fs::write(self.folder.path().join(file), content).unwrap();
        }

        /// The names of what is settled, after a pause.
        fn look_after(&mut self, pause: Duration) -> Vec<String> {
            self.now += pause;
            let settled = self.settling.settled(&self.taken, &glance(self.folder.path()).unwrap(), self.now);
            settled.into_keys().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        }

        fn take(&mut self) {
            self.taken = glance(self.folder.path()).unwrap();
        }
    }

    #[test]
    fn a_file_that_grows_is_not_taken_until_it_has_been_the_same_for_a_while() {
        let mut folder = Folder::new();
        for bytes in 1..20 {
            folder.write("a.wasm", &"a".repeat(bytes));
            assert!(folder.look_after(LOOK).is_empty());
        }
        assert!(folder.look_after(LOOK).is_empty());
        assert_eq!(folder.look_after(LOOK), ["a.wasm"]);
        // Nothing was made of it yet.
        assert_eq!(folder.look_after(LOOK), ["a.wasm"]);
    }

    #[test]
    fn a_pause_in_which_nobody_looked_does_not_count() {
        let mut folder = Folder::new();
        folder.write("a.wasm", "a");
        assert!(folder.look_after(LOOK).is_empty());
        assert!(folder.look_after(LOOK * 40).is_empty());
        assert_eq!(folder.look_after(LOOK), ["a.wasm"]);
    }

    #[test]
    fn looks_in_quick_succession_do_not_make_it_older() {
        let mut folder = Folder::new();
        folder.write("a.wasm", "a");
        for _ in 0..10 {
            assert!(folder.look_after(Duration::from_millis(1)).is_empty());
        }
        assert_eq!(folder.look_after(REST), ["a.wasm"]);
    }

    #[test]
    fn a_file_that_is_gone_for_a_moment_is_not_taken_out() {
        let mut folder = Folder::new();
        folder.write("a.wasm", "a");
        folder.take();
        let (path, aside) = (folder.folder.path().join("a.wasm"), folder.folder.path().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        assert_eq!((folder.look_after(LOOK), folder.look_after(LOOK)), (vec!["a.wasm".to_owned()], vec!["a.wasm".to_owned()]));
        assert!(folder.look_after(LOOK).is_empty());
        // Another one by its number or its time.
        std::fs::rename(aside, path).unwrap();
        assert_eq!(folder.look_after(LOOK), ["a.wasm"]);
    }

    #[test]
    fn one_that_is_written_to_again_and_again_holds_up_no_other() {
        let mut folder = Folder::new();
        folder.write("b.wasm", "b");
        for bytes in 1..4 {
            folder.write("a.wasm", &"a".repeat(bytes));
            let settled = folder.look_after(LOOK);
            assert_eq!(settled.len(), usize::from(bytes == 3), "{settled:?}");
        }
        assert_eq!(folder.look_after(LOOK), ["b.wasm"]);
    }
}
