//! A worker process in the hand of a test: it is killed, frozen, replaced, and gone when the test is.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sea_orm::prelude::Uuid;
use tasker::{Clock, SystemClock, TaskId};

use crate::patience::soon;
use crate::site::Site;
use crate::worker;

/// What a process has said so far.
#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<String>>>);

pub(crate) struct Worker {
    child: Child,
    pub(crate) said: Said,
    listeners: Vec<JoinHandle<()>>,
}

/// How a process is started.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) lease: Duration,
    /// Whether it starts tasks by itself.
    pub(crate) starts: bool,
    /// Whether it is to bear a limit of its files.
    pub(crate) limited: bool,
    /// Whether it delivers events.
    pub(crate) hears: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { lease: Duration::from_secs(1), starts: false, limited: false, hears: false }
    }
}

/// A process that was killed: when, in microseconds since 1970, and the workers that it was.
pub(crate) struct Death {
    pub(crate) at: i64,
    pub(crate) workers: Vec<Uuid>,
}

impl Said {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the process ends.
    fn listen(&self, pipe: impl Read + Send + 'static) -> JoinHandle<()> {
        let said = self.clone();
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                said.lock().push(line);
            }
        })
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// How many lines have this text in them.
    pub(crate) fn count(&self, text: &str) -> usize {
        self.lock().iter().filter(|line| line.contains(text)).count()
    }

    /// The workers that the process was, in their order.
    pub(crate) fn workers(&self) -> Vec<Uuid> {
        let enlisted = |line: &String| Some(line.split_once("worker enlisted worker=")?.1.to_owned());
        self.lock().iter().filter_map(enlisted).map(|id| Uuid::from_str(&id).expect("an id")).collect()
    }

    /// The tasks that the process said it had started.
    pub(crate) fn started(&self) -> Vec<TaskId> {
        let started = |line: &String| Some(line.strip_prefix("started ")?.split_once(' ')?.1.to_owned());
        self.lock().iter().filter_map(started).map(|id| id.parse().expect("an id")).collect()
    }
}

impl Worker {
    /// Returns when it works.
    pub(crate) async fn start_with(site: &Site, options: Options) -> Self {
        let said = Said::default();
        let number = site.enroll(&said);
        let this = std::env::current_exe().expect("this program");
        let mut program = Command::new(&this);
        if options.limited {
            // Otherwise a file that grows too large kills its process. What is ignored stays so.
            program = Command::new("/bin/sh");
            program.args(["-c", "trap '' XFSZ; exec \"$@\"", "worker"]).arg(&this);
        }
        program.args(["--exact", "worker::process", "--ignored", "--nocapture"]);
        program.env(worker::URL, site.url()).env(worker::LEDGER, site.ledger());
        program.env(worker::LEASE, options.lease.as_millis().to_string());
        if options.hears {
            program.env(worker::HEARD, site.heard_by_the_ear());
        }
        if options.starts {
            program.env(worker::STARTS, (number * 1_000_000).to_string());
        }
        program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("started");
        let listeners = vec![
            said.listen(child.stdout.take().expect("a pipe")),
            said.listen(child.stderr.take().expect("a pipe")),
        ];
        let mut worker = Self { child, said, listeners };
        soon("a worker works", || {
            assert!(worker.is_alive(), "a worker ended at its start");
            worker.said.count("worker enlisted") > 0 && worker.said.count("ready") > 0
        })
        .await;
        worker
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().expect("a child").is_none()
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) -> Death {
        let at = SystemClock.now().as_micros();
        self.child.kill().expect("killed");
        self.listen_to_the_end();
        Death { at, workers: self.said.workers() }
    }

    fn listen_to_the_end(&mut self) -> ExitStatus {
        let status = self.child.wait().expect("a child");
        for listener in self.listeners.drain(..) {
            listener.join().expect("it listens");
        }
        status
    }

    /// Sends a signal through the shell, since std knows only one.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("/bin/sh").args(["-c", "kill -s \"$@\"", "kill", name, &pid]).status();
        assert!(sent.expect("a shell").success(), "{name} for {pid}");
    }

    /// Lets its files grow to so many bytes, or `unlimited`.
    pub(crate) fn limit_files(&self, bytes: &str) {
        let pid = self.pid().to_string();
        let limited = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={bytes}:")]).status();
        assert!(limited.expect("prlimit").success(), "a limit of {bytes} for {pid}");
    }

    /// Shuts it down in order, as a deploy does.
    pub(crate) async fn terminate(mut self) {
        self.signal("TERM");
        soon("a worker shuts down", || !self.is_alive()).await;
        let status = self.listen_to_the_end();
        assert!(status.success(), "a worker shut down with {status}");
        assert!(self.said.count("worker retired") == 1, "a worker that shut down did not retire");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may be gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
