//! A queue in which plugins take turns: whoever has many jobs waiting holds up its own, and nobody else's.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::model::PluginName;

/// Jobs that wait, at most so many, to be taken plugin by plugin, each plugin's in their order.
#[derive(Debug)]
pub(super) struct Turns<J> {
    most: usize,
    state: Mutex<State<J>>,
    arrived: Condvar,
}

#[derive(Debug)]
struct State<J> {
    waiting: usize,
    /// Plugins with jobs; the first is next.
    lines: VecDeque<(PluginName, VecDeque<J>)>,
    closed: bool,
}

/// A job that the queue does not take.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// As many wait as may.
    Full,
    /// Nobody takes any more.
    Closed,
}

impl<J> Turns<J> {
    pub(super) fn new(most: usize) -> Self {
        let state = State { waiting: 0, lines: VecDeque::new(), closed: false };
        Self { most, state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Puts a plugin's job behind its others.
    ///
    /// # Errors
    /// See [`Refused`].
    pub(super) fn push(&self, plugin: &PluginName, job: J) -> Result<(), Refused> {
        let mut state = self.state();
        if state.closed {
            return Err(Refused::Closed);
        }
        if state.waiting >= self.most {
            return Err(Refused::Full);
        }
        state.waiting += 1;
        match state.lines.iter_mut().find(|(name, _)| name == plugin) {
            Some((_, line)) => line.push_back(job),
            None => state.lines.push_back((plugin.clone(), VecDeque::from([job]))),
        }
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next job; waits for one. None once the queue is closed and empty.
    pub(super) fn take(&self) -> Option<J> {
        let mut state = self.state();
        loop {
            if let Some((plugin, mut line)) = state.lines.pop_front() {
                let job = line.pop_front();
                if !line.is_empty() {
                    state.lines.push_back((plugin, line));
                }
                if job.is_some() {
                    state.waiting -= 1;
                    return job;
                }
            } else if state.closed {
                return None;
            } else {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// Takes no more jobs. Those that wait are still handed out.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.arrived.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn plugin(name: &str) -> PluginName {
        name.parse().unwrap()
    }

    #[test]
    fn plugins_take_turns_and_each_keeps_its_order() {
        let turns = Turns::new(100);
        let (greedy, modest) = (plugin("greedy"), plugin("modest"));
        for number in 0..5 {
            turns.push(&greedy, ("greedy", number)).unwrap();
        }
        turns.push(&modest, ("modest", 0)).unwrap();
        turns.push(&modest, ("modest", 1)).unwrap();
        turns.close();
        let taken: Vec<_> = std::iter::from_fn(|| turns.take()).collect();
        let expected = [("greedy", 0), ("modest", 0), ("greedy", 1), ("modest", 1), ("greedy", 2), ("greedy", 3), ("greedy", 4)];
        assert_eq!(taken, expected);
        assert_eq!(turns.push(&modest, ("modest", 2)), Err(Refused::Closed));
    }

    #[test]
    fn it_is_bounded_and_a_place_comes_back_with_each_job() {
        let turns = Turns::new(2);
        let one = plugin("one");
        assert_eq!([(); 3].map(|()| turns.push(&one, ())), [Ok(()), Ok(()), Err(Refused::Full)]);
        assert_eq!(turns.take(), Some(()));
        assert_eq!(turns.push(&plugin("other"), ()), Ok(()));
    }

    #[test]
    fn those_who_wait_are_woken_by_jobs_and_by_the_end() {
        let turns = Arc::new(Turns::new(1_000));
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let turns = Arc::clone(&turns);
                std::thread::spawn(move || std::iter::from_fn(|| turns.take()).sum::<usize>())
            })
            .collect();
        for number in 0..1_000 {
            turns.push(&plugin(["a", "b", "c"][number % 3]), number).unwrap();
        }
        turns.close();
        assert_eq!(workers.into_iter().map(|worker| worker.join().unwrap()).sum::<usize>(), 499_500);
    }
}
