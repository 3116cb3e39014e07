//! The engine on a store, with steps that fail as the context of their task says; waits between executions are milliseconds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasker::{
    StepContext, StepError, StepHandler, StepSequence, Store, Task, TaskHandle, TaskId, TaskStatus, Tasker,
    TaskerBuilder,
};
use tasker_tests::postgres::Database;
use tokio::sync::Barrier;

use crate::fixture::{Dag, HANDLER};
use crate::place::Place;

/// Nothing that a test waits for takes that long.
const PATIENCE: Duration = Duration::from_mins(1);
const BASE: Duration = Duration::from_millis(1);

/// What a task is to do: the context of all tasks here.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// How many executions of a step fail.
    pub(crate) fail: BTreeMap<String, u32>,
    /// The steps that fail for good, at once.
    pub(crate) fail_for_good: BTreeSet<String>,
}

impl Plan {
    pub(crate) fn fail(mut self, step: &str, times: u32) -> Self {
        self.fail.insert(step.to_owned(), times);
        self
    }

    pub(crate) fn fail_for_good(mut self, step: &str) -> Self {
        self.fail_for_good.insert(step.to_owned());
        self
    }
}

/// An execution began or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    Began(String, u32),
    Ended(String, u32),
}

/// The handler of all steps, and what it has seen.
#[derive(Clone, Default)]
pub(crate) struct Script {
    seen: Arc<Mutex<Vec<(TaskId, Moment)>>>,
    /// These steps go on together, or not at all.
    meeting: Option<(Arc<[&'static str]>, Arc<Barrier>)>,
}

impl Script {
    /// Each of these steps waits until so many of them run.
    pub(crate) fn meeting(steps: &[&'static str], count: usize) -> Self {
        Self { meeting: Some((steps.into(), Arc::new(Barrier::new(count)))), ..Self::default() }
    }

    pub(crate) fn moments(&self, task: TaskId) -> Vec<Moment> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|(of, _)| *of == task).map(|(_, moment)| moment.clone()).collect()
    }

    /// The steps of the executions, in the order in which they began.
    pub(crate) fn began(&self, task: TaskId) -> Vec<String> {
        let began = self.moments(task).into_iter().filter_map(|moment| match moment {
            Moment::Began(step, _) => Some(step),
            Moment::Ended(..) => None,
        });
        began.collect()
    }

    /// How many executions of a step began.
    pub(crate) fn executions(&self, task: TaskId, step: &str) -> usize {
        self.began(task).iter().filter(|began| *began == step).count()
    }

    /// How many ran at the same time, at most.
    pub(crate) fn most_running(&self, task: TaskId) -> usize {
        let (mut running, mut most) = (0_usize, 0);
        for moment in self.moments(task) {
            running = match moment {
                Moment::Began(..) => running + 1,
                Moment::Ended(..) => running - 1,
            };
            most = most.max(running);
        }
        most
    }

    /// Whether the first execution of one step began when all of another had ended.
    pub(crate) fn is_before(&self, task: TaskId, earlier: &str, later: &str) -> bool {
        let moments = self.moments(task);
        let ended =
            moments.iter().rposition(|moment| matches!(moment, Moment::Ended(step, _) if step == earlier));
        let began =
            moments.iter().position(|moment| matches!(moment, Moment::Began(step, _) if step == later));
        matches!((ended, began), (Some(ended), Some(began)) if ended < began)
    }

    fn see(&self, task: TaskId, moment: Moment) {
        self.seen.lock().unwrap().push((task, moment));
    }

    async fn work(task: &Task, sequence: &StepSequence, step: &StepContext) -> Result<Value, StepError> {
        let (plan, name) = (task.context::<Plan>()?, step.name());
        if plan.fail_for_good.contains(name) {
            return Err(StepError::permanent("it never will").code("NEVER"));
        }
        if step.attempt().0 <= plan.fail.get(name).copied().unwrap_or(0) {
            step.keep(json!({ "half": "done" }));
            return Err(StepError::retryable("not this time").code("BUSY").context(json!({ "queue": 7 })));
        }
        let mut saw = Vec::new();
        for parent in &step.config::<Parents>()?.parents {
            saw.push(sequence.get_previous_step_data::<String>(parent, "step").await?);
        }
        step.annotate("dummy-annotation", json!({ "dummy_annotation": "something", "step_name": name }));
        Ok(json!({ "step": name, "saw": saw }))
    }
}

#[derive(Deserialize)]
struct Parents {
    parents: Vec<String>,
}

impl StepHandler for Script {
    async fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> Result<Value, StepError> {
        let (name, attempt) = (step.name().to_owned(), step.attempt().0);
        self.see(task.id(), Moment::Began(name.clone(), attempt));
        if let Some((steps, barrier)) = &self.meeting
            && steps.contains(&step.name())
        {
            barrier.wait().await;
        }
        let result = Self::work(task, sequence, step).await;
        self.see(task.id(), Moment::Ended(name, attempt));
        result
    }
}

/// An engine that runs fixture graphs.
pub(crate) struct Lab {
    pub(crate) tasker: Tasker,
    pub(crate) script: Script,
    _database: Option<Database>,
}

impl Lab {
    pub(crate) async fn of(place: Place, dag: &Dag) -> Self {
        Self::with(place, &[dag], Script::default(), |builder| builder).await
    }

    pub(crate) async fn with(
        place: Place,
        dags: &[&Dag],
        script: Script,
        more: impl FnOnce(TaskerBuilder<(), Arc<dyn Store>>) -> TaskerBuilder<(), Arc<dyn Store>>,
    ) -> Self {
        let (store, database) = place.open().await;
        let builder = Tasker::builder(()).store(store).handler(HANDLER, script.clone());
        let builder = dags.iter().fold(builder, |builder, dag| builder.register_dynamic(dag.builder(BASE)));
        let tasker = more(builder).build().await.unwrap_or_else(|error| panic!("{error}"));
        Self { tasker, script, _database: database }
    }

    pub(crate) async fn start(&self, dag: &Dag, plan: &Plan) -> TaskHandle {
        let context = serde_json::to_value(plan).unwrap();
        self.tasker.start_named("test", dag.name, "1.0.0", context).await.unwrap()
    }

    /// Runs a task to its end.
    pub(crate) async fn run(&self, dag: &Dag, plan: &Plan) -> (TaskHandle, TaskStatus) {
        let task = self.start(dag, plan).await;
        let status = ended(&task).await;
        (task, status)
    }

    pub(crate) async fn end(self) {
        self.tasker.shutdown().await;
    }
}

/// How a task ended.
pub(crate) async fn ended(task: &TaskHandle) -> TaskStatus {
    let ended = tokio::time::timeout(PATIENCE, task.wait()).await;
    let Ok(status) = ended else { panic!("the task does not end: {:?}", task.status().await) };
    status.unwrap()
}

/// The status of a task once something is so.
pub(crate) async fn once(task: &TaskHandle, is_so: impl Fn(&TaskStatus) -> bool) -> TaskStatus {
    let look = async {
        let mut moments = tokio::time::interval(Duration::from_millis(10));
        loop {
            moments.tick().await;
            let status = task.status().await.unwrap();
            if is_so(&status) {
                return status;
            }
        }
    };
    let seen = tokio::time::timeout(PATIENCE, look).await;
    let Ok(status) = seen else { panic!("it does not come to that: {:?}", task.status().await) };
    status
}
