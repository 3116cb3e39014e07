//! What must hold when everything is over, whatever happened: asked of the tables, and compared with the ledger.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::time::Duration;

use sea_orm::EntityTrait;
use sea_orm::prelude::Uuid;
use tasker::orm::entity::{
    named_step, task, task_transition, worker, workflow_step, workflow_step_transition,
};
use tasker::{StepState, TaskId, TaskState};

use crate::process::{Death, Said};
use crate::site::Site;
use crate::workflows::{Done, Job};

/// A step with its history, oldest first.
#[derive(Debug)]
pub(crate) struct Step {
    /// The number of its task.
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) row: workflow_step::Model,
    pub(crate) history: Vec<workflow_step_transition::Model>,
}

/// The attempts that had their effect, with their processes, by task and step.
type Effects = HashMap<(u64, String), Vec<(u32, u32)>>;

pub(crate) struct Audit {
    pub(crate) steps: Vec<Step>,
    effects: Effects,
}

impl Audit {
    /// Reads everything, and asserts that each task is complete, those that were acknowledged among them, each step was
    /// accepted once, the history has no gaps, and no effect is unaccounted for. To be called when no worker is left.
    pub(crate) async fn of(site: &Site, acknowledged: &[TaskId]) -> Self {
        let db = site.store.reader();
        let (tasks, histories) = tasks(site).await;
        for id in acknowledged {
            assert!(tasks.contains_key(&id.as_uuid()), "task {id} was acknowledged and is not there");
        }
        for task in tasks.values() {
            assert_eq!(
                (task.state.as_str(), task.open_steps, task.active_steps),
                ("complete", 0, 0),
                "{task:?}"
            );
            check_task(task, histories.get(&task.id).map_or(&[][..], Vec::as_slice));
        }
        assert!(site.client.stranded().await.expect("an answer").is_empty());
        // Who was dropped while it enlisted is forgotten later, and holds nothing.
        let known: Vec<Uuid> = site.said().iter().flat_map(Said::workers).collect();
        let mut left = worker::Entity::find().all(db).await.expect("rows");
        left.retain(|worker| known.contains(&worker.id));
        assert!(left.is_empty(), "workers are left: {left:?}");

        let steps = steps(site, &tasks).await;
        let mut audit = Self { steps, effects: effects(site) };
        for step in &audit.steps {
            step.check();
            step.check_effects(&audit.effects.remove(&step.key()).unwrap_or_default());
        }
        assert!(audit.effects.is_empty(), "effects of nothing: {:?}", audit.effects);
        audit.effects = effects(site);
        for said in site.said() {
            for bad in ["panicked", "refused a batch", "cannot be stored", "is not registered here"] {
                assert_eq!(said.count(bad), 0, "a worker said: {bad}");
            }
        }
        audit
    }

    /// How many executions had their effect and were not accepted.
    pub(crate) fn effects_in_vain(&self) -> usize {
        self.effects.values().map(Vec::len).sum::<usize>() - self.steps.len()
    }

    pub(crate) fn most_attempts(&self) -> i32 {
        self.steps.iter().map(|step| step.row.attempt).max().unwrap_or_default()
    }

    /// For each execution that ended with its process: how long until the step was given back, and until it ran again.
    pub(crate) fn recoveries(&self, deaths: &[Death]) -> Vec<(Duration, Duration)> {
        let mut recoveries = Vec::new();
        for death in deaths {
            for step in &self.steps {
                let lost = step.history.iter().position(|change| {
                    change.to_state == "error"
                        && change.created_at >= death.at
                        && change.worker_id.is_some_and(|worker| death.workers.contains(&worker))
                });
                let Some(lost) = lost else { continue };
                let (given_back, again) = (&step.history[lost], &step.history[lost + 2]);
                assert_eq!(again.to_state, "in_progress", "{step:?}");
                // Who had to wait for a lock wrote down when it began to wait.
                let again = again.created_at.max(given_back.created_at);
                let after = |at: i64| Duration::from_micros((at - death.at) as u64);
                recoveries.push((after(given_back.created_at), after(again)));
            }
        }
        recoveries
    }
}

impl Step {
    fn key(&self) -> (u64, String) {
        (self.number, self.name.clone())
    }

