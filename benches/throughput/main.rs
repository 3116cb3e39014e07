//! Whole runs of the engine on SQLite, PostgreSQL and in memory. `--help` says how to ask, `README.md` what
//! each bench measures.
//!
//! * `options` is what was asked for, `bench` the benches by name, `report` what is printed.
//! * `bed` is what a bench runs on: a kind of store, and a fresh database of it whenever it wants one;
//!   `server` is the PostgreSQL.
//! * `flow` runs many tasks to their end; `spread` is what several runs come to.
//! * `process` and `postgres` ask the operating system and the server what something cost.
//! * `ceiling` writes the same rows without the engine.
//!
//! The other modules are a bench each.

#![expect(clippy::cast_precision_loss, reason = "what is counted here is far below 2^52")]

mod bed;
mod bench;
mod ceiling;
mod chain5;
mod flat;
mod flow;
mod handles;
mod idle;
mod idle_latency;
mod observed;
mod options;
mod parked;
mod postgres;
mod process;
mod report;
mod server;
mod shapes;
mod spread;
mod start_many;
mod workers;

use std::error::Error;
use std::process::ExitCode;

use crate::bed::{Bed, Kind};
use crate::options::{Asked, Options};
use crate::report::Report;
use crate::server::Server;

/// A bench that meets an error ends the program; the error says why.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match options::parse(std::env::args().skip(1)) {
        Ok(Asked::Help) => {
            println!("{}", options::help());
            Ok(())
        }
        Ok(Asked::Work(url)) => workers::work(&url).await,
        Ok(Asked::LookOn(asked)) => observed::look_on(&asked).await,
        Ok(Asked::Measure(options)) => measure(&options).await,
        Err(mistake) => {
            eprintln!("{mistake}");
            return ExitCode::from(2);
        }
    };
    if let Err(error) = done {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

async fn measure(options: &Options) -> Result<()> {
    let server = if options.stores.contains(&Kind::Postgres) {
        Some(Server::find(options.url.as_deref())?)
    } else {
        None
    };
    let report = Report::new(options.json);
    for &bench in &options.benches {
        for &kind in &options.stores {
            let bed = Bed { kind, quick: options.quick, runs: options.runs, server: server.as_ref() };
            let figures = bench.run(&bed).await;
            let figures = figures.map_err(|error| format!("{} on {}: {error}", bench.name(), kind.name()))?;
            for figure in figures {
                report.add(figure);
            }
        }
    }
    Ok(())
}
