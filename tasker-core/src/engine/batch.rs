//! What has ended, until the store has it.
//!
//! Two settles of one task would wait for each other in the store. So what ends in a task that is being settled waits here until that is
//! done, and then goes as a whole: a task of ten thousand steps is settled in few large batches, one after the other, while other
//! tasks go beside it.

use std::collections::{HashMap, HashSet};

use crate::store::{Execution, Outcome, Runnable};
use crate::{DefinitionId, TaskId};

#[derive(Default)]
pub(super) struct Batch {
    /// In no settle under way.
    waiting: Vec<Outcome>,
    /// In one.
    settling: HashMap<Execution, DefinitionId>,
    /// The tasks of settles under way in which more may end meanwhile.
    tasks: HashSet<TaskId>,
}

impl Batch {
    pub(super) fn push(&mut self, outcome: Outcome) {
        self.waiting.push(outcome);
    }

    /// Whether nothing waits for a settle.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether an execution waits for a settle or is in one.
    pub(super) fn has(&self, execution: &Execution) -> bool {
        self.settling.contains_key(execution)
            || self.waiting.iter().any(|outcome| outcome.execution == *execution)
    }

    /// What waits for a settle or is in one.
    pub(super) fn executions(&self) -> impl Iterator<Item = (Execution, DefinitionId)> {
        let waiting = self.waiting.iter().map(|outcome| (outcome.execution, outcome.definition));
        waiting.chain(self.settling.iter().map(|(&execution, &definition)| (execution, definition)))
    }

    /// How many outcomes the next settle could have.
    pub(super) fn size(&self) -> usize {
        if self.tasks.is_empty() {
            return self.waiting.len();
        }
        self.waiting.iter().filter(|outcome| !self.tasks.contains(&outcome.execution.task)).count()
    }

    /// The outcomes of the next settle: a share of those that can go, the oldest first, and with them what would have to wait for them.
    pub(super) fn take(&mut self, share: usize, runnable: &Runnable) -> Vec<Outcome> {
        let (mut taken, mut tasks) = (Vec::new(), HashSet::new());
        for outcome in std::mem::take(&mut self.waiting) {
            let task = outcome.execution.task;
            let goes = !self.tasks.contains(&task) && (taken.len() < share || tasks.contains(&task));
            if !goes {
                self.waiting.push(outcome);
                continue;
            }
            if !runnable.is_chain(outcome.definition) {
                tasks.insert(task);
            }
            self.settling.insert(outcome.execution, outcome.definition);
            taken.push(outcome);
        }
        self.tasks.extend(tasks);
        taken
    }

    /// A settle has ended; what it could not tell the store goes into the next one.
    pub(super) fn settled(&mut self, told: &[Outcome], untold: Vec<Outcome>) {
        for outcome in told.iter().chain(&untold) {
            self.settling.remove(&outcome.execution);
            self.tasks.remove(&outcome.execution.task);
        }
        self.waiting.splice(..0, untold);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::Ending;
    use crate::{Attempt, StepNo, StepSpec, WorkflowDef};

    fn runnable() -> Runnable {
        let steps = |name, steps: &[&str]| {
            let builder = WorkflowDef::builder("test", name, "1.0.0");
            steps.iter().fold(builder, |builder, step| builder.step(StepSpec::new(*step))).build()
        };
        let (chain, wide) = (steps("chain", &["a"]), steps("wide", &["a", "b"]));
        let of = |id, workflow: Result<WorkflowDef, _>| (DefinitionId(id), Arc::new(workflow.unwrap()));
        Runnable::new([of(1, chain), of(2, wide)])
    }

    fn outcome(task: TaskId, definition: i64, step: u32) -> Outcome {
        let execution = Execution { task, step: StepNo(step), attempt: Attempt(1), revision: 1 };
        let (ending, records) = (Ending::HandedBack, Vec::new());
        Outcome { execution, definition: DefinitionId(definition), ending, records }
    }

    #[test]
    fn a_task_is_in_one_settle_at_a_time_and_goes_as_a_whole() {
        let (mut batch, runnable) = (Batch::default(), runnable());
        let [wide, chain, other] = [(); 3].map(|()| TaskId::random());
        for step in 0..4 {
            batch.push(outcome(wide, 2, step));
        }
        batch.push(outcome(chain, 1, 0));
        let first = batch.take(2, &runnable);
        assert_eq!(first.len(), 4, "the whole task, though it is more than the share");
        assert_eq!(batch.size(), 1);
        batch.push(outcome(wide, 2, 4));
        batch.push(outcome(other, 2, 0));
        assert_eq!(batch.size(), 2, "what ends in the task meanwhile waits");
        let second = batch.take(2, &runnable);
        assert_eq!(second.iter().map(|outcome| outcome.execution.task).collect::<Vec<_>>(), [chain, other]);
        assert!(batch.has(&first[0].execution) && batch.has(&second[0].execution) && !batch.is_empty());
        batch.settled(&first[..3], first[3..].to_vec());
        assert_eq!(batch.take(9, &runnable).len(), 2, "what was not told, and what waited");
        batch.settled(&second, Vec::new());
        assert!(batch.is_empty() && !batch.has(&second[0].execution));
    }
}
