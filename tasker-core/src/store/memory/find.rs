//! Lists of tasks: they are put in order, and looked at until the page is full.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::Tables;
use super::task::Task;
use crate::store::{ListOrder, TaskFilter, TaskQuery, TaskSummary};

impl Tables {
    pub(super) fn find(&self, query: &TaskQuery) -> Vec<TaskSummary> {
        let is_on_page = |task: &&Task| match (query.after, query.order) {
            (None, _) => true,
            (Some(after), ListOrder::NewestFirst) => task.id < after,
            (Some(after), ListOrder::OldestFirst) => task.id > after,
        };
        let mut tasks: Vec<&Task> = self.tasks.values().filter(is_on_page).collect();
        match query.order {
            ListOrder::NewestFirst => tasks.sort_unstable_by_key(|task| Reverse(task.id)),
            ListOrder::OldestFirst => tasks.sort_unstable_by_key(|task| task.id),
        }
        let found = tasks.into_iter().filter_map(|task| task.found(&query.filter));
        found.take(query.limit).collect()
    }

    pub(super) fn count(&self, filter: &TaskFilter) -> u64 {
        self.tasks.values().filter(|task| task.found(filter).is_some()).count() as u64
    }
}

impl Task {
    /// What is told of the task, if it fits.
    fn found(&self, filter: &TaskFilter) -> Option<TaskSummary> {
        let summary = self.summary();
        let is_annotated = filter
            .annotations
            .iter()
            .all(|wanted| self.annotated().any(|(name, says)| wanted.fits(name, says)));
        (filter.fits(&summary) && is_annotated).then_some(summary)
    }

    fn summary(&self) -> TaskSummary {
        let mut steps = BTreeMap::new();
        for step in &self.steps {
            *steps.entry(step.state).or_default() += 1;
        }
        let attributes = self.attributes.clone();
        TaskSummary {
            id: self.id,
            workflow: self.workflow.id().clone(),
            state: self.state,
            priority: self.priority,
            idempotency_key: self.idempotency_key.clone(),
            correlation_id: attributes.correlation_id.unwrap_or_else(|| self.id.to_string()),
            initiator: TaskSummary::attribute(attributes.initiator),
            source_system: TaskSummary::attribute(attributes.source_system),
            reason: TaskSummary::attribute(attributes.reason),
            tags: attributes.tags,
            requested_at: attributes.requested_at.unwrap_or(self.created_at),
            created_at: self.created_at,
            ended_at: self.ended_at,
            steps,
        }
    }
}
