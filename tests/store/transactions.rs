//! Tasks that are created in transactions of the host.

use sea_orm::{Database, TransactionTrait};
use tasker::SqlStore;
use tasker::store::{Attributes, Created, NewTask, TaskSummary};

use crate::databases::database;
use crate::fixture::{Bench, chain};
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
