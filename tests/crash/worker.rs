//! The worker process: this program again, with one test that is ignored otherwise.
//!
//! It says `ready` when it works, and `started NUMBER ID` for each task that it started by itself; it shuts down in order when it is told to
//! terminate, and ends at once when its input is closed, that is when the test is gone.

use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tasker::{SqlStore, Tasker};
use tokio::signal::unix::{SignalKind, signal};

use crate::heard;
use crate::log;
use crate::workflows::{self, App, Ledger};

/// The variables by which it is told what to do.
pub(crate) const URL: &str = "TASKER_CRASH_URL";
pub(crate) const LEDGER: &str = "TASKER_CRASH_LEDGER";
/// The lease in milliseconds.
pub(crate) const LEASE: &str = "TASKER_CRASH_LEASE";
/// The number of the first task that it starts by itself.
pub(crate) const STARTS: &str = "TASKER_CRASH_STARTS";

/// Where it writes down the events that it delivers.
pub(crate) const HEARD: &str = "TASKER_CRASH_HEARD";

/// How many tasks it starts by itself.
const OWN_TASKS: u64 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by tests, in a process of its own"]
async fn process() {
    std::thread::spawn(|| {
        // Whether it ends or fails, nobody is there any more.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(1);
    });
    log::to_stderr();
    let variable = |name| std::env::var(name).expect(name);
    let lease = Duration::from_millis(variable(LEASE).parse().expect(LEASE));
    let mut terminate = signal(SignalKind::terminate()).expect("a handler");
    let store = SqlStore::connect(&variable(URL)).await.expect("connected");
    let builder = Tasker::builder(App { ledger: Ledger(PathBuf::from(variable(LEDGER))) })
        .store(store)
        .register::<workflows::chain::Workflow>()
        .register::<workflows::diamond::Workflow>()
        .register::<workflows::fan::Workflow>()
        .concurrency(20)
        .lease(lease.mul_f64(0.3), lease)
        .poll(Duration::from_millis(200));
    let builder = match std::env::var(HEARD) {
        Ok(file) => builder.subscribe_with(heard::NAME, heard::Ear(PathBuf::from(file)), heard::delivery()),
        Err(_) => builder,
    };
    let tasker = builder.build().await.expect("built");
    println!("\nready");
    if let Ok(first) = std::env::var(STARTS) {
        start_tasks(&tasker, first.parse().expect(STARTS)).await;
    }
    terminate.recv().await;
    tasker.shutdown().await;
}

/// Says of each task that it was started, once it was.
async fn start_tasks(tasker: &Tasker, first: u64) {
    for number in first..first + OWN_TASKS {
        let context = json!({"number": number, "nap": 20});
        match tasker.start_named("crash", "chain", "0.1.0", context).await {
            Ok(task) => println!("started {number} {}", task.id()),
            Err(error) => println!("not started: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
