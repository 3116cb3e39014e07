//! Tasks that are created in transactions of the host.

use sea_orm::{ConnectionTrait, Database, TransactionTrait};
use tasker::store::{Attributes, Created, Cursor, Kinds, Lead, NewTask, Progress, Store, TaskSummary};
use tasker::{SqlStore, TaskId};

use crate::databases::database;
use crate::fixture::{Bench, LEASE, chain};
use crate::requests::{attributes, summary};

async fn what_is_said_of_a_task_is_written_with_the_hosts_rows(url: &str) {
    let bench = Bench::new(SqlStore::connect(url).await.unwrap(), &[chain()]).await;
    let host = Database::connect(url).await.unwrap();
    let said = NewTask { attributes: attributes(), ..bench.task(0) };
    let plain = bench.task(0);
    let transaction = host.begin().await.unwrap();
    let created = bench.store.create_in(&transaction, &[plain.clone(), said.clone()]).await.unwrap();
    assert_eq!(created, [Created::New(plain.id), Created::New(said.id)]);
    // Asked for again it is there, with what was said of it first.
    let again = NewTask { attributes: Attributes::default(), ..said.clone() };
    assert_eq!(bench.store.create_in(&transaction, &[again]).await.unwrap(), [Created::New(said.id)]);
    transaction.commit().await.unwrap();
    let read = summary(&bench, said.id).await.unwrap();
    let Attributes { initiator, tags, requested_at, .. } = attributes();
    assert_eq!((Some(read.initiator), read.tags, Some(read.requested_at)), (initiator, tags, requested_at));
    let read = summary(&bench, plain.id).await.unwrap();
    assert_eq!((read.initiator, read.tags.len()), (TaskSummary::attribute(None), 0));

    let gone = NewTask { attributes: attributes(), ..bench.task(0) };
    let transaction = host.begin().await.unwrap();
    bench.store.create_in(&transaction, std::slice::from_ref(&gone)).await.unwrap();
    transaction.rollback().await.unwrap();
    assert!(summary(&bench, gone.id).await.is_none());
}

#[tokio::test]
async fn on_sqlite_what_is_said_of_a_task_is_written_with_the_hosts_rows() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    what_is_said_of_a_task_is_written_with_the_hosts_rows(&url).await;
}

#[tokio::test]
async fn on_postgres_what_is_said_of_a_task_is_written_with_the_hosts_rows() {
    let Some(database) = database().await else { return };
    what_is_said_of_a_task_is_written_with_the_hosts_rows(database.url()).await;
}

/// What is read behind a cursor.
async fn heard(store: &SqlStore, cursor: &mut Cursor) -> Vec<TaskId> {
    let page = store.feed().read_on(cursor, Kinds::ALL, 100).await.unwrap();
    *cursor = page.cursor;
    page.occurrences.into_iter().map(|occurrence| occurrence.task.task_id).collect()
}

/// Numbers are given before the commit: one that commits late is lower than what was read long ago.
#[tokio::test]
async fn on_postgres_what_commits_late_is_heard_then_and_stops_nobody() {
    let Some(database) = database().await else { return };
    let bench = Bench::new(SqlStore::connect(database.url()).await.unwrap(), &[chain()]).await;
    let host = Database::connect(database.url()).await.unwrap();
    let feed = bench.store.feed();
    feed.subscribe(&["ear".to_owned()]).await.unwrap();
    let leader = sea_orm::prelude::Uuid::now_v7();
    let Lead::Own(mut cursor) = feed.lead("ear", leader, LEASE).await.unwrap() else { panic!("it leads") };

    let (late, never) = (bench.task(0), bench.task(0));
    let slow = host.begin().await.unwrap();
    bench.store.create_in(&slow, std::slice::from_ref(&late)).await.unwrap();
    let undone = host.begin().await.unwrap();
    bench.store.create_in(&undone, std::slice::from_ref(&never)).await.unwrap();
    let first = bench.start(0).await;
    assert_eq!(heard(&bench.store, &mut cursor).await, [first], "nobody waits for those that are open");
    assert_eq!(cursor.holes.len(), 2);
    undone.rollback().await.unwrap();
    let second = bench.start(0).await;
    assert_eq!(heard(&bench.store, &mut cursor).await, [second]);
    assert_eq!(cursor.holes.len(), 2, "while one is open that began before, nobody knows of either");

    // What was read up to the first hole may be removed, and not what lies behind it.
    let progress = Progress { cursor: cursor.clone(), ..Progress::default() };
    assert!(feed.advance("ear", leader, &progress).await.unwrap());
    assert_eq!(feed.trim().await.unwrap(), 0);
    slow.commit().await.unwrap();
    assert_eq!(heard(&bench.store, &mut cursor).await, [late.id]);
    assert!(heard(&bench.store, &mut cursor).await.is_empty());
    assert_eq!(cursor.holes, [], "what was undone is given up when all have ended that could fill it");
    let progress = Progress { cursor: cursor.clone(), ..Progress::default() };
    assert!(feed.advance("ear", leader, &progress).await.unwrap());
    assert_eq!(feed.trim().await.unwrap(), 3);
}

