//! What holds for a SQLite file and has no counterpart elsewhere.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;

use tasker::orm::migration::Migrator;
use tasker::store::{Action, Operated, Room, Span, StepAction, Store, TaskFilter, TaskQuery};
use tasker::{SqlStore, SqlStoreOptions, StepState, StoreError, TaskState, Timestamp, WorkerId};

use tasker_tests::operator::Operator as _;

use crate::fixture::{Bench, LEASE, chain, diamond, done, outcome};

fn url(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("tasks.db").display())
}

#[tokio::test]
async fn a_finished_task_is_there_after_the_database_was_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(SqlStore::connect(&url(folder.path())).await.unwrap(), &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    for _ in 0..3 {
        bench.run_one(worker, done()).await;
    }
    let before = bench.status(task).await;
    drop(bench);
    let again = Bench::new(SqlStore::connect(&url(folder.path())).await.unwrap(), &[chain()]).await;
    assert_eq!(again.status(task).await, before);
}

#[tokio::test]
async fn a_copy_of_the_file_alone_is_whole_after_the_worker_retired() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(SqlStore::connect(&url(folder.path())).await.unwrap(), &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    bench.store.retire(worker).await.unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(folder.path().join("tasks.db"), elsewhere.path().join("tasks.db")).unwrap();
    let copy = Bench::new(SqlStore::connect(&url(elsewhere.path())).await.unwrap(), &[chain()]).await;
    assert_eq!(copy.status(task).await, bench.status(task).await);
}

#[tokio::test]
async fn a_worker_may_run_more_definitions_than_one_statement_can_name() {
    let folder = tempfile::tempdir().unwrap();
    let workflows: Vec<_> =
        (0..260).map(|n| crate::fixture::workflow(&format!("w{n}"), &[("only", &[], 3)])).collect();
    let bench = Bench::new(SqlStore::connect(&url(folder.path())).await.unwrap(), &workflows).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.start(259).await;
    assert_eq!(bench.claim(worker, 10).await.len(), 2);
}

#[tokio::test]
async fn a_worker_whose_store_is_gone_is_dead_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(SqlStore::connect(&url(folder.path())).await.unwrap(), &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.claim(worker, 1).await;
    let other = Bench::new(SqlStore::connect(&url(folder.path())).await.unwrap(), &[chain()]).await;
    assert!(
        other.store.sweep().await.unwrap().workers.is_empty(),
        "its process lives, and so does its lease"
    );
    drop(bench); // as the end of a process does, this lets go of the lock file
    let swept = other.store.sweep().await.unwrap();
    assert_eq!((swept.workers, swept.steps), (vec![worker], 1));
    let left = std::fs::read_dir(folder.path().join("tasks.db.workers")).unwrap().count();
    assert_eq!(left, 0, "the lock file of the dead worker is removed");
}

#[tokio::test]
async fn many_processes_may_open_a_new_database_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(folder.path());
    let opened = futures_util::future::join_all((0..8).map(|_| SqlStore::connect(&url))).await;
    for store in opened {
        store.unwrap().install(&[chain()]).await.unwrap();
    }
}

#[tokio::test]
async fn two_stores_on_one_file_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(folder.path());
    let benches = [
        Bench::new(SqlStore::connect(&url).await.unwrap(), &[chain()]).await,
        Bench::new(SqlStore::connect(&url).await.unwrap(), &[chain()]).await,
    ];
    let run = |bench| async move {
        let bench: &Bench<SqlStore> = bench;
        let (worker, mut ran) = (bench.worker().await, 0);
        for _ in 0..50 {
            bench.start(0).await;
            let claim = bench.claim(worker, 1).await;
            if !claim.is_empty() {
                let outcome = crate::fixture::outcome(&claim[0], done());
                assert!(bench.settle(worker, &[outcome], 0).await.refused.is_empty());
                ran += 1;
            }
        }
        ran
    };
    let ran = tokio::join!(run(&benches[0]), run(&benches[1]));
    assert_eq!(ran, (50, 50), "there is always a step for each");
}

