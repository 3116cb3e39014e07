//! What a bench runs on.

use std::path::Path;

use tasker::{Executable, MemoryStore, SqlStore, Store, Tasker};
use tempfile::TempDir;

use crate::Result;
use crate::server::Server;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    Memory,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Memory];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::Memory => "memory",
        }
    }
}

/// A kind of store, and how much to measure on it.
pub(crate) struct Bed<'s> {
    pub(crate) kind: Kind,
    pub(crate) quick: bool,
    pub(crate) runs: usize,
    pub(crate) server: Option<&'s Server>,
}

impl Bed<'_> {
    /// So many, or a tenth of it if it has to be quick.
    pub(crate) fn size(&self, full: usize) -> usize {
        if self.quick { full.div_ceil(10) } else { full }
    }

    /// Works on a fresh database, which is removed afterwards.
    pub(crate) async fn fresh<T>(&self, work: impl AsyncFnOnce(&Database) -> Result<T>) -> Result<T> {
        match self.kind {
            Kind::Memory => {
                work(&Database { store: AnyStore::Memory(MemoryStore::new()), url: String::new() }).await
            }
            Kind::Sqlite => {
                let folder = TempDir::new_in(disk())?;
                let url = format!("sqlite://{}", folder.path().join("bench.db").display());
                work(&Database::open(url).await?).await
            }
            Kind::Postgres => {
                let server = self.server.ok_or("there is no server")?;
                let (name, url) = server.create().await?;
                let done = async { work(&Database::open(url).await?).await }.await;
                server.drop(&name).await?;
                done
            }
        }
    }
}

/// Where cargo wants files of benches: on the disk that it builds on.
fn disk() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// A database with the tables of the store.
pub(crate) struct Database {
    pub(crate) store: AnyStore,
    /// Empty for a store in memory.
    pub(crate) url: String,
}

#[derive(Debug, Clone)]
pub(crate) enum AnyStore {
    Sql(SqlStore),
    Memory(MemoryStore),
}

impl AnyStore {
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        Ok(Self::Sql(SqlStore::connect(url).await?))
    }

    pub(crate) fn get(&self) -> &dyn Store {
        match self {
            Self::Sql(store) => store,
            Self::Memory(store) => store,
        }
    }

    /// An engine for a workflow, as it is without any option.
    pub(crate) async fn tasker<W: Executable<()>>(&self) -> Result<Tasker> {
        let builder = Tasker::builder(()).register::<W>();
        Ok(match self {
            Self::Sql(store) => builder.store(store.clone()).build().await?,
            Self::Memory(store) => builder.store(store.clone()).build().await?,
        })
    }
}

impl Database {
    async fn open(url: String) -> Result<Self> {
        Ok(Self { store: AnyStore::connect(&url).await?, url })
    }

    /// See [`AnyStore::tasker`].
    pub(crate) async fn tasker<W: Executable<()>>(&self) -> Result<Tasker> {
        self.store.tasker::<W>().await
    }

    /// Makes a workflow known, and runs nothing.
    pub(crate) async fn install<W: Executable<()>>(&self) -> Result<()> {
        self.tasker::<W>().await?.shutdown().await;
        Ok(())
    }
}
