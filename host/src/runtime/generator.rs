//! Randomness that repeats itself: what a migration gets from `host.random` and `host.new-id`. What a handler gets does not.
//!
//! SHA-256 over the step's seed and a counter. A step that is run again after a rollback, in another process or in the proof sees the
//! same bytes; a plugin that knows them learns nothing about the seed, nor about another plugin's.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::error::Stop;
use super::limits::RANDOM_BYTES;

/// The clock and the dice of one step.
#[derive(Debug)]
pub(super) struct Generator {
    seed: [u8; 32],
    counter: u64,
    now_ms: u64,
    last: Option<Ulid>,
}

impl Generator {
    /// `created` is what the clock says; a date before 1970 counts as 1970.
    pub(super) fn new(seed: [u8; 32], created: DateTime<Utc>) -> Self {
        Self { seed, counter: 0, now_ms: u64::try_from(created.timestamp_millis()).unwrap_or(0), last: None }
    }

    /// Milliseconds since the Unix epoch.
    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The next `length` bytes.
    pub(super) fn random(&mut self, length: u32) -> Result<Vec<u8>, Stop> {
        let length = checked(length)?;
        let mut bytes = Vec::with_capacity(length.next_multiple_of(32));
        while bytes.len() < length {
            bytes.extend_from_slice(&self.block());
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    /// The next ULID: later than every one before it in this step.
    pub(super) fn new_id(&mut self) -> Result<String, Stop> {
        let id = match self.last {
            Some(last) => last.increment().map_err(|_| Stop::Misuse("host.new-id has no further id for this millisecond".to_owned()))?,
            None => {
                let mut random = [0; 16];
                random.copy_from_slice(&self.block()[..16]);
                // The top bit of the 80 stays clear: 2^79 ids at least before the increment runs over.
                Ulid::from_parts(self.now_ms, u128::from_be_bytes(random) & ((1 << 79) - 1))
            }
        };
        self.last = Some(id);
        Ok(id.to_string())
    }

    fn block(&mut self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.seed);
        hasher.update(self.counter.to_le_bytes());
        self.counter += 1;
        hasher.finalize().into()
    }
}

/// Bytes that nobody can guess: what a handler gets from `host.random`.
pub(super) fn unpredictable(length: u32) -> Result<Vec<u8>, Stop> {
    let mut bytes = vec![0; checked(length)?];
    getrandom::fill(&mut bytes).map_err(|error| Stop::Host(format!("the machine gives no random bytes: {error}")))?;
    Ok(bytes)
}

fn checked(length: u32) -> Result<usize, Stop> {
    if length > RANDOM_BYTES {
        return Err(Stop::Misuse(format!("host.random was asked for {length} bytes; it gives at most {RANDOM_BYTES} a call")));
    }
    Ok(length as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(seed: u8) -> Generator {
        Generator::new([seed; 32], "2025-10-24T15:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_same_seed_gives_the_same_answers() {
        let (mut a, mut b, mut other) = (generator(1), generator(1), generator(2));
        for length in [0, 1, 31, 32, 33, RANDOM_BYTES] {
            let bytes = a.random(length).unwrap();
            assert_eq!(bytes.len(), length as usize);
            assert_eq!(bytes, b.random(length).unwrap());
        }
        assert_eq!(a.new_id().unwrap(), b.new_id().unwrap());
        assert_ne!(a.random(16).unwrap(), other.random(16).unwrap());
        assert!(a.random(RANDOM_BYTES + 1).is_err());
    }

    #[test]
    fn ids_are_monotonic_ulids_of_the_steps_clock() {
        let mut generator = generator(1);
        let ids: Vec<String> = (0..100).map(|_| generator.new_id().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.len() == 26 && *id == id.to_ascii_uppercase()));
        assert_eq!(Ulid::from_string(&ids[0]).unwrap().timestamp_ms(), generator.now_ms());
    }

    #[test]
    fn a_clock_before_1970_says_zero() {
        assert_eq!(Generator::new([0; 32], "1969-01-01T00:00:00Z".parse().unwrap()).now_ms(), 0);
    }
}