/// Lets a call go on until it waits for the n-th time, and drops it there; says whether it came to its end before.
async fn drop_at_wait(waits: usize, mut call: Pin<Box<dyn Future<Output = ()> + '_>>) -> bool {
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        match call.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if polls == waits => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// It happens as a whole or not at all, and what others do afterwards is not part of it: another connection sees that at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_leaves_nothing_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let url = url(folder.path());
    let bench = &Bench::new(SqlStore::connect(&url).await.unwrap(), &[chain()]).await;
    let other = &Bench::new(SqlStore::connect(&url).await.unwrap(), &[chain()]).await;
    for call in ["create", "claim", "settle", "sweep", "retire", "pause"] {
        for waits in 1.. {
            let worker = bench.worker().await;
            let task = bench.task(0);
            if call != "create" {
                bench.store.create(std::slice::from_ref(&task)).await.unwrap();
            }
            let held = match call {
                "settle" | "sweep" | "retire" => bench.claim(worker, 1).await,
                _ => Vec::new(),
            };
            let outcomes: Vec<_> = held.iter().map(|step| outcome(step, done())).collect();
            if call == "sweep" {
                bench.store.enlist(WorkerId::random(), std::time::Duration::ZERO, &[]).await.unwrap();
            }
            let (store, runnable, room) = (&bench.store, &bench.runnable, &Room::new(1));
            let ended = drop_at_wait(
                waits,
                Box::pin(async {
                    match call {
                        "create" => drop(store.create(std::slice::from_ref(&task)).await.unwrap()),
                        "claim" => drop(store.claim(worker, runnable, room).await.unwrap()),
                        "settle" => drop(store.settle(worker, runnable, &outcomes, room).await.unwrap()),
                        "sweep" => drop(store.sweep().await.unwrap()),
                        "retire" => store.retire(worker).await.unwrap(),
                        _ => assert_eq!(store.pause(task.id).await.unwrap(), Operated::Done),
                    }
                }),
            )
            .await;
            // By the connection that the call had, which therefore is done with it.
            let after = bench.start(0).await;
            let what = format!("after `{call}` was dropped at its wait {waits}");
            let seen = other.store.statuses(&[after, task.id]).await.unwrap();
            assert!(seen[0].is_some(), "{what} nothing is committed");
            other.store.enlist(WorkerId::random(), LEASE, &[]).await.unwrap();
            if let Some(task) = &seen[1] {
                let steps: Vec<_> = task.steps.iter().map(|step| step.state).collect();
                let settled = steps[0] == StepState::Complete;
                assert_eq!(steps.len(), 3, "{what}");
                assert!(settled || steps[1] == StepState::Pending, "{what}: {steps:?}");
                let begun = steps.iter().any(|&step| step != StepState::Pending);
                assert!(!begun || task.state == TaskState::InProgress, "{what}: {:?}, {steps:?}", task.state);
            }
            // What was claimed and left is out of the way of the next round.
            bench.store.cancel(after).await.unwrap();
            bench.store.cancel(task.id).await.unwrap();
            if ended {
                break;
            }
        }
    }
}

/// As a full disk does.
#[tokio::test]
async fn a_transaction_that_the_database_ends_by_itself_takes_nothing_else_with_it() {
    use sea_orm::ConnectionTrait;
    let folder = tempfile::tempdir().unwrap();
    let url = url(folder.path());
    let bench = Bench::new(SqlStore::connect(&url).await.unwrap(), &[chain()]).await;
    let host = sea_orm::Database::connect(&url).await.unwrap();
    let (worker, task) = (bench.worker().await, bench.start(0).await);
    bench.store.cancel(task).await.unwrap();
    let full =
        "CREATE TRIGGER full BEFORE DELETE ON tasker_workers BEGIN SELECT RAISE(ROLLBACK, 'full'); END";
    host.execute_unprepared(full).await.unwrap();
    assert!(bench.store.retire(worker).await.is_err());
    // Another that ends without a commit.
    assert_eq!(bench.store.retry(task).await.unwrap(), Operated::Refused(TaskState::Cancelled));
    let after = bench.start(0).await;
    let other = Bench::new(SqlStore::connect(&url).await.unwrap(), &[chain()]).await;
    assert!(other.store.statuses(&[after]).await.unwrap()[0].is_some(), "it was acknowledged");
    host.execute_unprepared("DROP TRIGGER full").await.unwrap();
    bench.store.retire(worker).await.unwrap();
    assert!(
        other.store.heartbeat(worker, LEASE).await.is_ok_and(|lease| lease == tasker::store::Lease::Lost)
    );
}

