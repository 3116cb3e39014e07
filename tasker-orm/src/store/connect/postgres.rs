//! A server that many processes share.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{ConnectOptions as _, Connection};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr, SqlxError};

use super::Opened;
use crate::profile::Profile;
use crate::statement::{Backend, Dialect};
use crate::store::query;

pub(super) async fn open(url: &str, profile: Option<Profile>) -> Result<Opened, DbErr> {
    // A pool tries again and again, and in the end does not say why. One connection does.
    let options: PgConnectOptions = url.parse().map_err(failed)?;
    options.connect().await.map_err(failed)?.close().await.map_err(failed)?;
    let reader = connect(url, Role::Reader, false).await?;
    let (version, number) = ask(&reader).await?;
    let profile = profile.unwrap_or_else(|| Profile::of_server(&version));
    if profile == Profile::POSTGRES && number < OLDEST {
        let message = format!("this is {version}; the oldest that will do is PostgreSQL 13");
        return Err(DbErr::Custom(message));
    }
    let writer = connect(url, Role::Writer, profile.serializable).await?;
    let by_key = connect(url, Role::ByKey, false).await?;
    let dialect = Dialect { backend: Backend::Postgres, profile };
    Ok(Opened { writer, by_key, reader, dialect, presence: None })
}

/// Who and where, without a password and other parameters.
pub(super) fn shown(url: &str) -> String {
    let Ok(options) = url.parse::<PgConnectOptions>() else { return "postgres:…".to_owned() };
    let socket = options.get_socket().map(|socket| socket.display().to_string());
    let place = socket.unwrap_or_else(|| format!("{}:{}", options.get_host(), options.get_port()));
    format!("postgres://{}@{place}/{}", options.get_username(), options.get_database().unwrap_or_default())
}

/// `server_version_num` of PostgreSQL 13.
const OLDEST: i32 = 130_000;

/// What the server calls itself, and the number of its version.
async fn ask(db: &DatabaseConnection) -> Result<(String, i32), DbErr> {
    let rows = query(db, "SELECT version(), current_setting('server_version_num')::int", []).await?;
    let row = rows.first().ok_or_else(|| DbErr::Custom("no answer".to_owned()))?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

fn failed(error: SqlxError) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    /// Reads all the time, rows by their key.
    ByKey,
    /// Reads what somebody asks, and the host's own queries.
    Reader,
}

impl Role {
    /// The most connections, 12 in all. Three settles, the starts, the heartbeat, the sweep and operators seldom write all at once.
    fn connections(self) -> u32 {
        match self {
            Self::Writer => 6,
            Self::ByKey | Self::Reader => 3,
        }
    }
}

/// What keeps the plans of the engine's statements as they are meant: from the rows of a batch to the rows of a table by the index
/// of its key, prepared once. The planner would choose otherwise for tables that it knows as empty, and then keep to that.
const PLANS: [(&str, &str); 5] = [
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_bitmapscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// What holds for every connection. A process that is frozen or cut off in the middle of a transaction must not keep its locks for as
/// long as it is: ours take milliseconds.
const ALWAYS: [(&str, &str); 2] = [("jit", "off"), ("idle_in_transaction_session_timeout", "5s")];

async fn connect(url: &str, role: Role, serializable: bool) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(role.connections())
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        // A connection that was used just now is taken to be alive.
        .test_before_acquire_if_idle_for(Duration::from_secs(2))
        .map_sqlx_postgres_opts(move |options| {
            let options = options.application_name("tasker").options(ALWAYS);
            match role {
                Role::Reader => options,
                Role::Writer if serializable => {
                    options.options(PLANS).options([("default_transaction_isolation", "serializable")])
                }
                Role::Writer | Role::ByKey => options.options(PLANS),
            }
        });
    Database::connect(options).await
}
