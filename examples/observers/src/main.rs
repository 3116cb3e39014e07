//! An example of Tasker: a shop, and who observes it.
//!
//! [`Observed::build`] is where they are given to the Tasker. Each of them is a file: `chat.rs` tells people, `tracker.rs` groups errors, `meter.rs`
//! counts for the business; the signed webhook comes with Tasker. `outside.rs` is the other side of chat and webhook, on this machine.

#![expect(unreachable_pub, reason = "in a program, `pub` says that other modules use it")]

mod catalog;
mod chat;
mod meter;
mod options;
mod outside;
mod run;
mod server;
mod shop;
#[cfg(test)]
mod tests;
mod tracker;

use std::error::Error;
use std::sync::{Arc, OnceLock};

use tasker::http::{Api, Webhook};
use tasker::yaml::Environment;
use tasker::{MemoryStore, SqlStore, Store, Tasker};

use chat::Chat;
use meter::Meter;
use options::Command;
use outside::Outside;
use tracker::Tracker;

/// What partner and shop share; of a real one, from outside: `openssl rand -base64 32`.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// The shop, and those of its observers that can be asked what they saw.
struct Observed {
    tasker: Tasker,
    tracker: Tracker,
    meter: Meter,
}

impl Observed {
    /// The subscriptions of the files, and those that are given here. The names are what their progress is kept under.
    async fn build(store: impl Store, outside: &Outside, secret: &str) -> Result<Self, Box<dyn Error>> {
        let (tracker, meter) = (Tracker::default(), Meter::default());
        let api = Api::builder().without_proxy().build();
        let asked = Arc::new(OnceLock::new());
        let tasker = Arc::clone(&asked);
        let partner = Webhook::new(&outside.url("/partner"))?.secret(secret)?.without_proxy();
        let tasker = Tasker::builder(())
            .store(store)
            .register::<shop::order::Workflow>()
            .register::<shop::backup::Workflow>()
            .environment(Environment::of_process().variables([("CHAT_URL", outside.url("/chat"))]))
            .subscriptions_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/config/subscriptions"))
            .subscriber_class("Chat", move |config| Chat::of(config, &api, &tasker))
            .subscribe("errors", tracker.clone())
            .subscribe("meter", meter.clone())
            .subscribe("partner", partner.events(["order.shipped", "task.completed"]))
            .build()
            .await?;
        let _ = asked.set(tasker.clone());
        Ok(Self { tasker, tracker, meter })
    }
}

#[tokio::main]
async fn main() {
    if let Err(error) = command().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn command() -> Result<(), Box<dyn Error>> {
    match options::read(std::env::args().skip(1))? {
        Command::Help => print!("{}", options::HELP),
        Command::Run => {
            // The chat is busy when the first message comes.
            let outside = Outside::start(1, SECRET).await?;
            let shop = Observed::build(SqlStore::connect("sqlite::memory:").await?, &outside, SECRET).await?;
            run::orders(&shop.tasker).await?;
            run::until_all_heard(&shop.tasker).await?;
            run::tell(&shop, &outside).await?;
            shop.tasker.shutdown().await;
        }
        Command::Catalog(wanted) => {
            let outside = Outside::start(0, SECRET).await?;
            let shop = Observed::build(MemoryStore::new(), &outside, SECRET).await?;
            print!("{}", catalog::shown(shop.tasker.events().catalog(), &wanted));
            shop.tasker.shutdown().await;
        }
    }
    Ok(())
}