#[tokio::test]
async fn a_stored_graph_that_cannot_be_read_hides_no_other() {
    use sea_orm::ConnectionTrait;
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::connect(&url(folder.path())).await.unwrap();
    let builder = || tasker::WorkflowDef::builder("test", "chain", "1.0.0");
    let other = builder().step(tasker::StepSpec::new("other")).build().unwrap();
    let third = builder().step(tasker::StepSpec::new("third")).build().unwrap();
    let ids = store.install(&[chain(), other.into(), third.into()]).await.unwrap();
    let host = sea_orm::Database::connect(url(folder.path())).await.unwrap();
    for graph in [r#"{"steps": 2}"#, r#"[{"name": "other", "depends_on": [], "unheard_of": true}]"#] {
        let spoil = format!("UPDATE tasker_definitions SET graph = '{graph}' WHERE id = {}", ids[1].0);
        host.execute_unprepared(&spoil).await.unwrap();
        let siblings = store.siblings(&ids[..1]).await.unwrap().remove(0);
        let steps: Vec<usize> = siblings.iter().map(|sibling| sibling.steps.len()).collect();
        assert_eq!(steps, [0, 1], "{graph}");
    }
}

#[tokio::test]
async fn a_task_whose_stored_graph_cannot_be_read_can_still_be_stopped() {
    use sea_orm::ConnectionTrait;
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench::new(SqlStore::connect(&url(folder.path())).await.unwrap(), &[chain()]).await;
    let task = bench.start(0).await;
    let host = sea_orm::Database::connect(url(folder.path())).await.unwrap();
    host.execute_unprepared("UPDATE tasker_definitions SET graph = '{}'").await.unwrap();
    let skip = bench.store.order_step(task, "a", StepAction::Skip).await;
    assert!(matches!(skip, Err(StoreError::Refused { .. } | StoreError::Corrupt(_))), "{skip:?}");
    for action in [Action::Pause, Action::Resume, Action::Cancel] {
        assert_eq!(bench.store.order(task, action).await.unwrap(), Operated::Done);
    }
    assert_eq!(bench.status(task).await.state, TaskState::Cancelled);
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error =
        SqlStore::connect(&format!("sqlite://{}/no/such/folder/tasks.db", folder.path().display())).await;
    let error = error.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let folder = format!("{}/no/such/folder", folder.path().display());
    assert_eq!(
        error.to_string(),
        format!(
            "the store is not available, opening the database `sqlite://{folder}/tasks.db`: the folder `{folder}` does not exist; create it \
             (`mkdir -p {folder}`), or mend the path in the URL: `sqlite://` and a path from here, or `sqlite:///` and one from the root"
        )
    );
    let StoreError::Unavailable { cause, .. } = error else { unreachable!() };
    let driver = cause.source().expect("what the driver said").to_string();
    assert!(driver.contains("unable to open database file"), "{driver}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("tasks.db"),
        "this is not a database, but it is long enough to look at",
    )
    .unwrap();
    let error = SqlStore::connect(&url(folder.path())).await.unwrap_err();
    let told = "tasks.db` is no SQLite database (file is not a database); name another file, or move this one out of the way";
    assert!(error.to_string().ends_with(told), "{error}");
}

#[tokio::test]
async fn a_url_that_is_of_no_known_database_says_what_it_may_be() {
    let told = async |url: &str| SqlStore::connect(url).await.unwrap_err().to_string();
    assert_eq!(
        told("postgresq://ada:secret@db/orders").await,
        "the store refused, opening the database `postgresq:…`: no database is called `postgresq`; did you mean `postgres:`?"
    );
    for url in ["mysql://ada:secret@db/orders", "secret.db", "sqlite://a.db?secret=1"] {
        let told = told(url).await;
        assert!(told.contains("write `sqlite://orders.db`"), "{told}");
        assert!(!told.contains("Error") && !told.contains("error"), "{told}");
    }
}

