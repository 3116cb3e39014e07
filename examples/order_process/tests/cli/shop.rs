//! A folder to run the program in, and what it leaves there.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::json;
use tempfile::TempDir;

/// No run takes nearly as long; one that does is stuck.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct Shop(TempDir);

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None for a process that was killed or aborted.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A line of the ledger.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    pub(crate) at: u64,
    pub(crate) order: u64,
    pub(crate) step: String,
    pub(crate) attempt: u32,
    pub(crate) outcome: String,
}

/// What the last column of a `--json` line says of a step.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) attempts: u32,
    pub(crate) error: Option<String>,
}

/// A line of `--json`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    #[serde(rename = "task_id")]
    pub(crate) id: String,
    pub(crate) workflow: String,
    pub(crate) status: String,
    pub(crate) steps: Vec<Step>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes an order that is in order, and returns its file.
    pub(crate) fn order(&self, id: u64) -> String {
        let item = json!({"sku": "TEA-7", "quantity": 1 + id % 9, "cents": 890});
        let order = json!({"order_id": id, "email": "ada@lovelace.example", "items": [item]});
        self.file(&format!("{id}.json"), &order.to_string())
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path().join(name), text).unwrap();
        name.to_owned()
    }

    /// The program with these arguments, in this folder, not started yet.
    pub(crate) fn command(&self, args: &[impl AsRef<str>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_order_process"));
        command.args(args.iter().map(AsRef::as_ref)).current_dir(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[impl AsRef<str>]) -> Ended {
        end(self.command(args).spawn().unwrap())
    }

    /// Runs with `--json` and reads the tasks.
    pub(crate) fn tasks(&self, args: &[impl AsRef<str>]) -> (Option<i32>, Vec<Task>) {
        let args: Vec<&str> = ["--json"].into_iter().chain(args.iter().map(AsRef::as_ref)).collect();
        let ended = self.run(&args);
        let tasks = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap());
        (ended.code, tasks.collect())
    }

    /// The ledger of the default database.
    pub(crate) fn ledger(&self) -> Vec<Entry> {
        let text = fs::read_to_string(self.path().join("order_process.db.ledger")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The attempts in the ledger, by order and step, in the order of their lines.
    pub(crate) fn attempts(&self) -> BTreeMap<(u64, String), Vec<u32>> {
        let mut attempts = BTreeMap::<_, Vec<u32>>::new();
        for Entry { order, step, attempt, .. } in self.ledger() {
            attempts.entry((order, step)).or_default().push(attempt);
        }
        attempts
    }
}

impl Task {
    pub(crate) fn step(&self, name: &str) -> &Step {
        self.steps.iter().find(|step| step.name == name).unwrap()
    }

    /// The steps as `(status, attempts)`.
    pub(crate) fn summary(&self) -> Vec<(&str, u32)> {
        self.steps.iter().map(|step| (step.status.as_str(), step.attempts)).collect()
    }
}

/// Waits for a process, but not for ever.
pub(crate) fn end(mut child: Child) -> Ended {
    let (stdout, stderr) = (text(child.stdout.take().unwrap()), text(child.stderr.take().unwrap()));
    let deadline = Instant::now() + LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!(
                "not done within {LIMIT:?}; it said\n{}\n{}",
                stdout.join().unwrap(),
                stderr.join().unwrap()
            );
        }
        thread::sleep(Duration::from_millis(5));
    };
    Ended { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

/// Reads on the side, so that a full pipe holds nobody up.
fn text(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        text
    })
}

/// A file that comes with the example.
pub(crate) fn bundled(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "orders", name].iter().collect();
    path.to_str().unwrap().to_owned()
}

/// Microseconds since 1970, as in the ledger.
pub(crate) fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros()).unwrap()
}
