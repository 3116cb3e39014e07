//! Tasks for the tests of reports and diagrams, put together by hand or by chance.

use std::time::Duration;

use fastrand::Rng;

use super::{StepSnapshot, TaskSnapshot};
use crate::store::Parked;
use crate::{
    Attempt, StepError, StepNo, StepState, StepStatus, TaskId, TaskState, TaskStatus, Timestamp, Waiting,
    WaitingFor, WorkflowId,
};

/// The moment of every snapshot: 2023-11-14T22:13:20Z.
pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

/// A task in the making.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) state: TaskState,
    pub(crate) steps: Vec<MadeStep>,
    pub(crate) one_at_a_time: bool,
    pub(crate) parked: Option<Parked>,
}

#[derive(Debug, Clone)]
pub(crate) struct MadeStep {
    pub(crate) name: String,
    pub(crate) state: StepState,
    pub(crate) attempts: u32,
    pub(crate) lost: u32,
    pub(crate) error: Option<StepError>,
    pub(crate) waiting: Option<Waiting>,
    pub(crate) known: StepSnapshot,
}

impl Made {
    /// An open task of these steps, each named with those that it depends on, which stand before it.
    pub(crate) fn new(steps: &[(&str, &[&str])]) -> Self {
        let place = |name: &str| StepNo::at(steps.iter().position(|(step, _)| *step == name).unwrap());
        let steps = steps.iter().map(|(name, depends_on)| {
            MadeStep::new((*name).to_owned(), depends_on.iter().map(|name| place(name)).collect())
        });
        Self { state: TaskState::Pending, steps: steps.collect(), one_at_a_time: false, parked: None }
    }

    pub(crate) fn task(mut self, state: TaskState) -> Self {
        self.state = state;
        self
    }

    pub(crate) fn step(mut self, name: &str, change: impl FnOnce(&mut MadeStep)) -> Self {
        change(self.steps.iter_mut().find(|step| step.name == name).unwrap());
        self
    }

    pub(crate) fn each(mut self, change: impl FnMut(&mut MadeStep)) -> Self {
        self.steps.iter_mut().for_each(change);
        self
    }

    /// Complete after so many seconds.
    pub(crate) fn done_in(self, name: &str, seconds: u64) -> Self {
        self.step(name, |step| step.complete(Duration::from_secs(seconds)))
    }

    pub(crate) fn done(self, name: &str) -> Self {
        self.done_in(name, 1)
    }

    pub(crate) fn running(self, name: &str) -> Self {
        self.step(name, MadeStep::begin)
    }

    /// Failed three times of three.
    pub(crate) fn failed(self, name: &str) -> Self {
        self.step(name, |step| step.fail(3, StepError::retryable("the gateway is busy")))
    }

    /// Failed once, and tried again in so many seconds.
    pub(crate) fn backoff(self, name: &str, seconds: u64) -> Self {
        self.step(name, |step| {
            step.fail(1, StepError::retryable("the gateway is busy"));
            step.state = StepState::Pending;
            step.waiting = Some(Waiting::Time);
            step.known.run_at = Some(NOW + Duration::from_secs(seconds));
        })
    }

    pub(crate) fn paused(self) -> Self {
        self.each(|step| {
            step.waiting = (step.state == StepState::Pending).then_some(Waiting::Operator);
        })
    }

    pub(crate) fn snapshot(&self) -> TaskSnapshot {
        let steps: Vec<_> = self.steps.iter().enumerate().map(|(at, step)| self.status(at, step)).collect();
        let status = TaskStatus {
            id: TaskId::from(uuid::Uuid::from_u128(0x0199_c6a8_5d52_7c3a_9b1e_3f4a_5b6c_7d8e)),
            workflow: WorkflowId {
                namespace: "shop".to_owned(),
                name: "order".to_owned(),
                version: "1.0.0".to_owned(),
            },
            idempotency_key: None,
            correlation_id: "request-7".to_owned(),
            traceparent: None,
            state: self.state,
            paused: self.steps.iter().any(|step| step.waiting == Some(Waiting::Operator)),
            created_at: NOW - Duration::from_mins(10),
            ended_at: self.state.has_ended().then_some(NOW),
            steps,
        };
        let known = self.steps.iter().map(|step| step.known.clone()).collect();
        let snapshot = TaskSnapshot::new(status, NOW, known).unwrap();
        if self.one_at_a_time { snapshot.one_at_a_time() } else { snapshot }
    }

    fn status(&self, at: usize, step: &MadeStep) -> StepStatus {
        let is_open = |no: &&StepNo| !self.steps[no.index()].state.satisfies_dependents();
        let open = step.known.depends_on.iter().filter(is_open).count() as u32;
        let run_at = step.known.run_at.unwrap_or(NOW);
        let waiting_for = (step.state == StepState::Pending)
            .then(|| WaitingFor::of(open, step.waiting, run_at, NOW).unless_parked(self.parked.as_ref()));
        StepStatus {
            no: StepNo::at(at),
            name: step.name.clone(),
            state: step.state,
            attempts: Attempt(step.attempts),
            lost: step.lost,
            error: step.error.clone(),
            waiting_for,
        }
    }
}

impl MadeStep {
    pub(crate) fn new(name: String, depends_on: Vec<StepNo>) -> Self {
        let known = StepSnapshot { depends_on, retry_limit: 3, ..StepSnapshot::default() };
        Self { name, state: StepState::Pending, attempts: 0, lost: 0, error: None, waiting: None, known }
    }

    pub(crate) fn begin(&mut self) {
        self.state = StepState::InProgress;
        self.attempts += 1;
        self.waiting = None;
        self.known.started_at = Some(NOW - Duration::from_secs(5));
        self.known.ended_at = None;
    }

    pub(crate) fn complete(&mut self, took: Duration) {
        self.state = StepState::Complete;
        self.attempts = self.attempts.max(1);
        self.error = None;
        self.waiting = None;
        self.known.started_at = Some(NOW - took);
        self.known.ended_at = Some(NOW);
        self.known.failed_at = None;
    }

    pub(crate) fn fail(&mut self, attempts: u32, error: StepError) {
        self.state = StepState::Error;
        self.attempts = attempts;
        self.error = Some(error);
        self.waiting = None;
        let failed_at = NOW - Duration::from_secs(1);
        self.known.started_at = Some(failed_at - Duration::from_secs(2));
        self.known.ended_at = Some(failed_at);
        self.known.failed_at = Some(failed_at);
    }
}

/// An open task of 1 to `most` steps with random edges: up to three of each step, of which near ones are likelier.
pub(crate) fn random_graph(rng: &mut Rng, most: usize) -> Made {
    let mut made = Made::new(&[]);
    for at in 0..rng.usize(1..=most) {
        let mut depends_on: Vec<StepNo> = Vec::new();
        for _ in 0..rng.usize(0..=3.min(at)) {
            let back = if rng.bool() { rng.usize(1..=at.min(4)) } else { rng.usize(1..=at) };
            depends_on.push(StepNo::at(at - back));
        }
        depends_on.sort_unstable();
        depends_on.dedup();
        made.steps.push(MadeStep::new(format!("step_{at}"), depends_on));
    }
    made
}