/// A transaction that is under way may have a number of the outbox that nobody sees, and be younger than all that have ended.
#[tokio::test]
async fn on_postgres_what_the_youngest_transaction_does_is_heard() {
    let Some(database) = database().await else { return };
    let bench = Bench::new(SqlStore::connect(database.url()).await.unwrap(), &[chain()]).await;
    let host = Database::connect(database.url()).await.unwrap();
    let feed = bench.store.feed();
    feed.subscribe(&["ear".to_owned()]).await.unwrap();
    let lead = feed.lead("ear", sea_orm::prelude::Uuid::now_v7(), LEASE).await.unwrap();
    let Lead::Own(mut cursor) = lead else { panic!("it leads") };

    let late = bench.task(0);
    let older = host.begin().await.unwrap();
    older.execute_unprepared("SELECT pg_current_xact_id()").await.unwrap();
    let younger = host.begin().await.unwrap();
    bench.store.create_in(&younger, std::slice::from_ref(&late)).await.unwrap();
    // Of nothing, but with the next number.
    let sql = "INSERT INTO tasker_outbox (entries, created_at) VALUES ('', 0)";
    older.execute_unprepared(sql).await.unwrap();
    older.commit().await.unwrap();
    for _ in 0..3 {
        assert!(heard(&bench.store, &mut cursor).await.is_empty());
        assert_eq!(cursor.holes.len(), 1, "it may still be filled");
    }
    younger.commit().await.unwrap();
    assert_eq!(heard(&bench.store, &mut cursor).await, [late.id]);
    assert_eq!(cursor.holes, []);
}

/// Who removes what nobody reads looks first for those who read, and somebody may begin to right after that.
async fn what_happens_once_somebody_reads_stays_there(url: &str) {
    let bench = Bench::new(SqlStore::connect(url).await.unwrap(), &[chain()]).await;
    let other = SqlStore::connect(url).await.unwrap();
    let trimming = tokio::spawn(async move {
        loop {
            other.feed().trim().await.unwrap();
        }
    });
    let feed = bench.store.feed();
    let name = ["ear".to_owned()];
    for round in 0..200 {
        feed.subscribe(&name).await.unwrap();
        let leader = sea_orm::prelude::Uuid::now_v7();
        let lead = feed.lead("ear", leader, LEASE);
        let (started, lead) = tokio::join!(bench.start(0), lead);
        let Lead::Own(mut cursor) = lead.unwrap() else { panic!("it leads") };
        assert_eq!(heard(&bench.store, &mut cursor).await, [started], "round {round}");
        assert!(feed.unsubscribe("ear").await.unwrap());
    }
    trimming.abort();
}

#[tokio::test]
async fn on_sqlite_what_happens_once_somebody_reads_stays_there() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    what_happens_once_somebody_reads_stays_there(&url).await;
}

#[tokio::test]
async fn on_postgres_what_happens_once_somebody_reads_stays_there() {
    let Some(database) = database().await else { return };
    what_happens_once_somebody_reads_stays_there(database.url()).await;
}
