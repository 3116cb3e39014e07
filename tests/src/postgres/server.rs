//! The server that all tests share.

use std::env;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::OnceLock;

use super::account::Account;
use super::cluster::Cluster;
use super::home::Home;
use super::{Unavailable, programs, psql};
use crate::target;

/// A server where tests create databases.
#[derive(Clone, Debug)]
pub struct Server {
    at: At,
    /// Where templates are locked.
    pub(super) locks: PathBuf,
}

#[derive(Clone, Debug)]
enum At {
    /// Ours: the directory with its socket.
    Sockets(PathBuf),
    /// The user's: the URL without the database, and what follows the database.
    Url { before: String, after: String },
}

/// The server that the test processes of this target directory share: the first starts it, and some seconds
/// after the end of the last it is stopped. Nothing in it is durable. `TASKER_TEST_PG_URL` names another one.
pub fn shared() -> Result<Server, Unavailable> {
    // The file is the hold on the server; statics are never dropped.
    static SHARED: OnceLock<Result<(Server, Option<File>), Unavailable>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| match env::var("TASKER_TEST_PG_URL") {
        Ok(url) if !url.is_empty() => Ok((Server::named(&url)?, None)),
        _ => Server::ours().map(|(server, hold)| (server, Some(hold))),
    });
    shared.as_ref().map(|(server, _)| server.clone()).map_err(Clone::clone)
}

impl Server {
    /// The URL of a database, for sqlx.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        match &self.at {
            At::Sockets(directory) => Cluster::url(directory, database),
            At::Url { before, after } => format!("{before}/{database}{after}"),
        }
    }

    /// The answer to a statement: columns separated by `|`, rows by line ends.
    ///
    /// # Panics
    ///
    /// If the statement fails.
    #[expect(clippy::must_use_candidate, reason = "statements are also run for what they do")]
    pub fn query(&self, database: &str, sql: &str) -> String {
        psql::answer(&self.url(database), sql)
    }

    /// The URL of a database that is always there, for statements on databases.
    pub(super) fn maintenance_url(&self) -> String {
        self.url("postgres")
    }

    fn ours() -> Result<(Self, File), Unavailable> {
        programs::server_programs()?;
        let home = Home::find(Account::find()?);
        let hold = home.hold().map_err(|error| Unavailable::failed("PostgreSQL does not start", &error))?;
        Ok((Self { at: At::Sockets(home.sockets()), locks: home.templates() }, hold))
    }

    fn named(url: &str) -> Result<Self, Unavailable> {
        programs::psql()?;
        let (before, after) = split(url).ok_or_else(|| {
            Unavailable(
                "TASKER_TEST_PG_URL is no URL such as `postgres://user:password@host:5432/`".to_owned(),
            )
        })?;
        let locks = target::directory().join("tasker-pg-templates");
        fs::create_dir_all(&locks).map_err(|error| Unavailable::failed(locks.display(), &error))?;
        Ok(Self { at: At::Url { before, after }, locks })
    }
}

/// What is before the database in a URL, and what is after it.
fn split(url: &str) -> Option<(String, String)> {
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| scheme.starts_with("postgres"))?;
    let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
    let host = path.split_once('/').map_or(path, |(host, _)| host);
    Some((format!("{scheme}://{host}"), query.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_database_of_a_url_is_replaced() {
        let parts = |url| split(url).map(|(before, after)| format!("{before}/DB{after}"));
        for (url, replaced) in [
            (
                "postgres://me:pw@host:5433/db?sslmode=disable",
                "postgres://me:pw@host:5433/DB?sslmode=disable",
            ),
            ("postgresql://host", "postgresql://host/DB"),
            ("postgres:///?host=/run/pg", "postgres:///DB?host=/run/pg"),
        ] {
            assert_eq!(parts(url).as_deref(), Some(replaced));
        }
        assert_eq!(parts("host/db"), None);
    }
}
