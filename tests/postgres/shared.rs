//! One server for all processes, from the first to the last.

use std::path::{Path, PathBuf};

use crate::process::{Process, soon};

const TEST: &str = "holds_the_shared_server";

/// A place where nobody else has a server.
fn home() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("tasker-pg-test-").tempdir_in("/tmp").unwrap()
}

fn hold(home: &Path, linger: &str) -> Process {
    let home = home.to_str().unwrap();
    Process::start(TEST, &[("TASKER_TEST_PG_HOME", home), ("TASKER_TEST_PG_LINGER", linger)])
}

fn memory(home: &Path) -> PathBuf {
    Path::new("/dev/shm").join(home.file_name().unwrap())
}

#[test]
fn eight_processes_at_once_get_one_server_that_ends_after_them() {
    let home = home();
    let mut processes: Vec<_> = (0..8).map(|_| hold(home.path(), "0.2")).collect();
    let servers: Option<Vec<_>> = processes.iter_mut().map(Process::answer).collect();
    let Some(servers) = servers else { return };
    assert!(servers.iter().all(|server| *server == servers[0]), "{servers:?}");
    processes.into_iter().for_each(Process::finish);
    soon("the server's files are removed", || !home.path().exists() && !memory(home.path()).exists());
}

#[test]
fn a_server_waits_for_the_next_process() {
    let home = home();
    let mut one = hold(home.path(), "1");
    let Some(server) = one.answer() else { return };
    one.finish();
    let mut next = hold(home.path(), "1");
    assert_eq!(next.answer().as_ref(), Some(&server));
    next.finish();
    soon("the server's files are removed", || !home.path().exists() && !memory(home.path()).exists());
}

#[test]
fn processes_that_come_while_the_server_stops_get_one_that_runs() {
    let home = home();
    for _ in 0..3 {
        let mut process = hold(home.path(), "0");
        if process.answer().is_none() {
            return;
        }
        process.finish();
    }
    soon("the server's files are removed", || !home.path().exists() && !memory(home.path()).exists());
}
