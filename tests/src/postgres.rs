//! A throw-away PostgreSQL for tests and measurements.
//!
//! [`shared`] is one server for all test processes of a target directory: nextest runs a process for each
//! test, and starting a server takes longer than most tests. [`Private`] is a server of one's own, for
//! measurements and for tests that crash it.
//!
//! At all times a server has a watcher, a small shell script that outlives the test processes however they
//! end and then stops the server and removes its files. Servers listen on a socket in `/tmp` and nowhere
//! else. As root they run as the user `postgres`, since PostgreSQL refuses to run as root.

mod account;
mod cluster;
mod database;
mod home;
mod private;
mod programs;
mod psql;
mod server;

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::io;

pub use self::database::Database;
pub use self::private::Private;
pub use self::server::{Server, shared};

/// Why there is no server, and how to get one.
#[derive(Clone, Debug)]
pub struct Unavailable(String);

impl Unavailable {
    fn because(why: impl Display) -> Self {
        Self(format!(
            "{why}; install it (Debian: `apt-get install postgresql`, \
             Fedora: `dnf install postgresql-server`, macOS: `brew install postgresql`), \
             or put `initdb` and `postgres` on the PATH, \
             or name in TASKER_TEST_PG_URL a server where databases may be created"
        ))
    }

    /// PostgreSQL is installed, and yet it does not run.
    fn failed(what: impl Display, error: &io::Error) -> Self {
        Self(format!("{what}: {error}; TASKER_TEST_PG_URL may name another server"))
    }
}

impl Display for Unavailable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unavailable {}

/// Whether tests without a server have to fail: `TASKER_REQUIRE_PG=1`, as `./test` sets it.
#[must_use]
pub fn required() -> bool {
    std::env::var("TASKER_REQUIRE_PG").is_ok_and(|value| value == "1")
}

/// The shared server, or `None` after a note that the test is skipped.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use tasker_tests::postgres::server_or_skip;
///
/// let Some(server) = server_or_skip() else { return };
/// let database = server
///     .database("accounts", async |url| {
///         // Connect to `url` and create the tables, once for all tests.
///     })
///     .await;
/// assert_eq!(database.query("SELECT 1"), "1");
/// # }
/// ```
///
/// # Panics
///
/// Without a server where it is [`required`].
#[must_use]
pub fn server_or_skip() -> Option<Server> {
    match shared() {
        Ok(server) => Some(server),
        Err(why) if required() => panic!("no PostgreSQL, and TASKER_REQUIRE_PG=1: {why}"),
        Err(why) => {
            eprintln!("SKIPPED: no PostgreSQL: {why}");
            None
        }
    }
}
