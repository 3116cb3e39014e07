//! Tasks that are created in transactions of the host.

use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, Statement, TransactionTrait};
use tasker::store::{Attributes, Created, Cursor, Kinds, Lead, NewTask, Progress, Store, TaskSummary};
use tasker::{Clock, SqlStore, SqlStoreOptions, TaskId};
use tasker_tests::operator::Operator as _;

use crate::databases::database;
use crate::fixture::{Bench, LEASE, chain, done, outcome};
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

/// How many numbers are missing.
fn missing(cursor: &Cursor) -> i64 {
    cursor.holes.iter().map(|hole| hole.last - hole.first + 1).sum()
}

/// Reads on until it is given up what is missing, and hears nothing more. What is under way in other databases of the server counts, too.
async fn nothing_is_missing_any_more(store: &SqlStore, cursor: &mut Cursor) {
    let began = std::time::Instant::now();
    while !cursor.holes.is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20), "{cursor:?}");
        assert_eq!(heard(store, cursor).await, []);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
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
    assert_eq!(missing(&cursor), 2);
    undone.rollback().await.unwrap();
    let second = bench.start(0).await;
    assert_eq!(heard(&bench.store, &mut cursor).await, [second]);
    assert_eq!(missing(&cursor), 2, "while one is open that began before, nobody knows of either");

    // What was read up to the first hole may be removed, and not what lies behind it.
    let progress = Progress { cursor: cursor.clone(), ..Progress::default() };
    assert!(feed.advance("ear", leader, &progress).await.unwrap());
    let status = async || feed.subscriptions().await.unwrap().remove(0);
    assert_eq!((status().await.behind, status().await.lag_micros), (0, 0), "it has read all that there is");
    assert_eq!(feed.trim().await.unwrap(), 0);
    slow.commit().await.unwrap();
    let late_by = status().await;
    assert!(late_by.behind == 1 && late_by.lag_micros > 0, "{late_by:?}");
    assert_eq!(heard(&bench.store, &mut cursor).await, [late.id]);
    assert!(heard(&bench.store, &mut cursor).await.is_empty());
    // What was undone is given up when all have ended that could fill it.
    nothing_is_missing_any_more(&bench.store, &mut cursor).await;
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
        assert_eq!(missing(&cursor), 1, "it may still be filled");
    }
    younger.commit().await.unwrap();
    assert_eq!(heard(&bench.store, &mut cursor).await, [late.id]);
    assert_eq!(cursor.holes, []);
}

/// However many numbers a transaction was given, none of them is forgotten while it is open; and what it brings is read in pages.
#[tokio::test]
async fn on_postgres_a_host_may_start_any_number_of_tasks_in_one_transaction() {
    let Some(database) = database().await else { return };
    let bench = Bench::new(SqlStore::connect(database.url()).await.unwrap(), &[chain()]).await;
    let host = Database::connect(database.url()).await.unwrap();
    let feed = bench.store.feed();
    feed.subscribe(&["ear".to_owned()]).await.unwrap();
    let lead = feed.lead("ear", sea_orm::prelude::Uuid::now_v7(), LEASE).await.unwrap();
    let Lead::Own(mut cursor) = lead else { panic!("it leads") };

    let import = host.begin().await.unwrap();
    let mut wanted = Vec::new();
    for _ in 0..120 {
        let task = bench.task(0);
        bench.store.create_in(&import, std::slice::from_ref(&task)).await.unwrap();
        wanted.push(task.id);
    }
    // As many numbers as so many more tasks take.
    let sql = "SELECT nextval(pg_get_serial_sequence('tasker_outbox', 'id')) FROM generate_series(1, 30000)";
    import.execute_unprepared(sql).await.unwrap();
    let last = bench.task(0);
    bench.store.create_in(&import, std::slice::from_ref(&last)).await.unwrap();
    wanted.push(last.id);
    let other = bench.start(0).await;
    assert_eq!(heard(&bench.store, &mut cursor).await, [other], "nobody waits for those that are open");
    import.commit().await.unwrap();
    let first = heard(&bench.store, &mut cursor).await;
    assert_eq!(first, wanted[..100], "a page is no longer than was asked for");
    // What is still to be read is kept, and known to be unread.
    let later = bench.start(0).await;
    wanted.push(later);
    assert_eq!(heard(&bench.store, &mut cursor).await, wanted[100..]);
    assert!(heard(&bench.store, &mut cursor).await.is_empty());
    nothing_is_missing_any_more(&bench.store, &mut cursor).await;
}

