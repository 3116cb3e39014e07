//! The ledger: one line of JSON for everything that the steps did, in a file beside the database.
//!
//! A line is written in one piece and is on the disk before its step returns, so that after a crash the ledger tells what really
//! happened, whatever the database has recorded of it.

use std::borrow::Cow;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tasker::{Attempt, Clock, SystemClock};

/// A file that only grows. Clones are the same file.
#[derive(Clone)]
pub struct Ledger(Arc<Parts>);

struct Parts {
    path: PathBuf,
    file: File,
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
pub struct Entry<'a> {
    /// Microseconds since 1970.
    at: i64,
    order: u64,
    step: Cow<'a, str>,
    attempt: u32,
    outcome: Outcome,
    effect: String,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The effect took place.
    Done,
    /// It had taken place in an earlier attempt; nothing was done.
    Found,
    /// Nothing was done.
    Failed,
}

impl Entry<'static> {
    pub fn now(order: u64, step: &'static str, attempt: Attempt, outcome: Outcome, effect: String) -> Self {
        let at = SystemClock.now().as_micros();
        Self { at, order, step: step.into(), attempt: attempt.0, outcome, effect }
    }
}

impl Ledger {
    /// The ledger of a database: `shop.db.ledger` for `shop.db`.
    pub fn beside(database: &Path) -> io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push(".ledger");
        let path = PathBuf::from(path);
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        Ok(Self(Arc::new(Parts { path, file })))
    }

    /// Adds a line. When this returns, it is on the disk.
    pub async fn write(&self, entry: Entry<'static>) -> io::Result<()> {
        let ledger = Arc::clone(&self.0);
        blocking(move || {
            let mut line = serde_json::to_vec(&entry)?;
            line.push(b'\n');
            // One call in append mode: lines of several processes do not mix.
            (&ledger.file).write_all(&line)?;
            ledger.file.sync_data()
        })
        .await
    }

    /// Whether a step did its work for an order already, in this process or in an earlier one.
    pub async fn has_done(&self, order: u64, step: &'static str) -> io::Result<bool> {
        let ledger = Arc::clone(&self.0);
        blocking(move || {
            let text = fs::read_to_string(&ledger.path)?;
            let done = |entry: Entry<'_>| {
                entry.order == order && entry.step == step && entry.outcome == Outcome::Done
            };
            let number = order.to_string();
            let mut candidates = text.lines().filter(|line| line.contains(&number));
            Ok(candidates.any(|line| serde_json::from_str(line).is_ok_and(done)))
        })
        .await
    }
}

/// Runs what waits for the disk where it does not hold up other steps.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
