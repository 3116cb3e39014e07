//! How many steps a worker can still take.
//!
//! A place is used by a step that runs, or that ended and is not being settled yet. When its outcome goes to the store the place
//! is free, and is given to that call at once: whatever a call under way may bring back has a place. So the worker never holds
//! more than it may, however many calls are under way.

use std::collections::BTreeMap;

use crate::DefinitionId;
use crate::store::{Outcome, Room};

pub(super) struct Capacity {
    steps: usize,
    limits: BTreeMap<DefinitionId, usize>,
    used: Places,
}

/// Places in all, and for each definition that has a limit.
#[derive(Debug, Default)]
pub(super) struct Places {
    total: usize,
    limited: BTreeMap<DefinitionId, usize>,
}

impl Capacity {
    pub(super) fn new(steps: usize, limits: BTreeMap<DefinitionId, usize>) -> Self {
        Self { steps, limits, used: Places::default() }
    }

    /// A step takes its place.
    pub(super) fn take(&mut self, definition: DefinitionId) {
        self.used.total += 1;
        if self.limits.contains_key(&definition) {
            *self.used.limited.entry(definition).or_default() += 1;
        }
    }

    /// The place of a step is free.
    pub(super) fn give_back(&mut self, definition: DefinitionId) {
        self.used.total = self.used.total.saturating_sub(1);
        if let Some(used) = self.used.limited.get_mut(&definition) {
            *used = used.saturating_sub(1);
        }
    }

    /// The places that are free.
    pub(super) fn room(&self) -> Room {
        let room = Room::new(self.steps.saturating_sub(self.used.total));
        self.limits.iter().fold(room, |room, (&definition, limit)| {
            let used = self.used.limited.get(&definition).copied().unwrap_or_default();
            room.limit(definition, limit.saturating_sub(used))
        })
    }

    /// Keeps places for what a call may bring, which is what it has room for, or for the outcomes that it may fail to settle.
    pub(super) fn reserve(&mut self, room: &Room, outcomes: &[Outcome]) -> Places {
        let mut kept = Places { total: room.total().max(outcomes.len()), limited: BTreeMap::new() };
        for &definition in self.limits.keys() {
            let ending = outcomes.iter().filter(|outcome| outcome.definition == definition).count();
            kept.limited.insert(definition, room.of(definition).max(ending));
        }
        self.used.total += kept.total;
        for (&definition, places) in &kept.limited {
            *self.used.limited.entry(definition).or_default() += places;
        }
        kept
    }

    /// The call has ended.
    pub(super) fn release(&mut self, kept: &Places) {
        self.used.total = self.used.total.saturating_sub(kept.total);
        for (definition, places) in &kept.limited {
            if let Some(used) = self.used.limited.get_mut(definition) {
                *used = used.saturating_sub(*places);
            }
        }
    }

    /// The definitions that have a limit.
    pub(super) fn limited(&self) -> impl Iterator<Item = DefinitionId> {
        self.limits.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_call_has_room_for_is_nobody_elses() {
        let limited = DefinitionId(1);
        let mut capacity = Capacity::new(10, BTreeMap::from([(limited, 3)]));
        capacity.take(limited);
        capacity.take(DefinitionId(2));
        let room = capacity.room();
        assert_eq!((room.total(), room.of(limited), room.of(DefinitionId(2))), (8, 2, 8));
        let kept = capacity.reserve(&room, &[]);
        assert!(capacity.room().is_empty());
        capacity.give_back(limited);
        assert_eq!((capacity.room().total(), capacity.room().of(limited)), (1, 1));
        capacity.release(&kept);
        assert_eq!((capacity.room().total(), capacity.room().of(limited)), (9, 3));
    }
}
