//! The example of Tasker: orders go through five durable steps, and nothing is done twice, whatever happens to the process.
//!
//! Start with `order.rs`, which is the workflow, then `run.rs`, which runs it. `gateway.rs` and `inventory.rs` are the services that
//! the steps call; the rest is the command line around it. What is public is what a test of another package runs the workflow with.

#![expect(
    unreachable_pub,
    reason = "most modules are private, and in them `pub` says that other modules use it"
)]

mod app;
mod faults;
mod gateway;
mod inventory;
mod ledger;
mod money;
mod options;
mod order;
mod orders;
mod progress;
mod report;
mod run;
mod world;

use std::env;
use std::process::ExitCode;

pub use app::App;
pub use faults::{Fault, Faults};
pub use ledger::Ledger;
pub use order::order_process;

use options::Command;
use run::Exit;

/// The program: reads the command line, runs the orders and says how that went.
pub async fn main() -> ExitCode {
    let exit = match Command::parse(env::args_os().skip(1)) {
        Ok(Command::Help) => {
            print!("{}", options::HELP);
            Exit::AllComplete
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
