//! A server of one's own.

use std::fmt::{self, Debug, Formatter};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::account::Account;
use super::cluster::Cluster;
use super::{Unavailable, programs, psql};
use crate::target;

const WATCHER: &str = include_str!("private/watcher.sh");

/// How long children of a killed server may take to be gone.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server of one's own, for measurements and for tests that crash it.
///
/// Its data is on the disk of the target directory and durable, unless the settings say otherwise. The server
/// is stopped and its directory removed when this value is dropped, and also when the process dies.
pub struct Private {
    cluster: Cluster,
    settings: Vec<(String, String)>,
    server: Mutex<Child>,
    watcher: Child,
}

impl Private {
    /// Starts a server with the settings `key=value` of `postgresql.conf`.
    pub fn start(settings: &[(&str, &str)]) -> Result<Self, Unavailable> {
        let programs = programs::server_programs()?;
        let account = Account::find()?;
        let failed = |error: io::Error| Unavailable::failed("PostgreSQL does not start", &error);
        let place = directory_in(&disk(account).map_err(failed)?, account).map_err(failed)?;
        let sockets = directory_in(Path::new("/tmp"), account).map_err(failed)?;
        let watcher = watch(programs, account, &place, &sockets).map_err(failed)?;
        let cluster =
            Cluster { programs, account, data: place.join("data"), sockets, log: place.join("log") };

        let defaults = [
            ("listen_addresses", ""),
            ("max_connections", "300"),
            ("fsync", "on"),
            ("synchronous_commit", "on"),
            ("full_page_writes", "on"),
        ];
        // Of two settings for one key the last counts.
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        let settings: Vec<_> = defaults.iter().chain(settings).map(own).collect();

        let server = cluster.create().and_then(|()| cluster.start(&settings));
        match server {
            Ok(server) => Ok(Self { cluster, settings, server: Mutex::new(server), watcher }),
            Err(error) => {
                end(watcher);
                Err(failed(error))
            }
        }
    }

    /// The URL of a database, for sqlx.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        Cluster::url(&self.cluster.sockets, database)
    }

    /// Creates an empty database.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub fn create_database(&self, name: &str) {
        self.query("postgres", &format!("CREATE DATABASE \"{name}\""));
    }

    /// Stops the server as an administrator does, which breaks every connection, and starts it again.
    ///
    /// # Panics
    ///
    /// If the server does not come back.
    pub fn restart_fast(&self) {
        let mut server = self.server();
        signal("INT", &[server.id().to_string()]);
        drop(server.wait());
        *server = self.cluster.start(&self.settings).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Kills every process of the server, as a crash does, and starts it again. What was committed is there
    /// after the recovery.
    ///
    /// # Panics
    ///
    /// If the server does not come back.
    pub fn kill_nine_and_start(&self) {
        let mut server = self.server();
        let children = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
        // All children if the server answers; otherwise they see by themselves that it is gone.
        let children = psql::run(&self.url("postgres"), &[children]).unwrap_or_default();
        drop(server.kill());
        drop(server.wait());
        let children: Vec<String> = children.lines().map(str::to_owned).collect();
        signal("KILL", &children);
        let began = Instant::now();
        *server = loop {
            match self.cluster.start(&self.settings) {
                Ok(server) => break server,
                // A child still has the memory that they shared.
                Err(_) if began.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(50)),
                Err(error) => panic!("{error}"),
            }
        };
    }

    /// Breaks every connection to the database.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub fn terminate_connections(&self, database: &str) {
        let terminate = format!(
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = '{database}'"
        );
        self.query("postgres", &terminate);
    }

    /// The answer to a statement: columns separated by `|`, rows by line ends.
    ///
    /// # Panics
    ///
    /// If the statement fails.
    pub fn query(&self, database: &str, sql: &str) -> String {
        psql::answer(&self.url(database), sql)
    }

    fn server(&self) -> MutexGuard<'_, Child> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Debug for Private {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Private").field("data", &self.cluster.data).finish_non_exhaustive()
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        drop(self.watcher.wait());
        drop(self.server().wait());
    }
}

/// Starts the watcher, which acts as soon as the pipe to it is closed.
fn watch(programs: &Path, account: Account, place: &Path, sockets: &Path) -> io::Result<Child> {
    let mut watcher = account.command("/bin/sh");
    watcher.args(["-c", WATCHER, "watcher"]).arg(programs.join("pg_ctl")).arg(place).arg(sockets);
    watcher.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}

fn end(mut watcher: Child) {
    drop(watcher.stdin.take());
    drop(watcher.wait());
}

/// Sends a signal through the shell, since std knows only one and not every system has a program for it.
fn signal(name: &str, processes: &[String]) {
    if !processes.is_empty() {
        let mut kill = Command::new("/bin/sh");
        kill.args(["-c", "kill -s \"$@\"", "kill", name]).args(processes);
        // Some may be gone already.
        drop(kill.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
}

/// A directory on a real disk where everyone may make their own.
fn disk(account: Account) -> io::Result<PathBuf> {
    let target = target::directory();
    if !account.reaches(&target) {
        return Ok(PathBuf::from("/var/tmp"));
    }
    let disk = target.join("tasker-pg");
    if fs::create_dir(&disk).is_ok() {
        fs::set_permissions(&disk, Permissions::from_mode(0o1777))?;
    }
    Ok(disk)
}

/// A new directory that belongs to the server's user.
fn directory_in(parent: &Path, account: Account) -> io::Result<PathBuf> {
    let directory = tempfile::Builder::new().prefix("tasker-pg-").tempdir_in(parent)?;
    account.give(directory.path())?;
    Ok(directory.keep())
}
