use std::time::Duration;

/// For how long tasks are kept after they ended, in whatever state.
///
/// After that they are removed with their steps and their history; their idempotency keys can be used again.
///
/// ```
/// use std::time::Duration;
/// use tasker_core::{MemoryStore, Retention, Tasker};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let month = Retention::after(Duration::from_hours(24 * 30));
/// let tasker = Tasker::builder(()).store(MemoryStore::new()).retention(month).build().await?;
/// # tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    pub(crate) age: Duration,
    pub(crate) every: Duration,
    pub(crate) batch: usize,
}

impl Retention {
    /// Keeps tasks for so long after they ended.
    #[must_use]
    pub fn after(age: Duration) -> Self {
        Self { age, every: Duration::from_mins(1), batch: 100 }
    }

    /// How often to look for tasks to remove. Default: every minute.
    #[must_use]
    pub fn every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// How many tasks are removed in one transaction. Default: 100.
    #[must_use]
    pub fn batch(mut self, tasks: usize) -> Self {
        self.batch = tasks;
        self
    }
}
