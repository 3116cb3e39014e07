//! An example of Tasker: steps that call other systems over HTTP, and what becomes of them when those misbehave.
//!
//! Start with `config/checkout.yaml` and `courier.rs`, which have the steps, then `app.rs`, which runs them. `server.rs` is the service that they
//! call, on this machine.

#![expect(unreachable_pub, reason = "in a program, `pub` says that other modules use it")]

mod app;
mod courier;
mod options;
mod pay;
mod report;
mod server;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::time::Duration;

use serde_json::json;
use tasker::http::{Api, BreakerSettings};
use tasker::yaml::Environment;
use tasker::{SqlStore, TaskHandle};

use courier::parcel::{Context, Workflow};
use server::Server;

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let Some(moods) = options::moods(std::env::args().skip(1))? else {
        print!("{}", options::HELP);
        return Ok(());
    };
    let server = Server::start(moods).await?;
    // Three failures of a system in a row, and it is left alone for five seconds.
    let breaker =
        BreakerSettings { failures: 3, open_for: Duration::from_secs(5), ..BreakerSettings::DEFAULT };
    let api = Api::builder().without_proxy().breaker(breaker).build();
    let watching = tokio::spawn(report::watch(api.breakers().clone()));

    let environment = Environment::of_process().variables([("SHOP_URL", server.url())]);
    let store = SqlStore::connect("sqlite::memory:").await?;
    let tasker = app::tasker(&api, environment, &server.url()).store(store).build().await?;
    let checkout = tasker.start_named("shop", "checkout", "1.0.0", json!({ "cart_id": 7 })).await?;
    let parcel = tasker.start::<Workflow>(Context { weight: 800 }).await?;
    let parcel: TaskHandle = tasker.task(parcel.id());
    checkout.wait().await?;
    parcel.wait().await?;
    watching.abort();
    report::print(&checkout).await?;
    report::print(&parcel).await?;
    report::breakers(api.breakers());
    tasker.shutdown().await;
    Ok(())
}
