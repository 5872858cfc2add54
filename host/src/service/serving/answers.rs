//! How much of what plugins answer lies in memory at one time. An answer is kept until its client has taken it, and the client decides how
//! long that takes.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::WHOLE_BYTES;
use super::call::CallError;

/// Bytes of all of them together: 32 of the largest that a plugin may answer by default.
const MOST_BYTES: usize = 256 << 20;

/// Bytes of those of one plugin: what is left is for others.
const MOST_BYTES_OF_ONE: usize = MOST_BYTES / 2;

/// What is counted at once.
const UNIT: usize = 1 << 10;

/// The answers that are being made or sent. Those that are no larger than the lists that the host itself keeps are not counted: there are
/// as many of them as connections at the most.
#[derive(Debug)]
pub(super) struct Answers {
    free: Arc<Semaphore>,
    most: usize,
}

impl Answers {
    /// Those of all plugins.
    pub(super) fn of_all() -> Self {
        Self::of(MOST_BYTES)
    }

    /// Those of one plugin, which are among those of all.
    pub(super) fn of_one() -> Self {
        Self::of(MOST_BYTES_OF_ONE)
    }

    fn of(most_bytes: usize) -> Self {
        let most = most_bytes / UNIT;
        Self { free: Arc::new(Semaphore::new(most)), most }
    }

    /// Counts a body among these and its plugin's, until the last who holds it lets it go. One that is larger than all there is may be
    /// there alone.
    ///
    /// # Errors
    /// [`CallError::Crowded`].
    pub(super) fn count(&self, of_plugin: &Self, body: Bytes) -> Result<Bytes, CallError> {
        if body.len() <= WHOLE_BYTES {
            return Ok(body);
        }
        let places = [of_plugin.take(body.len())?, self.take(body.len())?];
        Ok(Bytes::from_owner(Counted { body, _places: places }))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, CallError> {
        let units = u32::try_from(bytes.div_ceil(UNIT).min(self.most)).unwrap_or(u32::MAX);
        Arc::clone(&self.free).try_acquire_many_owned(units).map_err(|_| {
            let most = self.most * UNIT;
            CallError::Crowded(format!("answers of plugins that their clients have not taken yet have as many bytes as may wait, {most}"))
        })
    }
}

/// A body with the places that it takes.
struct Counted {
    body: Bytes,
    _places: [OwnedSemaphorePermit; 2],
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(kib: usize) -> Bytes {
        vec![b'x'; kib << 10].into()
    }

    #[test]
    fn a_large_answer_takes_its_place_until_nobody_holds_it() {
        let [answers, one] = [(); 2].map(|()| Answers::of(1 << 20));
        let first = answers.count(&one, body(600)).unwrap();
        assert_eq!(first.len(), 600 << 10);
        assert!(matches!(answers.count(&one, body(600)), Err(CallError::Crowded(_))));
        // Small ones are not counted.
        let small: Vec<Bytes> = (0..10).map(|_| answers.count(&one, body(256)).unwrap()).collect();
        let part = first.slice(10..20);
        drop(first);
        assert!(answers.count(&one, body(600)).is_err());
        drop((part, small));
        assert!(answers.count(&one, body(600)).is_ok());
    }

    #[test]
    fn one_that_is_larger_than_all_there_is_may_be_there_alone() {
        let [answers, one] = [(); 2].map(|()| Answers::of(1 << 20));
        let huge = answers.count(&one, body(5_000)).unwrap();
        assert!(answers.count(&one, body(300)).is_err());
        drop(huge);
        assert!(answers.count(&one, body(300)).is_ok());
    }

    #[test]
    fn one_plugin_has_its_share_and_leaves_the_rest() {
        let (answers, [one, other]) = (Answers::of(2 << 20), [(); 2].map(|()| Answers::of(1 << 20)));
        let held = answers.count(&one, body(600)).unwrap();
        assert!(matches!(answers.count(&one, body(600)), Err(CallError::Crowded(_))));
        let of_other = answers.count(&other, body(600)).unwrap();
        drop(held);
        assert!(answers.count(&one, body(600)).is_ok());
        drop(of_other);
    }
}
