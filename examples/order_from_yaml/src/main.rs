//! An example of Tasker: the order process from a YAML file, as Ruby Tasker has them.
//!
//! Start with `config/order_process.yaml`, which is the workflow, then `handlers.rs`, which says what runs its steps. `shop.rs` stands for
//! the services that the steps call.

#![expect(unreachable_pub, reason = "in a program, `pub` says that other modules use it")]

mod handlers;
mod report;
mod shop;
#[cfg(test)]
mod tests;

use std::env;
use std::error::Error;
use std::fs;

use serde_json::Value;
use tasker::{SqlStore, TaskHandle, Tasker};

use shop::Shop;

const BUNDLED: [&str; 3] = [
    include_str!("../orders/1001.json"),
    include_str!("../orders/1002.json"),
    include_str!("../orders/2001.json"),
];

#[tokio::main]
async fn main() {
    if let Err(error) = run().await {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let orders = orders()?;
    let shop = Shop::default();
    let store = SqlStore::connect("sqlite://order_from_yaml.db").await?;
    let tasker = handlers::order_process(&shop).store(store).build().await?;
    for order in orders {
        match start(&tasker, order).await {
            Ok(task) => {
                task.wait().await?;
                report::print(&task).await?;
            }
            Err(error) => eprintln!("{error}\n"),
        }
    }
    tasker.shutdown().await;
    for letter in shop.letters() {
        println!("a letter from {} to {}: {}", letter.from, letter.to, letter.text);
    }
    Ok(())
}

/// Starts the task of an order, or finds the one that there is.
async fn start(tasker: &Tasker, order: Value) -> Result<TaskHandle, tasker::StartError> {
    let key = order["order_id"].to_string();
    tasker.start_named("shop", "order_process", "1.0.0", order).idempotency_key(key).await
}

/// The orders in the files that the command line names, or those that come with the example.
fn orders() -> Result<Vec<Value>, Box<dyn Error>> {
    let read = |text: &str| serde_json::from_str(text).map_err(Into::into);
    let files: Vec<String> = env::args().skip(1).collect();
    if files.is_empty() {
        return BUNDLED.into_iter().map(read).collect();
    }
    let order = |file: &String| fs::read_to_string(file).map_err(|error| format!("{file}: {error}"));
    files.iter().map(|file| read(&order(file)?)).collect()
}
