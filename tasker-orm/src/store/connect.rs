//! Opening a database.

#[cfg(feature = "postgres")]
mod postgres;
mod scheme;
#[cfg(feature = "sqlite")]
mod sqlite;
mod why;

use std::fmt;
use std::sync::{Arc, Mutex};

use sea_orm::{DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;
use tasker_core::Clock;
use tasker_core::store::StoreError;

use super::{Company, Inner, SqlStore};
use crate::error::{somebody_else_did, store_error};
use crate::migration::Migrator;
use crate::presence::Presence;
use crate::profile::Profile;
use crate::statement::Dialect;
use why::explained;

/// How a database is opened.
#[derive(Debug)]
pub struct SqlStoreOptions {
    url: Url,
    clock: Option<Arc<dyn Clock>>,
    migrate: bool,
    profile: Option<Profile>,
}

/// The URL of a database, of which nobody is shown more than who and where.
#[derive(Clone)]
pub(super) struct Url(pub(super) String);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// A database that was opened.
struct Opened {
    writer: DatabaseConnection,
    by_key: DatabaseConnection,
    reader: DatabaseConnection,
    dialect: Dialect,
    presence: Option<Presence>,
}

impl SqlStoreOptions {
    /// The database at `url`; see [`SqlStore::connect`].
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: Url(url.into()), clock: None, migrate: true, profile: None }
    }

    /// Sets the clock that leases, backoff and history go by, for tests. Default: the database's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Whether to bring the tables up to date when connecting. Default: yes. A host that splices
    /// [`migrations`](crate::migration::migrations) into its own migrator says no.
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// Says what a PostgreSQL can do, instead of asking it. SQLite has no choice.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = Some(profile);
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    /// When the URL is none, the database cannot be opened or is none, or the migrations fail.
    pub async fn connect(self) -> Result<SqlStore, StoreError> {
        let url = self.url.clone();
        let opened = self.open().await;
        let opened = opened.map_err(|error| {
            explained(store_error(&format!("opening the database `{}`", url.shown()), error), &url)
        })?;
        let Opened { writer, by_key, reader, dialect, presence } = opened;
        let store = SqlStore(Arc::new(Inner {
            url: self.url,
            writer,
            by_key,
            reader,
            dialect,
            clock: self.clock,
            presence,
            migrates: self.migrate,
            company: Company::default(),
            named_steps: Mutex::default(),
            annotation_types: Mutex::default(),
            recent: super::feed::Recent::default(),
        }));
        if self.migrate {
            let migrated = store.repeated("bringing the tables up to date", || store.try_migrate()).await;
            migrated.map_err(|error| explained(error, &url))?;
        }
        Ok(store)
    }

    async fn open(&self) -> Result<Opened, DbErr> {
        match self.url.scheme() {
            #[cfg(feature = "sqlite")]
            Some("sqlite") => sqlite::open(&self.url.0).await,
            #[cfg(feature = "postgres")]
            Some("postgres" | "postgresql") => postgres::open(&self.url.0, self.profile).await,
            other => Err(DbErr::Custom(scheme::unknown(other))),
        }
    }
}

impl Url {
    /// What it begins with: which database it is.
    fn scheme(&self) -> Option<&str> {
        self.0.split_once(':').map(|(scheme, _)| scheme)
    }

    /// The URL without what may be a secret, or what may be taken for one.
    fn shown(&self) -> String {
        match self.0.split_once(':') {
            Some(("sqlite", _)) => self.0.clone(),
            #[cfg(feature = "postgres")]
            Some(("postgres" | "postgresql", _)) => postgres::shown(&self.0),
            Some((scheme, _)) => format!("{scheme}:…"),
            None => "…".to_owned(),
        }
    }
}

impl SqlStore {
    /// In one transaction: of two processes that start together one does it, and the other finds nothing left to do.
    async fn try_migrate(&self) -> Result<(), DbErr> {
        let transaction = self.begin().await?;
        Migrator::up(&transaction, None).await.map_err(somebody_else_did)?;
        transaction.commit().await.map_err(somebody_else_did)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let shown = |url: &str| format!("{:?}", Url(url.to_owned()));
        assert_eq!(shown("sqlite::memory:"), "sqlite::memory:");
        assert_eq!(shown("sqlite://a@b.db?mode=ro"), "sqlite://a@b.db?mode=ro");
        assert_eq!(shown("mysql://ada:secret@db/orders"), "mysql:…");
        assert_eq!(shown("secret"), "…");
    }

    #[cfg(feature = "postgres")]
    #[test]
    fn of_postgres_it_is_shown_who_and_where() {
        let shown = |url: &str| format!("{:?}", Url(url.to_owned()));
        for url in [
            "postgres://ada:secret@db/orders",
            "postgres://ada:se%40ret@db:5432/orders?sslmode=prefer",
            "postgresql://db/orders?user=ada&password=a@b",
        ] {
            assert_eq!(shown(url), "postgres://ada@db:5432/orders");
        }
        assert_eq!(shown("postgres://ada:se/cret@db/orders"), "postgres:…");
    }
}