#[tokio::test]
async fn a_commit_is_on_the_disk_when_it_returns() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::connect(&url(folder.path())).await.unwrap();
    let pragma = |name: &'static str| {
        let store = store.clone();
        async move { value(&store, &format!("PRAGMA {name}")).await }
    };
    assert_eq!(pragma("journal_mode").await, "wal");
    assert_eq!(pragma("synchronous").await, "2", "FULL");
}

#[tokio::test]
async fn a_host_can_apply_the_migrations_itself() {
    use sea_orm_migration::MigratorTrait;
    let folder = tempfile::tempdir().unwrap();
    let options = || SqlStoreOptions::new(url(folder.path())).migrate(false);
    let unmigrated = options().connect().await.unwrap();
    assert!(unmigrated.install(&[chain()]).await.is_err(), "there are no tables");
    let host = sea_orm::Database::connect(url(folder.path())).await.unwrap();
    Migrator::up(&host, None).await.unwrap();
    options().connect().await.unwrap().install(&[chain()]).await.unwrap();
    Migrator::down(&host, None).await.unwrap();
    let left = tables(&host).await;
    assert!(
        left.keys().all(|table| !table.starts_with("tasker_") || table == "tasker_migrations"),
        "{left:?}"
    );
}

#[tokio::test]
async fn the_entities_are_what_the_migrations_create() {
    use sea_orm_migration::MigratorTrait;
    let migrated = sea_orm::Database::connect("sqlite::memory:").await.unwrap();
    Migrator::up(&migrated, None).await.unwrap();
    let from_entities = sea_orm::Database::connect("sqlite::memory:").await.unwrap();
    let schema = || {
        use tasker::orm::entity as e;
        let builder = from_entities.get_schema_builder();
        builder
            .register(e::annotation_type::Entity)
            .register(e::definition::Entity)
            .register(e::delivery::Entity)
            .register(e::dependent_system::Entity)
            .register(e::dependent_system_object_map::Entity)
            .register(e::event::Entity)
            .register(e::named_step::Entity)
            .register(e::named_task::Entity)
            .register(e::named_task_named_step::Entity)
            .register(e::namespace::Entity)
            .register(e::operation::Entity)
            .register(e::outbox::Entity)
            .register(e::subscription::Entity)
            .register(e::statistics::Entity)
            .register(e::task::Entity)
            .register(e::task_annotation::Entity)
            .register(e::task_tag::Entity)
            .register(e::task_transition::Entity)
            .register(e::worker::Entity)
            .register(e::worker_definition::Entity)
            .register(e::workflow_step::Entity)
            .register(e::workflow_step_transition::Entity)
    };
    schema().sync(&from_entities).await.unwrap();
    let mut by_migrations = tables(&migrated).await;
    by_migrations.remove("tasker_migrations");
    assert_eq!(by_migrations.len(), 22);
    let by_entities = tables(&from_entities).await;
    for (table, columns) in &by_migrations {
        assert_eq!(Some(columns), by_entities.get(table), "{table}");
    }
    assert_eq!(by_entities.len(), by_migrations.len());
}

