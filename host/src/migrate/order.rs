//! The one deterministic topological order that everything else is cut out of.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Orders the vertices `0..before.len()` so that each comes after all of `before[vertex]`; of those that could come next, the
/// smallest number does. Linear but for the heap.
///
/// # Errors
/// A cycle: each of its vertices has the next one, and the last the first, in its `before`.
pub(super) fn order(before: &[Vec<usize>]) -> Result<Vec<usize>, Vec<usize>> {
    let mut waits_for: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); before.len()];
    for (vertex, earlier) in before.iter().enumerate() {
        earlier.iter().for_each(|&e| after[e].push(vertex));
    }
    let mut ready: BinaryHeap<Reverse<usize>> = (0..before.len()).filter(|&v| waits_for[v] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(before.len());
    while let Some(Reverse(vertex)) = ready.pop() {
        order.push(vertex);
        for &later in &after[vertex] {
            waits_for[later] -= 1;
            if waits_for[later] == 0 {
                ready.push(Reverse(later));
            }
        }
    }
    if order.len() == before.len() { Ok(order) } else { Err(cycle(before, &waits_for)) }
}

/// Whoever still waits, waits for someone who still waits: following them must come round.
fn cycle(before: &[Vec<usize>], waits_for: &[usize]) -> Vec<usize> {
    let waiting = |&v: &usize| waits_for[v] > 0;
    let mut seen_at = vec![None; before.len()];
    let mut path = Vec::new();
    let mut next = (0..before.len()).rfind(waiting);
    while let Some(vertex) = next {
        if let Some(start) = seen_at[vertex] {
            path.drain(..start);
            break;
        }
        seen_at[vertex] = Some(path.len());
        path.push(vertex);
        next = before[vertex].iter().copied().find(waiting);
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_smallest() {
        assert_eq!(order(&[vec![3], vec![], vec![], vec![2]]), Ok(vec![1, 2, 3, 0]));
    }

    #[test]
    fn a_cycle_is_found_behind_those_that_only_wait_for_it() {
        assert_eq!(order(&[vec![1], vec![2], vec![1], vec![0]]), Err(vec![1, 2]));
        assert_eq!(order(&[vec![0]]), Err(vec![0]));
    }
}
