//! A server that many processes share.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{ConnectOptions as _, Connection};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr, RuntimeErr, SqlxError};

use super::Opened;
use super::why::said;
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
    let Some(Place { server, user, database }) = Place::of(url) else { return "postgres:…".to_owned() };
    format!("postgres://{user}@{server}/{database}")
}

/// Where a server is, and who asks for what there.
struct Place {
    server: String,
    user: String,
    database: String,
}

impl Place {
    fn of(url: &str) -> Option<Self> {
        let options: PgConnectOptions = url.parse().ok()?;
        let socket = options.get_socket().map(|socket| socket.display().to_string());
        let server = socket.unwrap_or_else(|| format!("{}:{}", options.get_host(), options.get_port()));
        let user = options.get_username().to_owned();
        // PostgreSQL takes the user's where none is named.
        let database = options.get_database().map_or_else(|| user.clone(), str::to_owned);
        Some(Self { server, user, database })
    }

    /// By what the server calls its error (postgresql.org/docs/current/errcodes-appendix.html).
    fn told(&self, sql_state: &str, message: &str) -> Option<String> {
        let Self { server, user, database } = self;
        Some(match sql_state {
            "28P01" => format!(
                "the server does not take the password of the user `{user}` ({message}); mend it in the URL, where special characters \
                 stand as `%` and two digits, such as `%40` for `@`"
            ),
            "28000" => format!(
                "the server does not let the user `{user}` in ({message}); create the user (`CREATE ROLE \"{user}\" LOGIN`), allow it in \
                 `pg_hba.conf`, or name another user in the URL"
            ),
            "3D000" => format!(
                "the server has no database `{database}`; create it (`CREATE DATABASE \"{database}\"`), or name another one in the URL"
            ),
            "42501" => format!(
                "the user `{user}` may not do that in the database `{database}` ({message}); grant it (`GRANT CREATE ON SCHEMA public TO \
                 \"{user}\"`), or let who may bring the tables up to date"
            ),
            "53300" => format!(
                "the server at `{server}` has no connection left ({message}); Tasker takes up to 13 in each process: raise \
                 `max_connections`, or start fewer processes"
            ),
            "57P03" => format!(
                "the server at `{server}` is just starting or stopping ({message}); try again shortly"
            ),
            _ => return None,
        })
    }
}

/// What is wrong, and what to do about it, where that is known.
pub(super) fn why(url: &str, error: &SqlxError) -> Option<String> {
    let said = said(error);
    let Some(place) = Place::of(url) else {
        return Some(format!(
            "the URL cannot be read ({said}); write `postgres://user:password@host:5432/database`, with special characters of the \
             password as `%` and two digits, such as `%40` for `@`"
        ));
    };
    let server = &place.server;
    let strange = || {
        format!(
            "what answers at `{server}` does not speak as PostgreSQL does ({said}); look whether host and port in the URL are right"
        )
    };
    match error {
        SqlxError::Database(error) => place.told(&error.code()?, error.message()),
        SqlxError::Protocol(_) => Some(strange()),
        SqlxError::Io(error) if error.kind() == ErrorKind::UnexpectedEof => Some(strange()),
        SqlxError::Io(_) => Some(format!(
            "no PostgreSQL answers at `{server}` ({said}); look whether it runs there and may be reached from here, and whether host and port \
             in the URL are right"
        )),
        SqlxError::Tls(_) if cfg!(not(feature = "tls")) => Some(format!(
            "the connection is to be encrypted ({said}); turn the feature `tls` of `tasker` on, or write `sslmode=disable` if it need not be"
        )),
        SqlxError::Tls(_) => Some(format!(
            "the connection to `{server}` cannot be encrypted ({said}); look at the certificate of the server, and at `sslmode` and \
             `sslrootcert` in the URL"
        )),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_refuses_is_told_with_what_to_do_and_without_the_password() {
        let place = Place::of("postgres://ada:secret@db:5433/orders").unwrap();
        let told = |sql_state| place.told(sql_state, "FATAL").unwrap();
        let expected = [
            ("28P01", "does not take the password of the user `ada` (FATAL); mend it in the URL"),
            (
                "28000",
                "does not let the user `ada` in (FATAL); create the user (`CREATE ROLE \"ada\" LOGIN`)",
            ),
            ("3D000", "has no database `orders`; create it (`CREATE DATABASE \"orders\"`)"),
            ("42501", "grant it (`GRANT CREATE ON SCHEMA public TO \"ada\"`)"),
            ("53300", "at `db:5433` has no connection left (FATAL)"),
            ("57P03", "at `db:5433` is just starting or stopping (FATAL); try again shortly"),
        ];
        for (sql_state, part) in expected {
            let told = told(sql_state);
            assert!(told.contains(part) && !told.contains("secret"), "{told}");
        }
        assert_eq!(place.told("42P01", "no table"), None);
    }
}
