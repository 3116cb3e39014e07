//! One history: who acts in it, what is known, and what has to be so after every deed.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::Arc;

use fastrand::Rng;
use sea_orm::prelude::Uuid;
use tasker::store::{Action, TaskFilter, TaskQuery};
use tasker::{ManualClock, MemoryStore, TaskId, TaskState, TaskStatus, WorkerId, WorkflowDef};

use super::Check;
use super::feed::Feeds;
use super::lane::Lane;
use super::ledger::Ledger;
use super::side::{Given, Side, Skill, Wish, failed};

/// How many deeds a history has.
pub(super) const DEEDS: usize = 40;

pub(super) struct History<'l> {
    pub(super) lane: &'l mut Lane,
    pub(super) oracle: Side,
    pub(super) workers: Vec<Worker>,
    /// Everything that was ever given out, with who got it: what comes late, twice and from others is taken from here.
    pub(super) past: Vec<(WorkerId, Given)>,
    /// Every task that was ever asked for.
    pub(super) asked: Vec<Wish>,
    pub(super) ledger: Ledger,
    /// Where the tasks stood after the last deed.
    pub(super) statuses: HashMap<TaskId, TaskStatus>,
    pub(super) feeds: Feeds,
    pub(super) log: Vec<String>,
}

/// A worker process.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) id: WorkerId,
    pub(super) skill: Skill,
    /// What it believes to hold.
    pub(super) holds: Vec<Given>,
}

/// That the database answers what the model does.
pub(super) fn same<T: PartialEq + Debug>(what: &str, model: &T, database: &T) -> Check {
    if model == database {
        return Ok(());
    }
    Err(format!("{what} differs\n  model:    {model:?}\n  database: {database:?}"))
}

impl<'l> History<'l> {
    pub(super) async fn new(lane: &'l mut Lane) -> Self {
        lane.clear().await;
        let oracle = MemoryStore::with_clock(lane.clock.clone());
        let oracle = Side::new(Arc::new(oracle), &lane.workflows).await;
        Self {
            feeds: Feeds::subscribe(&oracle, &lane.subject).await,
            oracle,
            lane,
            workers: Vec::new(),
            past: Vec::new(),
            asked: Vec::new(),
            ledger: Ledger::default(),
            statuses: HashMap::new(),
            log: Vec::new(),
        }
    }

    pub(super) fn subject(&self) -> &Side {
        &self.lane.subject
    }

    pub(super) fn clock(&self) -> &ManualClock {
        &self.lane.clock
    }

    pub(super) fn workflows(&self) -> &[Arc<WorkflowDef>] {
        &self.lane.workflows
    }

    pub(super) fn say(&mut self, line: String) {
        self.log.push(line);
    }

    /// Does what a number says, or brings everything to its end, and looks at what came of it: at the tasks that changed, and now
    /// and then at all there is.
    pub(super) async fn step(&mut self, deed: Option<u64>) -> Check {
        match deed {
            Some(deed) => self.deed(&mut Rng::with_seed(deed)).await?,
            None => self.finish().await?,
        }
        let thorough = deed.is_none_or(|deed| deed % 8 == 0);
        self.look(thorough).await?;
        self.hear().await?;
        if deed.is_none() {
            self.heard_all().await?;
        }
        if thorough { self.audit().await } else { Ok(()) }
    }

