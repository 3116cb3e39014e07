//! Where a test takes place: a database, a ledger beside it, and a client that starts tasks and runs none.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tasker::{ResultError, SqlStore, StartError, TaskHandle, TaskId, TaskState, Tasker};
use tasker_tests::postgres::{Database, Private, required, server_or_skip};
use tempfile::TempDir;
use tokio::time::{Duration, sleep};

use crate::patience::soon_after_asking;
use crate::process::Said;
use crate::workflows::{self, App, Ledger, NAMES};

pub(crate) struct Site {
    url: String,
    pub(crate) database: Place,
    /// With the ledger, and on SQLite with the database.
    folder: TempDir,
    pub(crate) store: SqlStore,
    pub(crate) client: Tasker,
    /// What the processes said that took part.
    said: Mutex<Vec<Said>>,
    seed: u64,
}

/// Whose the database is.
pub(crate) enum Place {
    Sqlite,
    /// One on the server of all tests.
    Postgres(Database),
    /// On a server of the test's own.
    OwnServer(Private),
}

impl Site {
    /// On a SQLite file.
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
        Self::at(url, Place::Sqlite, folder).await
    }

    /// On a SQLite file in this folder; the ledger is elsewhere.
    pub(crate) async fn sqlite_in(disk: &Path) -> Self {
        let url = format!("sqlite://{}", disk.join("tasks.db").display());
        Self::at(url, Place::Sqlite, tempfile::tempdir().expect("a folder")).await
    }

    /// In a database of the shared PostgreSQL; none where there is no PostgreSQL.
    pub(crate) async fn postgres() -> Option<Self> {
        let database = server_or_skip()?.database("crash", async |_| ()).await;
        let folder = tempfile::tempdir().expect("a folder");
        Some(Self::at(database.url().to_owned(), Place::Postgres(database), folder).await)
    }

    /// In a PostgreSQL of its own, which the test may crash.
    pub(crate) async fn own_postgres() -> Option<Self> {
        let server = Private::start(&[]).inspect_err(|why| {
            assert!(!required(), "{why}");
            eprintln!("SKIPPED: no PostgreSQL: {why}");
        });
        let server = server.ok()?;
        server.create_database("crash");
        let folder = tempfile::tempdir().expect("a folder");
        Some(Self::at(server.url("crash"), Place::OwnServer(server), folder).await)
    }

    async fn at(url: String, database: Place, folder: TempDir) -> Self {
        let seed = std::env::var("TASKER_SEED")
            .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().expect("a seed"));
        println!("seed {seed}");
        let store = SqlStore::connect(&url).await.expect("connected");
        let client = Tasker::builder(App { ledger: Ledger(folder.path().join("ledger")) })
            .store(store.clone())
            .register::<workflows::chain::Workflow>()
            .register::<workflows::diamond::Workflow>()
            .register::<workflows::fan::Workflow>()
            .register::<workflows::unknown::Workflow>()
            .poll(Duration::from_millis(200))
            .build()
            .await
            .expect("built");
        // From here on it only starts tasks.
        client.shutdown().await;
        Self { url, database, folder, store, client, said: Mutex::default(), seed }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn is_sqlite(&self) -> bool {
        matches!(self.database, Place::Sqlite)
    }

    pub(crate) fn name(&self) -> &'static str {
        if self.is_sqlite() { "SQLite" } else { "PostgreSQL" }
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    pub(crate) fn heard_by_the_ear(&self) -> PathBuf {
        self.folder.path().join("heard")
    }

    /// Chance that the seed repeats.
    pub(crate) fn random(&self) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed)
    }

    /// Takes note of a process; returns its number, from 1.
    pub(crate) fn enroll(&self, said: &Said) -> u64 {
        let mut all = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(said.clone());
        all.len() as u64
    }

    /// What every process said that took part.
    pub(crate) fn said(&self) -> Vec<Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many lines of all processes have this text in them.
    pub(crate) fn heard(&self, text: &str) -> usize {
        self.said().iter().map(|said| said.count(text)).sum()
    }

    /// Starts a task, of each workflow in turn, and asks again for as long as the database does not answer.
    pub(crate) async fn start(&self, number: u64, nap: u64) -> TaskHandle {
        start(&self.client, number, nap).await
    }

    /// Waits until no task is open.
    pub(crate) async fn all_ended(&self) {
        soon_after_asking("every task has ended", async || match self.client.open_tasks().await {
            Ok(open) => open.is_empty(),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                false
            }
        })
        .await;
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        const LAST: usize = 60;
        if std::thread::panicking() {
            println!("seed {}", self.seed);
            for (number, said) in self.said().iter().enumerate() {
                let lines = said.lines();
                let skipped = lines.len().saturating_sub(LAST);
                println!("--- process {}, without its first {skipped} lines", number + 1);
                lines.iter().skip(skipped).for_each(|line| println!("{line}"));
            }
        }
    }
}

/// How long to wait until a database that did not answer is asked again.
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) async fn start(client: &Tasker, number: u64, nap: u64) -> TaskHandle {
    let name = NAMES[(number % 3) as usize];
    loop {
        let task = client.start_named("crash", name, "0.1.0", json!({"number": number, "nap": nap}));
        match task.idempotency_key(number.to_string()).await {
            Ok(task) => return client.task(task.id()),
            Err(StartError::Store(error)) if error.is_transient() => sleep(PAUSE).await,
            Err(error) => panic!("task {number} was not started: {error}"),
        }
    }
}

/// Waits until a task is complete, whatever happens to the database meanwhile.
pub(crate) async fn complete(task: &TaskHandle) -> TaskId {
    loop {
        match task.wait().await {
            Ok(status) => {
                assert_eq!(status.state, TaskState::Complete, "{status:#?}");
                return task.id();
            }
            Err(ResultError::Store(error)) if error.is_transient() => sleep(PAUSE).await,
            Err(error) => panic!("task {}: {error}", task.id()),
        }
    }
}
