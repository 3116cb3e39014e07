use std::collections::BTreeSet;

use crate::DefinitionId;
use crate::store::Room;

/// Where there may be more to claim than was looked for, because the room was full or somebody said so.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    anything: bool,
    definitions: BTreeSet<DefinitionId>,
}

impl Wanted {
    /// There may be steps of any definition.
    pub(super) fn anything(&mut self) {
        self.anything = true;
    }

    /// There may be steps of these definitions.
    pub(super) fn of(&mut self, definitions: impl IntoIterator<Item = DefinitionId>) {
        self.definitions.extend(definitions);
    }

    /// Whether it makes sense to look, with this room.
    pub(super) fn fits(&self, room: &Room) -> bool {
        !room.is_empty()
            && (self.anything || self.definitions.iter().any(|&definition| room.of(definition) > 0))
    }

    /// A call looks with this room. What it has no room for, only definitions with a limit, is still wanted.
    pub(super) fn look(&mut self, room: &Room, limited: impl Iterator<Item = DefinitionId>) {
        if room.is_empty() {
            return;
        }
        if std::mem::take(&mut self.anything) {
            self.definitions.extend(limited);
        }
        self.definitions.retain(|&definition| room.of(definition) == 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_was_no_room_for_is_still_wanted() {
        let (open, limited) = (DefinitionId(1), DefinitionId(2));
        let mut wanted = Wanted::default();
        wanted.anything();
        let room = Room::new(5).limit(limited, 0);
        assert!(wanted.fits(&room) && !wanted.fits(&Room::default()));
        wanted.look(&room, [limited].into_iter());
        assert!(!wanted.fits(&room), "there is no room for it");
        assert!(wanted.fits(&Room::new(1)));
        wanted.look(&Room::new(1), [limited].into_iter());
        wanted.of([open]);
        assert!(wanted.fits(&room));
    }
}
