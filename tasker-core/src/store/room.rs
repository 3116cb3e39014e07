use std::collections::BTreeMap;

use crate::DefinitionId;

/// How many steps a worker can take: in all, and of each definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    total: usize,
    limits: BTreeMap<DefinitionId, usize>,
    for_released: bool,
}

impl Room {
    /// Room for so many steps, of whatever definition.
    #[must_use]
    pub fn new(total: usize) -> Self {
        Self { total, ..Self::default() }
    }

    /// The same room with at most so many steps of one definition.
    #[must_use]
    pub fn limit(mut self, definition: DefinitionId, steps: usize) -> Self {
        self.limits.insert(definition, steps);
        self
    }

    /// The same room, at most for so many steps, and kept for those that the settle itself releases: who knows that nothing else is
    /// ready spares the store the look.
    #[must_use]
    pub fn for_released(mut self, most: usize) -> Self {
        self.total = self.total.min(most);
        self.for_released = true;
        self
    }

    /// Whether only steps that the settle itself releases may take it.
    #[must_use]
    pub fn is_for_released(&self) -> bool {
        self.for_released
    }

    /// How many steps there is room for.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many steps of one definition there is room for.
    #[must_use]
    pub fn of(&self, definition: DefinitionId) -> usize {
        self.limits.get(&definition).map_or(self.total, |&limit| limit.min(self.total))
    }

    /// Whether there is room for no step at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.total == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_never_adds_room() {
        let room = Room::new(3).limit(DefinitionId(1), 5).limit(DefinitionId(2), 1);
        let of = |room: &Room| [0, 1, 2].map(|id| room.of(DefinitionId(id)));
        assert_eq!(of(&room), [3, 3, 1]);
        assert_eq!(of(&room.clone().for_released(2)), [2, 2, 1]);
        assert_eq!(of(&room.for_released(9)), [3, 3, 1]);
    }
}
