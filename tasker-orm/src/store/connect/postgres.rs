//! A server that many processes share.

use std::time::Duration;

use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};

use super::Opened;
use crate::profile::Profile;
use crate::statement::{Backend, Dialect};
use crate::store::query;

pub(super) async fn open(url: &str, profile: Option<Profile>) -> Result<Opened, DbErr> {
    let reader = connect(url, Role::Reader, false).await?;
    let profile = match profile {
        Some(profile) => profile,
        None => ask(&reader).await?,
    };
    let writer = connect(url, Role::Writer, profile.serializable).await?;
    Ok(Opened { writer, reader, dialect: Dialect { backend: Backend::Postgres, profile }, presence: None })
}

async fn ask(db: &DatabaseConnection) -> Result<Profile, DbErr> {
    let rows = query(db, "SELECT version()", []).await?;
    let version: String =
        rows.first().ok_or_else(|| DbErr::Custom("no answer".to_owned()))?.try_get_by_index(0)?;
    Ok(Profile::of_server(&version))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
}

/// What keeps the plans of the writing statements as they are meant: from the rows of a batch to the rows of a table by the index
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
    // Two settles, the starts, the heartbeat, the sweep, operators.
    const WRITERS: u32 = 8;
    const READERS: u32 = 4;
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if role == Role::Writer { WRITERS } else { READERS })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        // A connection that died while it was idle is noticed when it is used, and the statement repeated.
        .test_before_acquire(false)
        .map_sqlx_postgres_opts(move |options| {
            let options = options.application_name("tasker").options(ALWAYS);
            match role {
                Role::Reader => options,
                Role::Writer if serializable => {
                    options.options(PLANS).options([("default_transaction_isolation", "serializable")])
                }
                Role::Writer => options.options(PLANS),
            }
        });
    Database::connect(options).await
}
