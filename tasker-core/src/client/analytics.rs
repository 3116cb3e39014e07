//! How an application asks how the system does.

use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use super::{Client, Tasker};
use crate::analytics::{BottleneckReport, PerformanceReport};
use crate::step::Workflow;
use crate::store::{StoreError, Wanted};

/// How the system does, in numbers that were measured; of all workflows and all processes on the store.
///
/// ```
/// # use tasker_core::{MemoryStore, StepError, Tasker, workflow};
/// # extern crate tasker_core as tasker;
/// # #[workflow(namespace = "shop", context = u32)]
/// # mod order {
/// #     use super::StepError;
/// #     #[step]
/// #     pub async fn charge(ctx: &u32) -> Result<u32, StepError> { Ok(*ctx) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await?;
/// tasker.start::<order::Workflow>(1).await?.wait().await?;
/// let performance = tasker.analytics().performance().await?;
/// assert_eq!(performance.performance_trends.last_hour.completion_rate, Some(1.0));
/// let bottlenecks = tasker.analytics().bottlenecks().workflow::<order::Workflow>().await?;
/// assert_eq!(bottlenecks.slowest_steps[0].step_name, "charge");
/// # tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Analytics {
    client: Client,
}

/// Why a report cannot be had.
#[derive(Clone, thiserror::Error)]
pub enum AnalyticsError {
    /// It is to reach back too far, or not at all.
    #[error(
        "a report about {0:?} cannot be had; it reaches back for more than nothing and at most a week (168 hours)"
    )]
    Period(Duration),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl std::fmt::Debug for AnalyticsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Tasker {
    /// How the system does, in numbers that were measured.
    #[must_use]
    pub fn analytics(&self) -> Analytics {
        Analytics { client: self.0.client.clone() }
    }
}

impl Analytics {
    /// What ended in the last hour, four hours and day, and how long it took.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn performance(&self) -> Result<PerformanceReport, StoreError> {
        let figures = self.client.0.store.figures();
        let wanted = Wanted { steps: false, ..Wanted::last(PerformanceReport::LONGEST) };
        let digests = figures.digests(&wanted).await?;
        Ok(PerformanceReport::of(&digests, &figures.population().await?))
    }

    /// What takes long, what fails, and what is waited for; in the last day, unless another [period](FindBottlenecks::period) is said.
    pub fn bottlenecks(&self) -> FindBottlenecks {
        FindBottlenecks { client: self.client.clone(), wanted: Wanted::last(PerformanceReport::LONGEST) }
    }
}

/// Bottlenecks that are looked for; await it for the [`BottleneckReport`].
#[derive(Clone)]
#[must_use = "nothing is looked for before this is awaited"]
pub struct FindBottlenecks {
    client: Client,
    wanted: Wanted,
}

impl FindBottlenecks {
    /// Only among the tasks of a namespace.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.wanted.namespace = Some(namespace.into());
        self
    }

    /// Only among the tasks of workflows with a name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.wanted.name = Some(name.into());
        self
    }

    /// Only among the tasks of a version.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.wanted.version = Some(version.into());
        self
    }

    /// Only among the tasks of a workflow at its version.
    pub fn workflow<W: Workflow>(self) -> Self {
        let workflow = W::define();
        let id = workflow.id();
        self.namespace(&id.namespace).name(&id.name).version(&id.version)
    }

    /// How far back to look: a week at most. Default: a day. What is told begins where a
    /// [period](crate::analytics::window_start) does.
    pub fn period(mut self, back: Duration) -> Self {
        self.wanted.back = back;
        self
    }

    async fn find(self) -> Result<BottleneckReport, AnalyticsError> {
        const LONGEST: Duration = Duration::from_hours(24 * 7);
        let Self { client, wanted } = self;
        if wanted.back.is_zero() || wanted.back > LONGEST {
            return Err(AnalyticsError::Period(wanted.back));
        }
        let store = &client.0.store;
        let digests = store.figures().digests(&wanted).await?;
        let mut report = BottleneckReport::of(&digests, &wanted);
        let slowest: Vec<_> = report.slowest_tasks.iter().map(|task| task.task_id).collect();
        if !slowest.is_empty() {
            report.look_up(&store.statuses(&slowest).await?);
        }
        Ok(report)
    }
}

impl IntoFuture for FindBottlenecks {
    type Output = Result<BottleneckReport, AnalyticsError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.find())
    }
}
