//! One of the two stores, asked in words that both understand.
//!
//! Each store names definitions in its own way, and answers in its own order. Here definitions are places in the list of
//! workflows, and answers are sorted, so that they can be compared.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{
    Attributes, ClaimedStep, Created, Ending, Execution, NewTask, Offer, Outcome, Record, Room, Runnable,
    Settled, Store, Swept,
};
use tasker::{DefinitionId, Executions, Json, StepNo, StoreError, TaskId, WorkerId, WorkflowDef};

use crate::fixture::LEASE;

/// A store with the workflows of the histories.
pub(super) struct Side {
    pub(super) store: Arc<dyn Store>,
    ids: Vec<DefinitionId>,
    runnables: Vec<Runnable>,
}

/// Which workflows a worker can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skill {
    All = 0,
    First = 1,
    Last = 2,
}

/// A task to be created.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) id: TaskId,
    pub(super) workflow: usize,
    pub(super) key: Option<String>,
    pub(super) priority: i16,
}

/// How many steps, and at most how many of which workflow.
#[derive(Debug, Clone)]
pub(super) struct Space {
    pub(super) total: usize,
    pub(super) limits: Vec<(usize, usize)>,
    /// Only for what the settle releases, and at most so many.
    pub(super) for_released: Option<usize>,
}

/// A step that a worker got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) execution: Execution,
    pub(super) workflow: usize,
    pub(super) executions: Executions,
    context: String,
    results: Vec<(StepNo, String)>,
}

/// How a worker says that an execution ended.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub(super) given: Given,
    pub(super) ending: Ending,
    pub(super) records: Vec<Record>,
}

/// What a claim answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) steps: Vec<Given>,
    pub(super) next_due: Option<Duration>,
}

/// What a settle answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) refused: Vec<Execution>,
    pub(super) ended: Vec<TaskId>,
    in_error: Vec<TaskId>,
    pub(super) claimed: Vec<Given>,
    left: bool,
}

impl Side {
    pub(super) async fn new(store: Arc<dyn Store>, workflows: &[Arc<WorkflowDef>]) -> Self {
        let ids = store.install(workflows).await.unwrap();
        let known: Vec<_> = ids.iter().copied().zip(workflows.iter().cloned()).collect();
        let runnables =
            [&known[..], &known[..4], &known[3..]].map(|some| Runnable::new(some.iter().cloned()));
        Self { store, ids, runnables: runnables.into() }
    }

    /// A worker offers what it can run; of the rest it knows the first, and does not know the others.
    pub(super) async fn enlist(&self, worker: WorkerId, skill: Skill) -> Result<(), String> {
        let can_run = |id: &DefinitionId| self.runnable(skill).workflow(*id).is_some();
        let (can, cannot): (Vec<DefinitionId>, Vec<_>) = self.ids.iter().partition(|&id| can_run(id));
        let mut offers: Vec<Offer> = can.into_iter().map(Offer::to_run).collect();
        offers.extend(cannot.first().map(|&id| Offer::obstacle(id, format!("{skill:?} cannot run it"))));
        self.store.enlist(worker, LEASE, &offers).await.map_err(failed)
    }

    pub(super) async fn create(
        &self,
        wishes: &[Wish],
        of: &[Arc<WorkflowDef>],
    ) -> Result<Vec<Created>, String> {
        let tasks = wishes.iter().map(|wish| NewTask {
            id: wish.id,
            definition: self.ids[wish.workflow],
            workflow: of[wish.workflow].clone(),
            idempotency_key: wish.key.clone(),
            context: Json::of(&format!("context of {}", wish.id)).unwrap(),
            priority: wish.priority,
            attributes: attributes(wish.id),
            bypass: Vec::new(),
        });
        self.store.create(&tasks.collect::<Vec<_>>()).await.map_err(failed)
    }

    pub(super) async fn claim(
        &self,
        worker: WorkerId,
        skill: Skill,
        space: &Space,
    ) -> Result<Claimed, String> {
        let claim =
            self.store.claim(worker, self.runnable(skill), &self.room(space)).await.map_err(failed)?;
        Ok(Claimed { steps: self.given(claim.steps), next_due: claim.next_due })
    }

    pub(super) async fn settle(
        &self,
        worker: WorkerId,
        skill: Skill,
        ends: &[End],
        space: &Space,
    ) -> Result<Told, String> {
        let outcomes = ends.iter().map(|end| Outcome {
            execution: end.given.execution,
            definition: self.ids[end.given.workflow],
            ending: end.ending.clone(),
            records: end.records.clone(),
        });
        let outcomes: Vec<_> = outcomes.collect();
        let settled = self.store.settle(worker, self.runnable(skill), &outcomes, &self.room(space)).await;
        let Settled { mut refused, mut ended, mut in_error, claimed, left } = settled.map_err(failed)?;
        refused.sort_unstable();
        ended.sort_unstable();
        in_error.sort_unstable();
        Ok(Told { refused, ended, in_error, claimed: self.given(claimed), left })
    }

    pub(super) async fn sweep(&self) -> Result<Swept, String> {
        let mut swept = self.store.sweep().await.map_err(failed)?;
        swept.workers.sort_unstable();
        swept.ended.sort_unstable();
        Ok(swept)
    }

    pub(super) async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, usize)>, String> {
        let held = self.store.held(worker).await.map_err(failed)?;
        Ok(held.into_iter().map(|(execution, definition)| (execution, self.place(definition))).collect())
    }

    fn runnable(&self, skill: Skill) -> &Runnable {
        &self.runnables[skill as usize]
    }

    fn room(&self, space: &Space) -> Room {
        let limits = space.limits.iter();
        let room = limits
            .fold(Room::new(space.total), |room, &(workflow, steps)| room.limit(self.ids[workflow], steps));
        space.for_released.into_iter().fold(room, Room::for_released)
    }

    fn place(&self, definition: DefinitionId) -> usize {
        self.ids.iter().position(|&id| id == definition).expect("a definition of ours")
    }

    fn given(&self, steps: Vec<ClaimedStep>) -> Vec<Given> {
        let given = steps.into_iter().map(|step| Given {
            execution: step.execution,
            workflow: self.place(step.definition),
            executions: step.executions,
            context: step.context.as_str().to_owned(),
            results: step.results.iter().map(|(no, json)| (*no, json.as_str().to_owned())).collect(),
        });
        let mut given: Vec<_> = given.collect();
        given.sort_unstable_by_key(|given| given.execution);
        given
    }
}

/// What is said of a task: of some nothing is.
fn attributes(task: TaskId) -> Attributes {
    let chance = task.as_uuid().as_u128();
    Attributes {
        initiator: chance.is_multiple_of(2).then(|| format!("somebody {}", chance % 7)),
        tags: (0..chance % 3).map(|tag| format!("tag {tag}")).collect(),
        correlation_id: chance.is_multiple_of(3).then(|| format!("request-{}", chance % 5)),
        ..Attributes::default()
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
pub(super) fn failed(error: StoreError) -> String {
    format!("the store failed: {error}")
}
