//! One run: start the report or go on with it, follow it to its end, and show it with its times.

use std::fmt::Display;
use std::io::{self, Write as _};

use tasker::{ResultError, SqlStore, StartError, TaskHandle, TaskState, Tasker};

use crate::app::{self, App};
use crate::files::Folder;
use crate::options::Options;
use crate::pipeline::data_pipeline::{Context, Covered, Workflow, report};
use crate::sources::{Region, Sources};
use crate::{progress, times};

/// How a run ends; the number is the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Complete = 0,
    Failed = 1,
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
    /// The file of `--db` cannot be used, or the options make no sense.
    fn opening(error: impl Display) -> Self {
        Self { message: error.to_string(), exit: Exit::BadInput }
    }

    /// The database was there, and now does not answer.
    fn running(error: impl Display) -> Self {
        Self { message: error.to_string(), exit: Exit::Failed }
    }
}

/// Makes the report that the options ask for.
pub async fn run(options: Options) -> Result<Exit, Failure> {
    let Options { context, db, pause_ms, faults } = options;
    let store = SqlStore::connect(&url(&db)).await.map_err(Failure::opening)?;
    let folder = Folder::new(format!("{db}.files"));
    let app = App { sources: Sources::new(faults), folder: folder.clone() };
    // From here on the engine works: what earlier runs left unfinished goes on by itself.
    let tasker = app::tasker(app, pause_ms).store(store).build().await.map_err(Failure::opening)?;

    let ended = tokio::select! {
        ended = follow(&tasker, context, &db, &folder) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
    };
    tokio::select! {
        () = tasker.shutdown() => {}
        // A second Ctrl-C does not wait for the steps that run: they are executed again, as after a crash.
        _ = tokio::signal::ctrl_c() => {}
    }
    ended.unwrap_or_else(|| {
        eprintln!("\ninterrupted; the next run with the same options goes on");
        Ok(Exit::Interrupted)
    })
}

/// Starts the report, or finds the one that there is, and follows it to its end.
async fn follow(tasker: &Tasker, context: Context, db: &str, folder: &Folder) -> Result<Exit, Failure> {
    let task = start(tasker, context).await.map_err(|error| match error {
        StartError::InvalidContext { .. } => Failure::opening(error),
        error => Failure::running(error),
    })?;
    let state = progress::watch(&task).await.map_err(Failure::running)?;
    show(&task, folder).await.map_err(Failure::running)?;
    let open = tasker.open_tasks().await.map_err(Failure::running)?.len();
    if open > 0 {
        let _ = writeln!(
            io::stdout(),
            "\nUnfinished reports with other options in `{db}`: {open}; they go on while a run lasts."
        );
    }
    if state == TaskState::Complete {
        return Ok(Exit::Complete);
    }
    eprintln!("\nthere is no report; name another file with `--db FILE` to begin it afresh");
    Ok(Exit::Failed)
}

/// The same question is one task, however often it is asked.
async fn start(tasker: &Tasker, context: Context) -> Result<TaskHandle<Workflow>, StartError> {
    let Context { region, at_least, year } = context;
    let place = region.map_or_else(|| "world".to_owned(), Region::word);
    tasker.start::<Workflow>(context).idempotency_key(format!("{place}, at least {at_least}, {year}")).await
}

/// The report, what it does not cover, and where the time went.
async fn show(task: &TaskHandle<Workflow>, folder: &Folder) -> Result<(), ResultError> {
    let (report, covered) = (task.output::<report>().await?, task.annotation::<Covered>().await?);
    let times = times::of(&task.snapshot().await?);
    let print = |mut out: io::StdoutLock<'_>| {
        if let Some(report) = report {
            let file = folder.of(task.id()).join(&report.written.file);
            writeln!(out, "\n{}\n{}", report.text, file.display())?;
        }
        if let Some(Covered(coverage)) = covered {
            let (currency, zone) = (list(&coverage.without_currency), list(&coverage.without_zone));
            let countries = coverage.countries;
            writeln!(out, "{countries} countries; without a currency: {currency}; without a zone: {zone}")?;
        }
        write!(out, "\n{times}")
    };
    // Whoever was to read it may be gone; that changes nothing for the report.
    let _ = print(io::stdout().lock());
    Ok(())
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The URL of a file, whatever characters its name has.
fn url(file: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    let bytes = file.bytes();
    let name =
        bytes.map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("sqlite://{}", name.collect::<String>())
}
