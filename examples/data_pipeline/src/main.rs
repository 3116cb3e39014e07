//! An example of Tasker: a data pipeline. Three sources are read at the same time, put into shape, joined and made into a report.
//!
//! Start with `pipeline.rs`, which is the workflow, then `files.rs`, which keeps what is too large for the database. `sources.rs` is where the data
//! comes from, and `join.rs` what is made of it; the rest is the command line around them.

#![expect(unreachable_pub, reason = "in a program, `pub` says that other modules use it")]

mod app;
mod files;
mod join;
mod options;
mod pipeline;
mod progress;
mod run;
mod sources;
mod table;
#[cfg(test)]
mod tests;
mod times;

use std::process::ExitCode;

use options::Command;
use run::Exit;

#[tokio::main]
async fn main() -> ExitCode {
    let exit = match Command::parse(std::env::args().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", options::HELP);
            Exit::Complete
        }
        Ok(Command::Run(options)) => run::run(options).await.unwrap_or_else(|failure| {
            eprintln!("error: {}", failure.message);
            failure.exit
        }),
        Err(mistake) => {
            eprintln!("error: {mistake}");
            Exit::BadInput
        }
    };
    ExitCode::from(exit as u8)
}