    /// Its result, which says who had it.
    pub(crate) fn done(&self) -> Done {
        let result = self.row.result.as_deref().unwrap_or_else(|| panic!("no result: {self:?}"));
        serde_json::from_str(result).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    fn check(&self) {
        let row = &self.row;
        assert_eq!((row.state.as_str(), row.open_dependencies), ("complete", 0), "{self:?}");
        assert_eq!((row.worker_id, &row.waiting_for), (None, &None), "{self:?}");
        let mut state = StepState::Pending;
        for (change, revision) in self.history.iter().zip(1..) {
            assert_eq!(change.revision, revision, "the history has a gap: {self:?}");
            assert_eq!(change.from_state, state.as_str(), "the history does not fit together: {self:?}");
            let to = change.to_state.parse().expect("a state");
            state = state.transition(to).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        }
        assert_eq!(
            (state.as_str(), self.history.len()),
            (row.state.as_str(), row.revision as usize),
            "{self:?}"
        );
        let changes = |from: &str, to: &str| {
            self.history.iter().filter(|change| change.from_state == from && change.to_state == to).count()
                as i32
        };
        assert_eq!(changes("in_progress", "complete"), 1, "{self:?}");
        // What is handed back costs no attempt.
        assert_eq!(
            changes("pending", "in_progress") - changes("in_progress", "pending"),
            row.attempt,
            "{self:?}"
        );
        assert_eq!(changes("in_progress", "error"), row.lost, "no step fails by itself: {self:?}");
        assert_eq!(self.done().attempt, row.attempt as u32, "an earlier attempt's result: {self:?}");
    }

    fn check_effects(&self, effects: &[(u32, u32)]) {
        let Done { attempt, process } = self.done();
        assert!(effects.contains(&(attempt, process)), "accepted without its effect: {effects:?} {self:?}");
        let mut attempts: Vec<u32> = effects.iter().map(|effect| effect.0).collect();
        attempts.sort_unstable();
        attempts.dedup();
        assert_eq!(attempts.len(), effects.len(), "an attempt ran twice: {effects:?} {self:?}");
        assert!(
            attempts.iter().all(|&effect| effect <= attempt),
            "ran when it was complete: {effects:?} {self:?}"
        );
    }
}

async fn tasks(site: &Site) -> (BTreeMap<Uuid, task::Model>, HashMap<Uuid, Vec<task_transition::Model>>) {
    let db = site.store.reader();
    let rows = task::Entity::find().all(db).await.expect("rows");
    let mut histories: HashMap<_, Vec<_>> = HashMap::new();
    for change in task_transition::Entity::find().all(db).await.expect("rows") {
        histories.entry(change.task_id).or_default().push(change);
    }
    for history in histories.values_mut() {
        history.sort_unstable_by_key(|change| change.revision);
    }
    (rows.into_iter().map(|row| (row.id, row)).collect(), histories)
}

fn check_task(task: &task::Model, history: &[task_transition::Model]) {
    let changes: Vec<_> = history.iter().map(|change| (change.revision, change.to_state.as_str())).collect();
    assert_eq!(changes, [(1, "in_progress"), (2, "complete")], "{task:?}");
    assert_eq!(task.revision, 2, "{task:?}");
    let from: Vec<_> = history.iter().map(|change| change.from_state.as_str()).collect();
    assert_eq!(from, [TaskState::Pending.as_str(), TaskState::InProgress.as_str()], "{task:?}");
}

async fn steps(site: &Site, tasks: &BTreeMap<Uuid, task::Model>) -> Vec<Step> {
    let db = site.store.reader();
    let names = named_step::Entity::find().all(db).await.expect("rows");
    let names: HashMap<i64, String> = names.into_iter().map(|row| (row.id, row.name)).collect();
    let mut histories: HashMap<_, Vec<_>> = HashMap::new();
    for change in workflow_step_transition::Entity::find().all(db).await.expect("rows") {
        histories.entry((change.task_id, change.step_no)).or_default().push(change);
    }
    for history in histories.values_mut() {
        history.sort_unstable_by_key(|change| change.revision);
    }
    let rows = workflow_step::Entity::find().all(db).await.expect("rows");
    let step = |row: workflow_step::Model| {
        let job: Job = serde_json::from_str(&tasks[&row.task_id].context).expect("a context");
        let history = histories.remove(&(row.task_id, row.step_no)).unwrap_or_default();
        Step { number: job.number, name: names[&row.named_step_id].clone(), row, history }
    };
    let steps = rows.into_iter().map(step).collect();
    assert!(histories.is_empty(), "the history of nothing: {histories:?}");
    steps
}

fn effects(site: &Site) -> Effects {
    let text = fs::read_to_string(site.ledger()).expect("a ledger");
    let mut effects = Effects::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [number, step, attempt, process] = words[..] else { panic!("half a line: {line}") };
        let number = number.parse().expect("a number");
        let effect = (attempt.parse().expect("an attempt"), process.parse().expect("a process"));
        effects.entry((number, step.to_owned())).or_default().push(effect);
    }
    effects
}
