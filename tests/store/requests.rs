//! Who asked for a task, why and when, and its tags.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Attributes, Created, NewTask, Store, TaskQuery, TaskSummary};
use tasker::{Clock, ManualClock, TaskId, Timestamp};

use crate::fixture::{Bench, chain, failed};

/// All that can be said, with what databases quote.
pub(crate) fn attributes() -> Attributes {
    Attributes {
        initiator: Some("ada's \"own\" \\ {1} $1 \u{1F980}".to_owned()),
        source_system: Some("é".repeat(128)),
        reason: Some("null".to_owned()),
        requested_at: Some(Timestamp::from_micros(1_700_000_000_000_001)),
        tags: ["vip", "a,b", "'\"\\", "é", ""]
            .into_iter()
            .filter(|tag| !tag.is_empty())
            .map(Into::into)
            .collect(),
        correlation_id: Some("req_4711-a".to_owned()),
        traceparent: Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned()),
    }
}

pub(crate) async fn summary<S: Store>(bench: &Bench<S>, task: TaskId) -> Option<TaskSummary> {
    let query = TaskQuery { limit: 10_000, ..TaskQuery::default() };
    bench.store.find(&query).await.unwrap().into_iter().find(|summary| summary.id == task)
}

pub(crate) async fn what_is_said_of_a_task_reads_back<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let said = NewTask { attributes: attributes(), priority: -3, ..bench.task(0) };
    let some = Attributes { reason: Some("only this".to_owned()), ..Attributes::default() };
    let (some, none) = (NewTask { attributes: some, ..bench.task(0) }, bench.task(0));
    bench.store.create(&[none.clone(), said.clone(), some.clone()]).await.unwrap();
    let read = summary(&bench, said.id).await.unwrap();
    let Attributes { initiator, source_system, reason, requested_at, tags, .. } = attributes();
    let attributes = (Some(read.initiator), Some(read.source_system), Some(read.reason));
    assert_eq!(attributes, (initiator, source_system, reason));
    assert_eq!((Some(read.requested_at), read.created_at, read.priority), (requested_at, clock.now(), -3));
    assert_eq!(read.tags, tags);
    let read = summary(&bench, some.id).await.unwrap();
    assert_eq!((read.initiator.as_str(), read.reason.as_str()), ("unknown", "only this"));
    let read = summary(&bench, none.id).await.unwrap();
    assert_eq!((read.source_system.as_str(), read.requested_at), ("unknown", clock.now()));
    assert!(read.tags.is_empty() && read.idempotency_key.is_none());
}

pub(crate) async fn a_task_that_there_is_keeps_what_was_said_of_it<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let tags = BTreeSet::from(["first".to_owned()]);
    let first = Attributes { initiator: Some("ada".to_owned()), tags: tags.clone(), ..Attributes::default() };
    let first = NewTask { attributes: first, idempotency_key: Some("key".to_owned()), ..bench.task(0) };
    let second = NewTask { id: TaskId::random(), attributes: attributes(), ..first.clone() };
    bench.store.create(std::slice::from_ref(&first)).await.unwrap();
    let created = bench.store.create(&[second.clone(), first.clone()]).await.unwrap();
    assert_eq!(created, [Created::Existing(first.id), Created::New(first.id)]);
    let read = summary(&bench, first.id).await.unwrap();
    assert_eq!((read.initiator.as_str(), read.tags), ("ada", tags));
    assert!(summary(&bench, second.id).await.is_none());
}

pub(crate) async fn a_purge_removes_tags<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = NewTask { attributes: attributes(), ..bench.task(0) };
    bench.store.create(std::slice::from_ref(&task)).await.unwrap();
    bench.run_one(worker, failed()).await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(bench.store.purge(Duration::ZERO, 9).await.unwrap(), 1);
    // Its id is free again, which no other task's is: what would be left of it would come back.
    let again = NewTask { attributes: Attributes::default(), ..task };
    bench.store.create(std::slice::from_ref(&again)).await.unwrap();
    assert_eq!(summary(&bench, again.id).await.unwrap().tags, BTreeSet::new());
}

pub(crate) async fn many_tasks_with_attributes_are_created_at_once<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let task = |n: usize| {
        let tags = (0..n % 4).map(|tag| format!("tag {tag} of {n}")).collect();
        let initiator = n.is_multiple_of(3).then(|| n.to_string());
        NewTask { attributes: Attributes { initiator, tags, ..Attributes::default() }, ..bench.task(0) }
    };
    let tasks: Vec<NewTask> = (0..1_000).map(task).collect();
    bench.store.create(&tasks).await.unwrap();
    let found = bench.store.find(&TaskQuery { limit: 2_000, ..TaskQuery::default() }).await.unwrap();
    assert_eq!(found.len(), 1_000);
    for task in tasks {
        let read = found.iter().find(|read| read.id == task.id).unwrap();
        let Attributes { initiator, tags, .. } = task.attributes;
        assert_eq!((&read.initiator, &read.tags), (&TaskSummary::attribute(initiator), &tags));
    }
}

pub(crate) async fn what_a_task_shares_with_its_request_comes_with_each_of_its_steps<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let said = NewTask { attributes: attributes(), ..bench.task(0) };
    bench.store.create(&[said]).await.unwrap();
    clock.advance(Duration::from_secs(3));
    let first = bench.claim(worker, 1).await.remove(0);
    assert_eq!(
        (first.correlation_id, first.traceparent),
        (attributes().correlation_id, attributes().traceparent)
    );
    assert_eq!(first.queued, Duration::from_secs(3));
}
