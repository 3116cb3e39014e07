//! What is known of a task that ended, before it is counted.

use std::collections::{BTreeMap, HashMap};

use super::{Digest, Graph};
use crate::{DefinitionId, StepNo, StepState, TaskId, TaskState, Timestamp};

/// A task that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedTask {
    /// The task.
    pub id: TaskId,
    /// What it ran.
    pub definition: DefinitionId,
    /// How it ended.
    pub state: TaskState,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// What the steps of a task did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskPast {
    /// The transitions of its steps; those of one step in order.
    pub moves: Vec<PastMove>,
    /// When it began anew, if it had ended before and was retried: what it did until then was counted with that end.
    pub since: Option<Timestamp>,
}

/// A transition of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastMove {
    /// The step.
    pub step: StepNo,
    /// Where it stood.
    pub from: StepState,
    /// Where it stands since.
    pub to: StepState,
    /// When.
    pub at: Timestamp,
    /// The code of the error, if it failed with one that has a code.
    pub code: Option<String>,
}

/// Counts tasks that ended in one period, and says of which of them the steps are to be looked at.
///
/// Of each definition those that are complete and the others are chosen from apart, at most so many of each: by the end of their
/// ids, which is chance. Those chosen stand for all of them.
#[derive(Debug)]
pub struct Counting {
    most: usize,
    digests: BTreeMap<DefinitionId, Digest>,
    groups: BTreeMap<(DefinitionId, bool), Group>,
}

#[derive(Debug, Default)]
struct Group {
    stand_for: u64,
    chosen: BTreeMap<u64, EndedTask>,
}

/// A task whose steps are to be looked at, and for how many it stands.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    /// The task.
    pub task: EndedTask,
    /// Itself and so many less one others.
    pub stands_for: u64,
}

impl Counting {
    /// Looks at the steps of at most so many tasks of each kind.
    #[must_use]
    pub const fn of_at_most(most: usize) -> Self {
        Self { most, digests: BTreeMap::new(), groups: BTreeMap::new() }
    }

    /// Counts a task that stands for so many.
    pub fn count(&mut self, task: EndedTask, stands_for: u64) {
        self.digests.entry(task.definition).or_default().ended(&task, stands_for);
        let complete = task.state == TaskState::Complete;
        let group = self.groups.entry((task.definition, complete)).or_default();
        group.stand_for += stands_for;
        group.chosen.insert(by_chance(task.id), task);
        if group.chosen.len() > self.most {
            group.chosen.pop_last();
        }
    }

    /// The tasks whose steps are to be looked at.
    #[must_use]
    pub fn chosen(&self) -> Vec<Chosen> {
        let chosen = self.groups.values().flat_map(|group| {
            let (all, chosen) = (u128::from(group.stand_for), group.chosen.len() as u128);
            // The shares differ by one at most, and are all of them together.
            let share = move |place: u128| ((place + 1) * all / chosen - place * all / chosen) as u64;
            let tasks = group.chosen.values().zip(0..);
            tasks.map(move |(&task, place)| Chosen { task, stands_for: share(place) })
        });
        chosen.collect()
    }

    /// What it comes to, with what the steps of the chosen tasks did and the graphs of their definitions. Of a task that is gone by now
    /// nothing is known of its steps.
    #[must_use]
    pub fn finish(
        mut self,
        pasts: &HashMap<TaskId, TaskPast>,
        graphs: &HashMap<DefinitionId, Graph>,
    ) -> BTreeMap<DefinitionId, Digest> {
        for Chosen { task, stands_for } in self.chosen() {
            let known = pasts.get(&task.id).zip(graphs.get(&task.definition));
            if let (Some((past, graph)), Some(digest)) = (known, self.digests.get_mut(&task.definition)) {
                digest.look_at(&task, graph, past, stands_for);
            }
        }
        self.digests
    }
}

/// The part of an id that is chance, stirred, so that ids that were made up by counting serve as well.
fn by_chance(id: TaskId) -> u64 {
    let (_, low) = id.as_uuid().as_u64_pair();
    let stirred = (low ^ (low >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    stirred ^ (stirred >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_chosen_stand_for_all() {
        let at = Timestamp::from_micros(0);
        let mut counting = Counting::of_at_most(7);
        for number in 0..100 {
            let state = if number % 10 == 0 { TaskState::Error } else { TaskState::Complete };
            let id = TaskId::random();
            counting
                .count(EndedTask { id, definition: DefinitionId(1), state, created_at: at, ended_at: at }, 1);
        }
        let stand_for = |complete: bool| {
            let chosen = counting.chosen();
            let of_state =
                chosen.iter().filter(|chosen| (chosen.task.state == TaskState::Complete) == complete);
            let shares: Vec<u64> = of_state.map(|chosen| chosen.stands_for).collect();
            (
                shares.len(),
                shares.iter().sum::<u64>(),
                shares.iter().max().unwrap() - shares.iter().min().unwrap(),
            )
        };
        assert_eq!([stand_for(true), stand_for(false)], [(7, 90, 1), (7, 10, 1)]);
    }
}
