//! One run: resume what is unfinished, start what is new, follow both to the end.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use futures_util::future;
use tasker::{ResultError, SqlStore, TaskId, TaskState, Tasker, Workflow as _};

use crate::app::App;
use crate::ledger::Ledger;
use crate::options::{Format, Options};
use crate::order::order_process;
use crate::orders::{self, Draft, Refusal};
use crate::progress::{self, Origin, Tracked};
use crate::report;

/// How a run ends; the number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    AllComplete = 0,
    SomeFailed = 1,
    BadInput = 2,
    /// 128 and the number of SIGINT, as shells have it.
    Interrupted = 130,
}

/// Why a run did not come to its end.
#[derive(Debug)]
pub struct Failure {
    pub message: String,
    pub exit: Exit,
}

impl Failure {
    /// The file of `--db` cannot be used.
    fn opening(error: impl Display) -> Self {
        Self { message: error.to_string(), exit: Exit::BadInput }
    }

    /// The database was there, and now does not answer.
    fn running(error: impl Display) -> Self {
        Self { message: error.to_string(), exit: Exit::SomeFailed }
    }
}

/// Runs the orders that the options name.
pub async fn run(options: Options) -> Result<Exit, Failure> {
    let Options { db, format, faults, files } = options;
    let store = SqlStore::connect(&url(&db)).await.map_err(Failure::opening)?;
    let unfinished = orders::unfinished(&store).await.map_err(Failure::opening)?;
    let ledger = Ledger::beside(Path::new(&db)).map_err(Failure::opening)?;
    let app = App::new(ledger, faults);
    // From here on the engine works: what earlier runs left unfinished goes on by itself.
    let tasker = Tasker::builder(app).store(store).register::<order_process::Workflow>().concurrency(16);
    let tasker = tasker.build().await.map_err(Failure::opening)?;

    let ended = tokio::select! {
        ended = follow(&tasker, unfinished, &files, format) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    tokio::select! {
        () = tasker.shutdown() => {}
        // A second Ctrl-C does not wait for the steps that run: they are executed again, as after a crash.
        _ = tokio::signal::ctrl_c() => {}
    }
    if let Some(ended) = ended {
        return ended;
    }
    let open = tasker.open_tasks().await.map_err(Failure::running)?.len();
    eprintln!("\ninterrupted; {open} unfinished orders will be resumed by the next run with `--db {db}`");
    Ok(Exit::Interrupted)
}

/// Starts what is to be started, follows all of it to the end and reports.
async fn follow(
    tasker: &Tasker,
    unfinished: Vec<TaskId>,
    files: &[PathBuf],
    format: Format,
) -> Result<Exit, Failure> {
    let mut tasks = resume(tasker, unfinished).await.map_err(Failure::running)?;
    let drafts = match files {
        [] if tasks.is_empty() => Draft::bundled(),
        files => files.iter().map(|file| Draft::read(file)).collect(),
    };
    let mut refused = false;
    for started in orders::start(tasker, drafts).await.map_err(Failure::running)? {
        match started {
            // An order that is resumed, or comes in two files, is one task.
            Ok(handle) if tasks.iter().any(|task| task.handle.id() == handle.id()) => {}
            Ok(handle) => {
                let origin = if handle.is_new() { Origin::New } else { Origin::Existing };
                tasks.push(Tracked::new(handle, origin).await.map_err(Failure::running)?);
            }
            Err(Refusal(reasons)) => {
                refused = true;
                eprintln!("{}", reasons.join("\n"));
            }
        }
    }
    let mut view = progress::view(format, tasks.len());
    progress::watch(&mut tasks, &mut *view).await.map_err(Failure::running)?;
    drop(view);
    // Whoever was to read it may be gone; that changes nothing for the orders.
    let _ = report::print(format, &tasks);
    Ok(match () {
        () if refused => Exit::BadInput,
        () if tasks.iter().all(|task| task.status.state == TaskState::Complete) => Exit::AllComplete,
        () => Exit::SomeFailed,
    })
}

/// The unfinished orders; tasks of other workflows in the same database are none of ours.
async fn resume(tasker: &Tasker, unfinished: Vec<TaskId>) -> Result<Vec<Tracked>, ResultError> {
    let tasks = unfinished.into_iter().map(|id| Tracked::new(tasker.task(id), Origin::Resumed));
    let mut tasks = future::try_join_all(tasks).await?;
    tasks.retain(|task| task.status.workflow == *order_process::Workflow::define().id());
    Ok(tasks)
}

/// The URL of a file, whatever characters its name has.
fn url(file: &str) -> String {
    let escaped = file.bytes().map(|byte| match byte {
        b'/' | b'.' | b'_' | b'-' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    format!("sqlite://{}", escaped.collect::<String>())
}