/// A dump that is read into another server takes the cursors along, and there transactions have other numbers.
#[tokio::test]
async fn on_postgres_what_is_missing_is_given_up_on_another_server_too() {
    let Some(database) = database().await else { return };
    let bench = Bench::new(SqlStore::connect(database.url()).await.unwrap(), &[chain()]).await;
    let host = Database::connect(database.url()).await.unwrap();
    let feed = bench.store.feed();
    feed.subscribe(&["ear".to_owned()]).await.unwrap();
    let lead = feed.lead("ear", sea_orm::prelude::Uuid::now_v7(), LEASE).await.unwrap();
    let Lead::Own(mut cursor) = lead else { panic!("it leads") };
    let late = bench.task(0);
    let open = host.begin().await.unwrap();
    bench.store.create_in(&open, std::slice::from_ref(&late)).await.unwrap();
    let first = bench.start(0).await;
    assert_eq!(heard(&bench.store, &mut cursor).await, [first]);
    // As it looks where fewer transactions have been.
    let text = serde_json::to_string(&cursor).unwrap();
    let number = text.trim_end_matches([']', '}']).rsplit(',').next().unwrap();
    cursor = serde_json::from_str(&text.replace(number, "1000000000000000")).unwrap();
    // Nobody knows whether it is another server; this one may have started anew with an open transaction that was prepared.
    assert!(heard(&bench.store, &mut cursor).await.is_empty());
    assert_eq!(missing(&cursor), 1);
    open.rollback().await.unwrap();
    nothing_is_missing_any_more(&bench.store, &mut cursor).await;
}

/// What one process remembers of a task is not what happens to another one of the same id, of which it read nothing so far.
async fn who_begins_to_read_remembers_nothing_that_is_gone(url: &str) {
    let clock = crate::fixture::clock();
    let store = async || SqlStoreOptions::new(url).clock(clock.clone()).connect().await.unwrap();
    let one = Bench::new(store().await, &[chain()]).await;
    let two = Bench::new(store().await, &[chain()]).await;
    let (feed, names) = (one.store.feed(), ["ear".to_owned()]);
    feed.subscribe(&names).await.unwrap();
    let (first, second) = (sea_orm::prelude::Uuid::now_v7(), sea_orm::prelude::Uuid::now_v7());
    let read = async |bench: &Bench<SqlStore>, leader| {
        let feed = bench.store.feed();
        let Lead::Own(cursor) = feed.lead("ear", leader, LEASE).await.unwrap() else { panic!("it leads") };
        let page = feed.read_on(&cursor, Kinds::ALL, 100).await.unwrap();
        let progress = Progress { cursor: page.cursor, ..Progress::default() };
        assert!(feed.advance("ear", leader, &progress).await.unwrap());
        feed.trim().await.unwrap();
        page.occurrences
    };
    read(&one, first).await;
    let worker = one.worker().await;
    let task = one.task(0);
    one.store.create(std::slice::from_ref(&task)).await.unwrap();
    for _ in 0..3 {
        one.run_one(worker, done()).await;
    }
    assert_eq!(read(&one, first).await.len(), 9);
    clock.advance(Duration::from_secs(1));
    assert_eq!(one.store.purge(Duration::ZERO, 9).await.unwrap(), 1);

    // The other process leads while it begins again, and works on it.
    feed.lead("ear", first, Duration::ZERO).await.unwrap();
    let attributes = Attributes { correlation_id: Some("again".to_owned()), ..Attributes::default() };
    two.store.create(&[NewTask { attributes, ..task.clone() }]).await.unwrap();
    let worker = two.worker().await;
    let claimed = two.claim(worker, 1).await;
    let began = clock.now();
    assert_eq!(read(&two, second).await.len(), 3);
    two.store.feed().lead("ear", second, Duration::ZERO).await.unwrap();
    clock.advance(Duration::from_secs(1));
    two.settle(worker, &[outcome(&claimed[0], done())], 0).await;
    let occurrences = read(&one, first).await;
    let [ended] = &occurrences[..] else { panic!("{occurrences:?}") };
    assert_eq!((ended.task.correlation_id.as_str(), ended.task.created_at), ("again", began));
    let step = ended.step.as_ref().unwrap();
    assert_eq!((step.facts.worker_id, step.began_at), (Some(worker), Some(began)));
}

#[tokio::test]
async fn on_sqlite_who_begins_to_read_remembers_nothing_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    who_begins_to_read_remembers_nothing_that_is_gone(&url).await;
}

