//! A server of one's own: it restarts, it crashes, and it ends with its owner.

use std::path::Path;

use tasker_tests::postgres::{Private, required};

use crate::process::{Process, soon};

fn start() -> Option<Private> {
    Private::start(&[("max_connections", "20")])
        .inspect_err(|why| {
            assert!(!required(), "{why}");
            eprintln!("SKIPPED: no PostgreSQL: {why}");
        })
        .ok()
}

fn directory_of_the_socket(url: &str) -> &Path {
    let query = url.split_once("?host=").unwrap().1;
    Path::new(query.split('&').next().unwrap())
}

#[test]
fn a_private_server_is_durable_unless_it_is_told_otherwise() {
    let Some(server) = start() else { return };
    let setting = |name: &str| server.query("postgres", &format!("SHOW {name}"));
    assert_eq!(["fsync", "synchronous_commit", "max_connections"].map(setting), ["on", "on", "20"]);
}

#[test]
fn a_restart_keeps_the_data() {
    let Some(server) = start() else { return };
    server.create_database("app");
    server.query("app", "CREATE TABLE kept AS SELECT 1 AS value");
    server.restart_fast();
    assert_eq!(server.query("app", "SELECT value FROM kept"), "1");
}

#[test]
fn a_crash_keeps_committed_rows() {
    let Some(server) = start() else { return };
    server.create_database("app");
    server.query("app", "CREATE TABLE kept AS SELECT 1 AS value");
    let started = server.query("app", "SELECT pg_postmaster_start_time()");
    server.kill_nine_and_start();
    assert_ne!(server.query("app", "SELECT pg_postmaster_start_time()"), started);
    assert_eq!(server.query("app", "SELECT value FROM kept"), "1");
}

#[test]
fn a_wrong_setting_is_an_error_at_once() {
    if start().is_some() {
        let error = Private::start(&[("max_connections", "many")]).unwrap_err();
        assert!(error.to_string().contains("max_connections"), "{error}");
    }
}

#[test]
fn a_private_server_ends_with_its_value() {
    let Some(server) = start() else { return };
    let url = server.url("postgres");
    assert!(directory_of_the_socket(&url).exists());
    drop(server);
    assert!(!directory_of_the_socket(&url).exists());
}

#[test]
fn a_private_server_ends_with_its_process() {
    let mut owner = Process::start("holds_a_private_server", &[]);
    let Some(url) = owner.answer() else { return };
    assert!(directory_of_the_socket(&url).exists());
    owner.kill();
    soon("the server's files are removed", || !directory_of_the_socket(&url).exists());
}
