//! The order of the queue: higher priorities first, earlier submissions first among equals. Moving jobs
//! changes as few priorities as it can. Pure.

use std::collections::HashSet;

use crate::{db::JobKey, model::JobId};

/// A job in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) key: JobKey,
    /// Higher goes first.
    pub(crate) priority: i64,
}

/// The queue with the jobs of `moved`, in that order, directly before `before` or at the end; where
/// `before` is itself moved, the next job that is not takes its place.
pub(crate) fn reordered(queue: &[Place], moved: &[JobId], before: Option<JobId>) -> Vec<Place> {
    let set: HashSet<JobId> = moved.iter().copied().collect();
    let behind = before.and_then(|before| queue.iter().position(|place| place.key.id == before));
    let (front, back) = queue.split_at(behind.unwrap_or(queue.len()));
    let stays = |place: &&Place| !set.contains(&place.key.id);
    let mut told = HashSet::new();
    let moved = moved.iter().filter(|id| told.insert(**id));
    let moved = moved.filter_map(|id| queue.iter().find(|place| place.key.id == *id));
    front.iter().filter(stays).chain(moved).chain(back.iter().filter(stays)).copied().collect()
}

/// The jobs whose priority has to change for the queue to be in the order of `wanted`. What is moved to
/// the end gets the lowest priority there is, so that what is submitted later still comes after it.
pub(crate) fn changes(wanted: &[Place], moved: &[JobId]) -> Vec<Place> {
    let moved: HashSet<JobId> = moved.iter().copied().collect();
    let lowest = wanted.iter().map(|place| place.priority).min().unwrap_or(0);
    let mut changes = Vec::new();
    let mut next: Option<Place> = None;
    for place in wanted.iter().rev() {
        let needed = match next {
            None => lowest,
            Some(next) if place.key.num < next.key.num => next.priority,
            Some(next) => next.priority.saturating_add(1),
        };
        let priority = if moved.contains(&place.key.id) { needed } else { place.priority.max(needed) };
        let placed = Place { priority, ..*place };
        if placed != *place {
            changes.push(placed);
        }
        next = Some(placed);
    }
    changes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(num: i64) -> JobId {
        format!("{num:032x}").parse().unwrap()
    }

    fn sorted(mut queue: Vec<Place>) -> Vec<Place> {
        queue.sort_by_key(|place| (std::cmp::Reverse(place.priority), place.key.num));
        queue
    }

    fn apply(queue: &[Place], moved: &[JobId], before: Option<JobId>) -> Vec<Place> {
        let changes = changes(&reordered(queue, moved, before), moved);
        let change = |place: &Place| changes.iter().find(|c| c.key == place.key).copied();
        sorted(queue.iter().map(|place| change(place).unwrap_or(*place)).collect())
    }

    /// One after another, as a window does that hears of it.
    fn naive(mut queue: Vec<JobId>, moved: &[JobId], before: Option<JobId>) -> Vec<JobId> {
        let place = before.and_then(|id| queue.iter().position(|at| *at == id)).unwrap_or(queue.len());
        let before = queue[place..].iter().find(|at| !moved.contains(at)).copied();
        for job in moved {
            queue.retain(|at| at != job);
            let to = before.and_then(|id| queue.iter().position(|at| *at == id)).unwrap_or(queue.len());
            queue.insert(to, *job);
        }
        queue
    }

    proptest! {
        #[test]
        fn any_series_of_moves_gives_the_order_asked_for(
            priorities in prop::collection::vec(-2_i64..3, 1..12),
            moves in prop::collection::vec(
                (prop::sample::subsequence((0..12).collect::<Vec<i64>>(), 1..5).prop_shuffle(), 0_i64..14), 1..20),
        ) {
            let jobs = i64::try_from(priorities.len()).unwrap();
            let place = |(priority, num)| Place { key: JobKey { num, id: id(num) }, priority };
            let mut queue = sorted(priorities.into_iter().zip(0..).map(place).collect());
            for (moved, before) in moves {
                let moved: Vec<JobId> = moved.into_iter().filter(|num| *num < jobs).map(id).collect();
                let before = (before < jobs).then(|| id(before));
                let wanted = naive(queue.iter().map(|place| place.key.id).collect(), &moved, before);
                let lowest = queue.iter().map(|place| place.priority).min();
                queue = apply(&queue, &moved, before);
                prop_assert_eq!(queue.iter().map(|place| place.key.id).collect::<Vec<_>>(), wanted);
                prop_assert!(queue.iter().map(|place| place.priority).min() >= lowest);
            }
        }
    }

    #[test]
    fn moving_one_job_to_the_front_changes_that_job_alone() {
        let queue: Vec<Place> =
            (0..5).map(|num| Place { key: JobKey { num, id: id(num) }, priority: 0 }).collect();
        let changed = changes(&reordered(&queue, &[id(3)], Some(id(0))), &[id(3)]);
        assert_eq!(changed, [Place { priority: 1, ..queue[3] }]);
        let again = changes(&reordered(&queue, &[id(1)], Some(id(1))), &[id(1)]);
        assert_eq!(again, []);
    }
}
