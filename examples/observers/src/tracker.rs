//! An error tracker, as Sentry is one: failures that are alike are one issue, with how often it came and what happened just before.
//!
//! It keeps what it knows in memory, as the client of such a service does until it sends; with a real one, [`Tracker::on_step_failed`] is where to call it.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tasker::events::{TaskerEvent, What};
use tasker::{TaskId, Timestamp, subscriber};

/// How many breadcrumbs are kept for a task.
const CRUMBS: usize = 20;

/// What failures have in common that are one issue.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint {
    pub workflow: String,
    pub step: String,
    pub code: String,
}

/// Failures that are alike.
#[derive(Debug, Clone)]
pub struct Issue {
    pub count: u64,
    pub first: Timestamp,
    pub last: Timestamp,
    /// Of the latest of them.
    pub message: String,
    pub correlation_id: String,
    pub tags: BTreeMap<&'static str, String>,
    pub breadcrumbs: Vec<String>,
}

/// What happened to a task so far.
#[derive(Default)]
struct Trail {
    last: String,
    crumbs: VecDeque<String>,
}

#[derive(Default)]
struct Known {
    issues: BTreeMap<Fingerprint, Issue>,
    /// Of tasks that are open.
    trails: BTreeMap<TaskId, Trail>,
}

/// Clones are the same tracker.
#[derive(Clone, Default)]
pub struct Tracker(Arc<Mutex<Known>>);

#[subscriber]
impl Tracker {
    async fn on_step_failed(&self, event: &TaskerEvent) {
        let What::StepFailed(failed) = &event.what else { return };
        let crumb = format!("{} failed: {}", failed.step.step_name, failed.error_message);
        let Some(breadcrumbs) = self.crumb(event, crumb) else { return };
        let task = &failed.task;
        let fingerprint = Fingerprint {
            workflow: format!("{}.{}", task.namespace, task.task_name),
            step: failed.step.step_name.clone(),
            code: failed.error_code.clone().unwrap_or_else(|| "no code".to_owned()),
        };
        let mut known = self.known();
        let before = known.issues.get(&fingerprint);
        let issue = Issue {
            count: 1 + before.map_or(0, |issue| issue.count),
            first: before.map_or(event.at, |issue| issue.first),
            last: event.at,
            message: failed.error_message.clone(),
            correlation_id: task.correlation_id.clone(),
            tags: BTreeMap::from([
                ("version", task.version.clone()),
                ("attempt", format!("{} of {}", failed.step.attempt_number, failed.step.retry_limit)),
                ("permanent", failed.permanent.to_string()),
            ]),
            breadcrumbs,
        };
        known.issues.insert(fingerprint, issue);
    }

    /// What else happens to steps leads to what fails later.
    #[event("step.*")]
    async fn steps(&self, event: &TaskerEvent) {
        let Some(step) = event.what.step() else { return };
        let did = event.name().strip_prefix("step.").unwrap_or_default();
        self.crumb(event, format!("{} {did}", step.step_name));
    }

    #[event("task.*")]
    async fn tasks(&self, event: &TaskerEvent) {
        if let What::TaskCompleted(_)
        | What::TaskFailed(_)
        | What::TaskCancelled(_)
        | What::TaskResolvedManually(_) = &event.what
        {
            self.known().trails.remove(&event.what.task().task_id);
        }
    }

    /// Adds to the trail of the task, and says what it is now. What came before is nothing new: events of a task come in order, so one that
    /// comes twice is the one that came last.
    fn crumb(&self, event: &TaskerEvent, text: String) -> Option<Vec<String>> {
        let mut known = self.known();
        let trail = known.trails.entry(event.what.task().task_id).or_default();
        if trail.last == event.id {
            return None;
        }
        trail.last.clone_from(&event.id);
        trail.crumbs.push_back(text);
        if trail.crumbs.len() > CRUMBS {
            trail.crumbs.pop_front();
        }
        Some(trail.crumbs.iter().cloned().collect())
    }

    /// The issues so far.
    pub fn issues(&self) -> BTreeMap<Fingerprint, Issue> {
        self.known().issues.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A report for people.
impl fmt::Display for Tracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (Fingerprint { workflow, step, code }, issue) in self.issues() {
            let tags: Vec<_> = issue.tags.iter().map(|(tag, value)| format!("{tag}: {value}")).collect();
            writeln!(f, "  {}x {code} in {workflow}, {step}: {}", issue.count, issue.message)?;
            writeln!(f, "     since {}, lately at {} of {}", issue.first, issue.last, issue.correlation_id)?;
            writeln!(f, "     {}", tags.join(", "))?;
            writeln!(f, "     {}", issue.breadcrumbs.join(" → "))?;
        }
        Ok(())
    }
}
