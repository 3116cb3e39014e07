//! Several processes on one database. Each is this program, started anew.
//!
//! The tasks are there before the processes may begin, so that what is measured is work and not how soon they
//! hear of it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use tasker_benches::chain5;

use crate::bed::{AnyStore, Bed, Database};
use crate::options::WORK;
use crate::report::Figure;
use crate::spread::Spread;
use crate::{Result, flow};

const STEPS: usize = 5;

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let tasks = bed.size(10_000);
    let mut figures: Vec<Figure> = Vec::new();
    for processes in [1_u32, 2, 4] {
        let mut seconds = Vec::new();
        for _ in 0..bed.runs {
            seconds.push(bed.fresh(async |database| measured(database, tasks, processes).await).await?);
        }
        let figure = Figure::new("workers", bed, tasks).took(STEPS, Spread::of(seconds));
        let one = figures.first().unwrap_or(&figure).steps_per_s();
        let ratio = figure.steps_per_s() / one;
        figures.push(figure.ratio(ratio).with("processes", Some(processes.into())));
    }
    Ok(figures)
}

async fn measured(database: &Database, tasks: usize, processes: u32) -> Result<f64> {
    let tasker = database.tasker::<chain5::Workflow>().await?;
    tasker.shutdown().await;
    tasker.start_many::<chain5::Workflow>(flow::contexts(tasks)).await?;
    let workers: Result<Vec<Process>> = (0..processes).map(|_| Process::start(&database.url)).collect();
    let mut workers = workers?;
    for worker in &mut workers {
        worker.listen("ready")?;
    }
    let began = Instant::now();
    for worker in &mut workers {
        worker.tell("go")?;
    }
    flow::all_ended(database.store.get()).await?;
    let took = began.elapsed();
    workers.into_iter().try_for_each(Process::end)?;
    Ok(took.as_secs_f64())
}

struct Process {
    child: Child,
    tell: ChildStdin,
    listen: BufReader<ChildStdout>,
}

impl Process {
    fn start(url: &str) -> Result<Self> {
        let mut program = Command::new(std::env::current_exe()?);
        let mut child = program.args([WORK, url]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let tell = child.stdin.take().ok_or("no way to tell a worker anything")?;
        let listen = BufReader::new(child.stdout.take().ok_or("no way to hear of a worker")?);
        Ok(Self { child, tell, listen })
    }

    fn tell(&mut self, word: &str) -> Result<()> {
        Ok(writeln!(self.tell, "{word}")?)
    }

    fn listen(&mut self, expected: &str) -> Result<()> {
        let mut word = String::new();
        self.listen.read_line(&mut word)?;
        if word.trim_end() == expected { Ok(()) } else { Err("a worker process failed".into()) }
    }

    /// A worker ends when nobody can tell it anything any more, so it also ends when this process does.
    fn end(self) -> Result<()> {
        let Self { mut child, tell, listen } = self;
        drop(tell);
        let status = child.wait()?;
        drop(listen);
        if status.success() { Ok(()) } else { Err(format!("a worker process ended with {status}").into()) }
    }
}

/// What a process does: connects, waits for the word, and works until nobody wants it any more.
pub(crate) async fn work(url: &str) -> Result<()> {
    let store = AnyStore::connect(url).await?;
    println!("ready");
    next_line().await?;
    let tasker = store.tasker::<chain5::Workflow>().await?;
    while !next_line().await?.is_empty() {}
    tasker.shutdown().await;
    Ok(())
}

/// The next line of the input, empty at its end.
async fn next_line() -> Result<String> {
    let read = || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    };
    Ok(tokio::task::spawn_blocking(read).await??)
}
