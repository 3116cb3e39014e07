//! Other test processes: this program again, with one of the tests below that are ignored otherwise.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tasker_tests::postgres::{Private, required, shared};

/// What a process says when there is no PostgreSQL.
const SKIP: &str = "unavailable: ";

#[tokio::test]
#[ignore = "run by tests, in a process of its own"]
async fn holds_the_shared_server() {
    let answer = match shared() {
        Ok(server) => {
            let database = server.database("template", async |_| ()).await;
            database.query("SELECT pg_postmaster_start_time()")
        }
        Err(why) => format!("{SKIP}{why}"),
    };
    say_and_wait(&answer);
}

#[test]
#[ignore = "run by tests, in a process of its own"]
fn holds_a_private_server() {
    match Private::start(&[]) {
        Ok(server) => say_and_wait(&server.url("")),
        Err(why) => say_and_wait(&format!("{SKIP}{why}")),
    }
}

/// Until the other process closes our input.
fn say_and_wait(answer: &str) {
    println!("\nanswer: {answer}");
    io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

pub(crate) struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(test: &str, variables: &[(&str, &str)]) -> Self {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", &format!("process::{test}"), "--ignored", "--nocapture"]);
        program.env_remove("TASKER_TEST_PG_URL").envs(variables.iter().copied());
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// What the process has to say, or `None` if there is no PostgreSQL.
    pub(crate) fn answer(&mut self) -> Option<String> {
        let mut lines = self.output.by_ref().lines().map(Result::unwrap);
        let answer = lines.find_map(|line| Some(line.strip_prefix("answer: ")?.to_owned()));
        let answer = answer.expect("the process says something before it ends");
        if let Some(why) = answer.strip_prefix(SKIP) {
            assert!(!required(), "{why}");
            eprintln!("SKIPPED: no PostgreSQL: {why}");
            return None;
        }
        Some(answer)
    }

    pub(crate) fn finish(mut self) {
        drop(self.child.stdin.take());
        io::copy(&mut self.output, &mut io::sink()).unwrap();
        assert!(self.child.wait().unwrap().success());
    }

    /// Leaves it no time to clean up.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        drop(io::copy(&mut self.output, &mut io::sink()));
        drop(self.child.wait());
    }
}

/// What other processes do takes its time, but not for ever.
pub(crate) fn soon(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}
