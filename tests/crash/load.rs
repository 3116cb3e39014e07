//! Customers: each starts a task, waits for its end, and starts the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tasker::{TaskId, Tasker};
use tokio::task::JoinSet;

use crate::patience::soon;
use crate::site::{Site, complete, start};

pub(crate) struct Load {
    shared: Arc<Shared>,
    customers: JoinSet<Vec<TaskId>>,
}

struct Shared {
    client: Tasker,
    next: AtomicU64,
    done: AtomicU64,
    closed: AtomicBool,
}

impl Load {
    /// Opens with so many customers. Their steps take 5 to 40 ms.
    pub(crate) fn begin(site: &Site, customers: usize) -> Self {
        let shared = Arc::new(Shared {
            client: site.client.clone(),
            next: AtomicU64::new(0),
            done: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        });
        let mut load = Self { shared, customers: JoinSet::new() };
        let mut random = site.random();
        for _ in 0..customers {
            load.customers.spawn(buy(Arc::clone(&load.shared), random.fork()));
        }
        load
    }

    /// Waits until so many tasks have ended since it began.
    pub(crate) async fn served(&self, tasks: u64) {
        soon("enough tasks have ended", || self.done() >= tasks).await;
    }

    pub(crate) fn done(&self) -> u64 {
        self.shared.done.load(Ordering::Relaxed)
    }

    /// Lets the customers go when theirs has ended; returns what was started.
    pub(crate) async fn finish(mut self) -> Vec<TaskId> {
        self.shared.closed.store(true, Ordering::Relaxed);
        let mut started = Vec::new();
        while let Some(customer) = self.customers.join_next().await {
            started.extend(customer.expect("a customer was served"));
        }
        started
    }
}

async fn buy(shared: Arc<Shared>, mut random: fastrand::Rng) -> Vec<TaskId> {
    let mut started = Vec::new();
    while !shared.closed.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        let task = start(&shared.client, number, random.u64(5..40)).await;
        // From here on it has to be there.
        started.push(task.id());
        complete(&task).await;
        shared.done.fetch_add(1, Ordering::Relaxed);
    }
    started
}