/// The columns of each table: name, type, whether it may be null, place in the primary key.
async fn tables(db: &sea_orm::DatabaseConnection) -> BTreeMap<String, Vec<(String, String, i32, i32)>> {
    use sea_orm::{ConnectionTrait, Statement};
    let sql = "SELECT m.name, c.name, lower(c.type), c.\"notnull\", c.pk
               FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
               WHERE m.type = 'table' AND m.name LIKE 'tasker_%' ORDER BY m.name, c.name";
    let mut tables: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for row in db.query_all_raw(Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await.unwrap() {
        let column = (
            row.try_get_by_index(1).unwrap(),
            row.try_get_by_index(2).unwrap(),
            row.try_get_by_index(3).unwrap(),
            row.try_get_by_index(4).unwrap(),
        );
        tables.entry(row.try_get_by_index(0).unwrap()).or_default().push(column);
    }
    tables
}

async fn value(store: &SqlStore, sql: &str) -> String {
    use sea_orm::{ConnectionTrait, Statement};
    let row = store.reader().query_one_raw(Statement::from_string(sea_orm::DbBackend::Sqlite, sql)).await;
    let row = row.unwrap().unwrap();
    row.try_get_by_index::<String>(0)
        .or_else(|_| row.try_get_by_index::<i32>(0).map(|n| n.to_string()))
        .unwrap()
}

#[tokio::test]
async fn the_systems_that_steps_talk_to_are_known_by_name() {
    use tasker::orm::entity::{dependent_system, named_step, named_task_named_step};
    use tasker::orm::sea_orm::{Database, EntityTrait};
    use tasker::{StepSpec, WorkflowDef};

    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::connect(&url(folder.path())).await.unwrap();
    let billing = |name| StepSpec::new(name).dependent_system("billing");
    let workflow = WorkflowDef::builder("test", "systems", "1.0.0")
        .step(StepSpec::new("a"))
        .step(billing("b").optional(true))
        .step(billing("c"));
    store.install(&[std::sync::Arc::new(workflow.build().unwrap())]).await.unwrap();
    let db = Database::connect(url(folder.path())).await.unwrap();
    let systems: BTreeMap<i64, String> = dependent_system::Entity::find()
        .all(&db)
        .await
        .unwrap()
        .into_iter()
        .map(|system| (system.id, system.name))
        .collect();
    let policies = named_task_named_step::Entity::find().all(&db).await.unwrap();
    let skippable =
        |step: i64| policies.iter().any(|policy| policy.named_step_id == step && policy.skippable);
    let mut steps: Vec<_> = named_step::Entity::find()
        .all(&db)
        .await
        .unwrap()
        .into_iter()
        .map(|step| (step.name, systems[&step.dependent_system_id].clone(), skippable(step.id)))
        .collect();
    steps.sort();
    let expected = [("a", "unknown", false), ("b", "billing", true), ("c", "billing", false)];
    assert_eq!(steps, expected.map(|(step, system, skip)| (step.to_owned(), system.to_owned(), skip)));
}

/// Of so many tasks of one definition they are looked for another way.
#[tokio::test]
async fn what_is_asked_of_a_workflow_with_very_many_tasks_finds_its_own() {
    use sea_orm::ConnectionTrait as _;

    const MOMENT: i64 = 1_790_000_000_000_000;
    let folder = tempfile::tempdir().unwrap();
    let store = SqlStore::connect(&url(folder.path())).await.unwrap();
    let bench = Bench::new(store.clone(), &[chain(), diamond()]).await;
    let host = sea_orm::Database::connect(url(folder.path())).await.unwrap();
    // Twenty thousand of the first and a few of the second, a second after one another.
    let fill = format!(
        "INSERT INTO tasker_tasks
            (id, definition_id, state, priority, open_steps, active_steps, revision, context, created_at, ended_at, initiator)
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 20200)
        SELECT unhex(printf('%032x', i)), CASE WHEN i % 201 = 0 THEN {} ELSE {} END, 'complete', 0, 0, 0, 2, '1',
            {MOMENT} + i * 1000000, {MOMENT}, CASE WHEN i % 1000 < 2 THEN 'ada' END
        FROM n",
        bench.workflows[1].0.0, bench.workflows[0].0.0
    );
    host.execute_unprepared(&fill).await.unwrap();
    let moment = |second: i64| Some(Timestamp::from_micros(MOMENT + second * 1_000_000));
    let of_chains =
        |filter| TaskFilter { namespace: Some("test".to_owned()), name: Some("chain".to_owned()), ..filter };
    let created = Span { from: moment(10_040), before: moment(10_060) };
    let recent = of_chains(TaskFilter { created, ..TaskFilter::default() });
    let ada = of_chains(TaskFilter { initiator: Some("ada".to_owned()), ..TaskFilter::default() });
    // 10,050 is one of the others, and so is the very first.
    for (filter, expected) in [(recent, 19), (ada, 41)] {
        assert_eq!(store.count(&filter).await.unwrap(), expected);
        let mut query = TaskQuery { filter, limit: 15, ..TaskQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = store.find(&query).await.unwrap();
            query.after = page.last().map(|task| task.id);
            found.extend(page);
            if query.after.is_none() {
                break;
            }
        }
        assert_eq!(found.len() as u64, expected);
        assert!(found.iter().all(|task| task.workflow.name == "chain"));
        assert!(found.windows(2).all(|pair| pair[0].id > pair[1].id), "the newest first, each once");
    }
}
