//! A database that stands one history after the other.
//!
//! It is migrated and its definitions are installed once; between histories its rows are removed. The clock goes on.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tasker::store::Store;
use tasker::{ManualClock, Profile, SqlStore, SqlStoreOptions, WorkflowDef};
use tempfile::TempDir;

use super::flaws::{Broken, Flaw};
use super::side::Side;
use crate::fixture::{chain, clock, diamond, fan, forest, sequence, sequential_diamond};
use crate::steps::skippable;

/// Where a database lies.
pub(super) struct Place {
    url: String,
    profile: Option<Profile>,
    /// Whether it is there when nobody has it open.
    lasts: bool,
    /// A flaw that it is to have.
    flaw: Option<Flaw>,
    _folder: Option<TempDir>,
    _database: Option<tasker_tests::postgres::Database>,
}

impl Place {
    pub(super) fn memory() -> Self {
        let url = "sqlite::memory:".to_owned();
        Self { url, profile: None, lasts: false, flaw: None, _folder: None, _database: None }
    }

    pub(super) fn broken(flaw: Flaw) -> Self {
        Self { flaw: Some(flaw), ..Self::memory() }
    }

    pub(super) fn file() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
        Self { url, profile: None, lasts: true, flaw: None, _folder: Some(folder), _database: None }
    }

    pub(super) fn postgres(database: tasker_tests::postgres::Database, profile: Profile) -> Self {
        let url = database.url().to_owned();
        Self {
            url,
            profile: Some(profile),
            lasts: true,
            flaw: None,
            _folder: None,
            _database: Some(database),
        }
    }
}

/// See the module.
pub(super) struct Lane {
    place: Place,
    pub(super) clock: Arc<ManualClock>,
    pub(super) workflows: Vec<Arc<WorkflowDef>>,
    pub(super) subject: Side,
    /// Another connection than the store's, where there can be one.
    pub(super) db: DatabaseConnection,
}

/// Those that hold what a task leaves behind; the last one is that of the tasks themselves.
const TABLES: [&str; 14] = [
    "tasker_outbox",
    "tasker_subscriptions",
    "tasker_deliveries",
    "tasker_statistics",
    "tasker_operations",
    "tasker_events",
    "tasker_task_annotations",
    "tasker_task_tags",
    "tasker_task_transitions",
    "tasker_workflow_step_transitions",
    "tasker_workflow_steps",
    "tasker_workers",
    "tasker_worker_definitions",
    "tasker_tasks",
];

impl Lane {
    pub(super) async fn open(place: Place) -> Self {
        let clock = clock();
        let workflows =
            vec![chain(), diamond(), forest(), sequence(), fan(), sequential_diamond(), skippable()];
        let store = connect(&place, &clock).await;
        let db =
            if place.lasts { Database::connect(&place.url).await.unwrap() } else { store.reader().clone() };
        if let Some(trigger) = place.flaw.and_then(Flaw::trigger) {
            db.execute_unprepared(&trigger).await.unwrap();
        }
        let subject = Side::new(dress(&place, store), &workflows).await;
        Self { place, clock, workflows, subject, db }
    }

    /// Whether there is something to open again.
    pub(super) fn reopens(&self) -> bool {
        self.place.lasts
    }

    /// Closes the database and opens it again, as a process does that ended.
    pub(super) async fn reopen(&mut self) {
        self.subject.store = Arc::new(tasker::MemoryStore::new());
        let store = connect(&self.place, &self.clock).await;
        self.subject = Side::new(dress(&self.place, store), &self.workflows).await;
    }

    pub(super) async fn clear(&self) {
        let clear = TABLES.map(|table| format!("DELETE FROM {table};")).concat();
        let clear = clear + "UPDATE tasker_definitions SET paused = false;";
        self.db.execute_unprepared(&clear).await.unwrap();
    }
}

async fn connect(place: &Place, clock: &Arc<ManualClock>) -> SqlStore {
    let options = SqlStoreOptions::new(&place.url).clock(clock.clone());
    let options = match place.profile {
        Some(profile) => options.profile(profile),
        None => options,
    };
    options.connect().await.unwrap()
}

fn dress(place: &Place, store: SqlStore) -> Arc<dyn Store> {
    match place.flaw {
        Some(flaw) => Arc::new(Broken::new(store, flaw)),
        None => Arc::new(store),
    }
}
