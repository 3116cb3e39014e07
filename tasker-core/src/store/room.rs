use std::collections::BTreeMap;

use crate::DefinitionId;

/// How many steps a worker can take: in all, and of each definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    total: usize,
    limits: BTreeMap<DefinitionId, usize>,
}

impl Room {
    /// Room for so many steps, of whatever definition.
    #[must_use]
    pub fn new(total: usize) -> Self {
        Self { total, limits: BTreeMap::new() }
    }

    /// The same room with at most so many steps of one definition.
    #[must_use]
    pub fn limit(mut self, definition: DefinitionId, steps: usize) -> Self {
        self.limits.insert(definition, steps);
        self
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
        assert_eq!([room.of(DefinitionId(0)), room.of(DefinitionId(1)), room.of(DefinitionId(2))], [3, 3, 1]);
    }
}
