//! SQL through `psql`: a test crate needs no driver for it, and any way to log in works.

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::programs;

/// A template that is not there.
pub(super) const UNKNOWN_DATABASE: &str = "3D000";

/// Runs each statement in a transaction of its own; the error starts with the SQLSTATE.
pub(super) fn run(url: &str, statements: &[&str]) -> Result<String, String> {
    let output = command(url, statements).stderr(Stdio::piped()).stdout(Stdio::piped()).output();
    let output = output.map_err(|error| format!("psql: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    let error = error.trim_end();
    Err(error.split_once("ERROR:").map_or(error, |(_, message)| message.trim_start()).to_owned())
}

/// The answer to a statement of a test, which fails with it.
pub(super) fn answer(url: &str, sql: &str) -> String {
    run(url, &[sql]).unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// Runs the statements for as long as `patience` lasts, and does not care whether they succeed.
pub(super) fn try_for(patience: Duration, url: &str, statements: &[&str]) {
    let Ok(mut psql) = command(url, statements).stdout(Stdio::null()).stderr(Stdio::null()).spawn() else {
        return;
    };
    let began = Instant::now();
    while let Ok(None) = psql.try_wait() {
        if began.elapsed() > patience {
            drop(psql.kill());
            drop(psql.wait());
            return;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn command(url: &str, statements: &[&str]) -> Command {
    let mut command = Command::new(programs::psql().unwrap_or_else(|_| "psql".into()));
    command.args(["-AtXqw", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", "-d", url]);
    for statement in statements {
        command.args(["-c", statement]);
    }
    command.env("PGCONNECT_TIMEOUT", "10").env("LC_ALL", "C").stdin(Stdio::null());
    command
}