    /// Compares tasks, and holds them against what must be so.
    async fn look(&mut self, at_all: bool) -> Check {
        let known: Vec<TaskId> = self.ledger.tasks();
        let model = self.oracle.store.statuses(&known).await.map_err(failed)?;
        let mut looked_at = Vec::new();
        for (task, status) in known.iter().zip(model) {
            if at_all || status.as_ref() != self.statuses.get(task) {
                looked_at.push((*task, status));
            }
        }
        let tasks: Vec<TaskId> = looked_at.iter().map(|(task, _)| *task).collect();
        let database = self.subject().store.statuses(&tasks).await.map_err(failed)?;
        for ((_, model), database) in looked_at.iter().zip(&database) {
            same("a task", model, database)?;
        }
        if at_all {
            let all = TaskQuery { limit: 10_000, ..TaskQuery::default() };
            let model = self.oracle.store.find(&all).await.map_err(failed)?;
            same("the list of all tasks", &model, &self.subject().store.find(&all).await.map_err(failed)?)?;
            // Those of each request, and of tasks that are one by themselves.
            let requests: BTreeSet<String> = model.into_iter().map(|task| task.correlation_id).collect();
            let of_requests = requests.iter().filter(|request| request.starts_with("request-"));
            for request in of_requests.chain(requests.iter().take(3)) {
                let filter = TaskFilter { correlation_id: Some(request.clone()), ..TaskFilter::default() };
                let query = TaskQuery { filter, limit: 10_000, ..TaskQuery::default() };
                let model = self.oracle.store.find(&query).await.map_err(failed)?;
                if model.is_empty() {
                    return Err(format!("the model has no task of the request {request}, which it told"));
                }
                let database = self.subject().store.find(&query).await.map_err(failed)?;
                same("the tasks of a request", &model, &database)?;
            }
        }
        if at_all {
            // Counting is no deed: whenever it happens, the numbers are the same.
            while self.subject().store.figures().count_ended().await.map_err(failed)? {}
            let model = self.oracle.store.figures().tally().await.map_err(failed)?;
            same(
                "how many there are",
                &model,
                &self.subject().store.figures().tally().await.map_err(failed)?,
            )?;
        }
        self.ledger.check(&tasks, &database)?;
        let stranded = (self.oracle.store.stranded(9).await, self.subject().store.stranded(9).await);
        same("what is stranded in the model", &stranded.0.map_err(failed)?, &Vec::new())?;
        same("what is stranded in the database", &stranded.1.map_err(failed)?, &Vec::new())?;
        for status in database.into_iter().flatten() {
            let workflow = &self.lane.workflows[self.ledger.workflow(status.id)];
            super::reasons::check(&status, workflow)?;
            if let Some(before) = self.statuses.get(&status.id) {
                super::reasons::check_change(before, &status)?;
            }
            self.statuses.insert(status.id, status);
        }
        self.statuses.retain(|task, _| known.contains(task));
        Ok(())
    }

    /// Brings every task to its end, as a worker does that finds the database as it is: every task could go on.
    async fn finish(&mut self) -> Check {
        self.say("everything is brought to its end".to_owned());
        self.pass_time(std::time::Duration::from_hours(1));
        self.sweep().await?;
        for at in 0..self.workflows().len() {
            self.operate_workflow(at, false).await?;
        }
        for task in self.open_tasks() {
            self.operate(&[(Action::Resume, task)], &mut fastrand::Rng::with_seed(0)).await?;
        }
        let worker = self.enlist(Uuid::from_u128(1).into(), Skill::All).await?;
        // A chain takes a few rounds, not hundreds.
        for _ in 0..200 {
            if !self.work_on(worker).await? {
                break;
            }
        }
        let open = self.subject().store.open_tasks(None, 9).await.map_err(failed)?;
        same("what is open when there is nothing left to do", &Vec::new(), &open)?;
        self.look(true).await?;
        let ended = self.statuses.values().all(|status| match status.state {
            TaskState::Complete | TaskState::Error | TaskState::Cancelled | TaskState::ResolvedManually => {
                true
            }
            TaskState::Pending | TaskState::InProgress => false,
        });
        if ended { Ok(()) } else { Err("a task has not ended, though nothing is open".to_owned()) }
    }

    fn open_tasks(&self) -> Vec<TaskId> {
        let open = self.statuses.values().filter(|status| !status.state.has_ended());
        let mut open: Vec<TaskId> = open.map(|status| status.id).collect();
        open.sort_unstable();
        open
    }
}
