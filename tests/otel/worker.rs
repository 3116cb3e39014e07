//! The worker process: this program again, with one test that is ignored otherwise. It says `ready` when it works, and shuts down when its
//! input is closed.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tasker::otel::Traces;
use tasker::{SqlStore, Tasker, TaskerBuilder};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::workflows::{App, fragile, order, parcel};

const URL: &str = "TASKER_OTEL_URL";
const ENDPOINT: &str = "TASKER_OTEL_ENDPOINT";
const SERVICE: &str = "TASKER_OTEL_SERVICE";

pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) fn start(url: &str, endpoint: &str, service: &str) -> Self {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args(["--exact", "worker::process", "--ignored", "--nocapture"]);
        program.env(URL, url).env(ENDPOINT, endpoint).env(SERVICE, service);
        let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "ready"), "the worker ended at its start");
        // The rest is of no interest, but has to go somewhere.
        std::thread::spawn(move || lines.count());
        Self(child)
    }

    /// Shuts it down in order.
    pub(crate) fn end(mut self) {
        drop(self.0.stdin.take());
        assert!(self.0.wait().unwrap().success());
    }
}

impl Worker {
    /// `kill -9`.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// What all processes of these tests have in common.
pub(crate) fn builder(app: App, store: SqlStore) -> TaskerBuilder<App, std::sync::Arc<dyn tasker::Store>> {
    Tasker::builder(app)
        .store(store)
        .register::<order::Workflow>()
        .register::<parcel::Workflow>()
        .register::<fragile::Workflow>()
        .poll(Duration::from_millis(20))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run by tests, in a process of its own"]
async fn process() {
    let variable = |name| std::env::var(name).expect(name);
    let traces = Traces::builder().endpoint(variable(ENDPOINT)).service(variable(SERVICE)).build().unwrap();
    tracing_subscriber::registry().with(traces.layer()).init();
    let app = App::default();
    let store = SqlStore::connect(&variable(URL)).await.unwrap();
    // One at a time, so that the other process has something to do.
    let tasker = builder(app.clone(), store).concurrency(1).build().await.unwrap();
    app.own.is(&tasker);
    println!("\nready");
    let closed = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    closed.await.unwrap().unwrap();
    tasker.shutdown().await;
    traces.shutdown().await.unwrap();
}