#[tokio::test]
async fn on_postgres_who_begins_to_read_remembers_nothing_that_is_gone() {
    let Some(database) = database().await else { return };
    who_begins_to_read_remembers_nothing_that_is_gone(database.url()).await;
}

/// A transaction may do much, and a page of many such would not fit into memory.
async fn a_page_has_so_many_transactions_as_are_not_too_much(url: &str) {
    const EACH: usize = 9_000;
    let bench = Bench::new(SqlStore::connect(url).await.unwrap(), &[chain()]).await;
    let host = Database::connect(url).await.unwrap();
    let feed = bench.store.feed();
    feed.subscribe(&["ear".to_owned()]).await.unwrap();
    let lead = feed.lead("ear", sea_orm::prelude::Uuid::now_v7(), LEASE).await.unwrap();
    let Lead::Own(mut cursor) = lead else { panic!("it leads") };
    let task = bench.start(0).await;
    assert_eq!(heard(&bench.store, &mut cursor).await, [task]);
    let created = [task.as_uuid().as_bytes().as_slice(), &(10_i64 << 56).to_be_bytes()].concat();
    let backend = host.get_database_backend();
    for _ in 0..3 {
        let sql = "INSERT INTO tasker_outbox (entries, created_at) VALUES ($1, 0)";
        let values = [created.repeat(EACH).into()];
        host.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await.unwrap();
    }
    for more in [true, true, false] {
        let page = feed.read_on(&cursor, Kinds::ALL, 64).await.unwrap();
        assert_eq!((page.occurrences.len(), page.more), (EACH, more));
        cursor = page.cursor;
    }
    assert_eq!(cursor.holes, []);
}

#[tokio::test]
async fn on_sqlite_a_page_has_so_many_transactions_as_are_not_too_much() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    a_page_has_so_many_transactions_as_are_not_too_much(&url).await;
}

#[tokio::test]
async fn on_postgres_a_page_has_so_many_transactions_as_are_not_too_much() {
    let Some(database) = database().await else { return };
    a_page_has_so_many_transactions_as_are_not_too_much(database.url()).await;
}

/// A number is given at the end of a statement that may have begun before others that have lower ones.
async fn what_ended_before_is_kept_though_others_have_lower_numbers(url: &str) {
    let (early, late) = (crate::fixture::clock(), crate::fixture::clock());
    late.advance(Duration::from_secs(9));
    let store = async |clock| SqlStoreOptions::new(url).clock(clock).connect().await.unwrap();
    let slow = Bench::new(store(early).await, &[chain()]).await;
    let quick = Bench::new(store(late.clone()).await, &[chain()]).await;
    let feed = quick.store.feed();
    feed.subscribe(&["ear".to_owned()]).await.unwrap();
    let leader = sea_orm::prelude::Uuid::now_v7();
    let Lead::Own(mut cursor) = feed.lead("ear", leader, LEASE).await.unwrap() else { panic!("it leads") };
    let (task, worker) = (slow.start(0).await, slow.worker().await);
    let read = async |cursor: &mut Cursor| {
        let heard = heard(&quick.store, cursor).await;
        let progress = Progress { cursor: cursor.clone(), ..Progress::default() };
        assert!(feed.advance("ear", leader, &progress).await.unwrap());
        feed.trim().await.unwrap();
        heard
    };
    read(&mut cursor).await;
    let other = quick.start(0).await;
    slow.store.cancel(task).await.unwrap();
    slow.store.retire(worker).await.unwrap();
    late.advance(Duration::from_secs(9));
    assert_eq!(quick.store.purge(Duration::from_secs(5), 9).await.unwrap(), 0, "not all of it was heard");
    let heard = read(&mut cursor).await;
    assert_eq!((heard[0], heard[1..].iter().all(|heard| *heard == task)), (other, true));
    assert!(heard.len() > 2, "{heard:?}");
    assert_eq!(quick.store.purge(Duration::from_secs(5), 9).await.unwrap(), 1);
}

#[tokio::test]
async fn on_sqlite_what_ended_before_is_kept_though_others_have_lower_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    what_ended_before_is_kept_though_others_have_lower_numbers(&url).await;
}

#[tokio::test]
async fn on_postgres_what_ended_before_is_kept_though_others_have_lower_numbers() {
    let Some(database) = database().await else { return };
    what_ended_before_is_kept_though_others_have_lower_numbers(database.url()).await;
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
