//! How long something may take, by the clock and by the processor.
//!
//! A request that a plugin answers is held to the processor time of its thread: a thread that others push aside is not late. What only
//! waits, for a disk or for its turn, is held to the clock, which is given more ([`by_the_clock`]).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// When work must stop, whichever comes first.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// The moment.
    pub at: Instant,
    /// The [`processor_time`] of the thread that works; none when only the moment counts.
    pub processor: Option<Duration>,
    /// Set when nobody wants it any more; looked at when the work has taken a second.
    pub cut: Option<Arc<AtomicBool>>,
}

impl Deadline {
    /// For work of this thread that may take so much of its processor time, counted since that was `began`, unless it is `cut`.
    pub fn of_work(limit: Duration, began: Duration, cut: Arc<AtomicBool>) -> Self {
        Self { at: Instant::now() + by_the_clock(limit), processor: Some(began + limit), cut: Some(cut) }
    }
}

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Self {
        Self { at, processor: None, cut: None }
    }
}

/// How long something may take by the clock that may take so much processor time: it waits for disks, and for its turn on a busy machine.
pub fn by_the_clock(processor_time: Duration) -> Duration {
    processor_time * 4 + Duration::from_millis(25)
}

/// Processor time of this thread since it began.
pub fn processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// The processor time of one thread, for others to read.
#[derive(Debug, Clone, Copy)]
pub struct ThreadClock(#[cfg(target_os = "linux")] libc::clockid_t);

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "only C can ask for another thread's clock")]
impl ThreadClock {
    /// That of this thread; none where the system does not show it to others.
    pub fn current() -> Option<Self> {
        let mut clock = 0;
        // SAFETY: this thread runs, and the place for its clock is ours.
        let error = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &raw mut clock) };
        (error == 0).then_some(Self(clock))
    }

    /// None once the thread has ended.
    pub fn read(self) -> Option<Duration> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the place for the time is ours; a clock that is not there is an error.
        let error = unsafe { libc::clock_gettime(self.0, &raw mut time) };
        let (seconds, nanoseconds) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
        (error == 0).then(|| Duration::new(seconds, nanoseconds))
    }
}

#[cfg(not(target_os = "linux"))]
impl ThreadClock {
    /// That of this thread; none where the system does not show it to others.
    pub fn current() -> Option<Self> {
        None
    }

    /// None once the thread has ended.
    pub fn read(self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_thread_that_works_spends_processor_time_and_one_that_waits_does_not() {
        let began = processor_time();
        while processor_time() < began + Duration::from_millis(5) {
            black_box(0);
        }
        let (stop, waits) = channel::<()>();
        let waiting = std::thread::spawn(move || {
            let before = processor_time();
            assert!(waits.recv().is_err());
            processor_time().saturating_sub(before)
        });
        let clock = Instant::now();
        while clock.elapsed() < Duration::from_millis(30) {
            black_box(0);
        }
        drop(stop);
        assert!(waiting.join().unwrap() < Duration::from_millis(10));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_clock_of_a_thread_can_be_read_from_another_until_it_ends() {
        let (send, receive) = channel();
        let stop = AtomicBool::new(false);
        let clock = std::thread::scope(|scope| {
            scope.spawn(|| {
                send.send(ThreadClock::current().unwrap()).unwrap();
                while !stop.load(Ordering::Relaxed) {
                    black_box(0);
                }
            });
            let clock = receive.recv().unwrap();
            let before = clock.read().unwrap();
            while clock.read().unwrap() < before + Duration::from_millis(5) {
                std::thread::yield_now();
            }
            assert!(clock.read().unwrap() < Duration::from_secs(60), "it is the thread's, not the process's or the machine's");
            stop.store(true, Ordering::Relaxed);
            clock
        });
        // `scope` waits for the thread's work, and its end follows at once.
        while clock.read().is_some() {
            std::thread::yield_now();
        }
    }
}
