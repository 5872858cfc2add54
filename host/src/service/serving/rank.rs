//! How much of the machine a thread gets beside others.

#[cfg(target_os = "linux")]
use thread_priority::{NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id};

/// How much of the machine a thread gets beside others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// As much as any.
    Equal,
    /// What the others leave, where the system knows that (Linux does). For plugins that took too much: on an idle machine they are as fast
    /// as any.
    Last,
}

impl Rank {
    /// Gives the calling thread this rank.
    pub(super) fn take(self) {
        if self == Self::Equal {
            return;
        }
        #[cfg(target_os = "linux")]
        give_way();
    }
}

#[cfg(target_os = "linux")]
fn give_way() {
    let policy = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy) {
        tracing::warn!("a thread for plugins that take long could not be put behind the others ({error:?}); they may slow them down");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_last_rank_is_the_schedulers_idle_policy() {
        let policy = || {
            // Field 41 of the thread's `stat`, counted after the name in parentheses; 5 is SCHED_IDLE, 0 SCHED_OTHER.
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            stat.rsplit_once(") ").unwrap().1.split(' ').nth(38).unwrap().to_owned()
        };
        let of = |rank: Rank| {
            let thread = std::thread::spawn(move || {
                rank.take();
                policy()
            });
            thread.join().unwrap()
        };
        assert_eq!((of(Rank::Equal).as_str(), of(Rank::Last).as_str()), ("0", "5"));
    }
}
