//! A run that has ended, and what a test may ask of it.

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use super::trace::{Recorder, Trace};
use crate::step::StepResult;
use crate::{
    Annotation, Event, Json, RecordKind, Recorded, Returned, Step, StepError, StepState, StepStatus,
    TaskHandle, TaskId, TaskState, TaskStatus, Workflow,
};

/// A task of workflow `W` that has ended, as it is stored, with what happened on the way.
///
/// What is asked by the type of a step or event panics where what is stored does not fit the type: no test that runs one version of
/// the code sees that.
pub struct Run<W> {
    status: TaskStatus,
    results: HashMap<String, Json>,
    records: Vec<Recorded>,
    trace: Trace,
    workflow: PhantomData<fn() -> W>,
}

impl<W> Run<W> {
    pub(super) async fn read<T>(handle: &TaskHandle<T>, status: TaskStatus, recorder: &Recorder) -> Self {
        let mut results = HashMap::new();
        for step in &status.steps {
            if let Some(result) =
                handle.stored_result(&step.name).await.unwrap_or_else(|error| panic!("{error}"))
            {
                results.insert(step.name.clone(), result);
            }
        }
        let records = handle.records().await.unwrap_or_else(|error| panic!("{error}"));
        let trace = recorder.trace(status.id, status.created_at);
        Self { status, results, records, trace, workflow: PhantomData }
    }

    /// The id of the task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.status.id
    }

    /// How it ended.
    #[must_use]
    pub fn state(&self) -> TaskState {
        self.status.state
    }

    /// The task with all its steps.
    #[must_use]
    pub fn status(&self) -> &TaskStatus {
        &self.status
    }

    /// The order in which executions began and ended, and when.
    #[must_use]
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// How long the task took, in virtual time.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.status.ended_at.map(|ended| ended.since(self.status.created_at)).unwrap_or_default()
    }

    /// The events of one type that were published, in order.
    ///
    /// # Panics
    /// When a stored event does not fit the type.
    #[must_use]
    pub fn events<E: Event>(&self) -> Vec<E> {
        self.read_records(RecordKind::Event, E::NAME)
    }

    /// The annotation of one type, as it was set last.
    ///
    /// # Panics
    /// When a stored annotation does not fit the type.
    #[must_use]
    pub fn annotation<A: Annotation>(&self) -> Option<A> {
        self.read_records(RecordKind::Annotation, A::NAME).pop()
    }

    fn read_records<T: serde::de::DeserializeOwned>(&self, kind: RecordKind, name: &str) -> Vec<T> {
        let records = self.records.iter().filter(|record| record.kind == kind && record.name == name);
        let read = records.map(|record| record.payload.parse());
        read.map(|read| {
            read.unwrap_or_else(|error| panic!("the {kind} `{name}` does not fit its type: {error}"))
        })
        .collect()
    }

    /// All events and annotations as they are stored, in order.
    #[must_use]
    pub fn records(&self) -> &[Recorded] {
        &self.records
    }
}

impl<W: Workflow> Run<W> {
    /// A step.
    ///
    /// # Panics
    /// Never for a step of this workflow.
    #[must_use]
    pub fn step<S: Step<Workflow = W>>(&self) -> &StepStatus {
        self.status.step_of::<S>().unwrap_or_else(|| panic!("the task has no step `{}`", S::NAME))
    }

    /// Where a step stands.
    #[must_use]
    pub fn step_state<S: Step<Workflow = W>>(&self) -> StepState {
        self.step::<S>().state
    }

    /// The error of a step's last execution that failed, unless the step completed since.
    #[must_use]
    pub fn error<S: Step<Workflow = W>>(&self) -> Option<&StepError> {
        self.step::<S>().error.as_ref()
    }

    /// How many executions of a step began, those that were lost with their worker included.
    #[must_use]
    pub fn attempts<S: Step<Workflow = W>>(&self) -> u32 {
        self.step::<S>().attempts.0
    }

    /// How long each execution of a step but the first waited after the one before it, in virtual time.
    #[must_use]
    pub fn waits<S: Step<Workflow = W>>(&self) -> Vec<Duration> {
        let waits = self.trace.waits().into_iter().filter(|(step, _)| *step == S::NAME);
        waits.map(|(_, wait)| wait).collect()
    }

    /// The result of a step; `None` where it did not complete.
    ///
    /// # Panics
    /// When the stored result does not fit the type.
    #[must_use]
    pub fn output<S: Step<Workflow = W>>(&self) -> Option<Returned<S>> {
        let result = S::Returned::from_json(self.results.get(S::NAME)?);
        Some(
            result
                .unwrap_or_else(|error| panic!("the result of `{}` does not fit its type: {error}", S::NAME)),
        )
    }
}

impl<W> fmt::Debug for Run<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, results, records, trace, .. } = self;
        let mut run = f.debug_struct("Run");
        run.field("status", status).field("results", results).field("records", records);
        run.field("trace", trace).finish()
    }
}
