use std::error::Error;
use std::sync::Arc;

/// Why a store could not do what it was asked.
///
/// Copies share their cause: one failed batch is reported to everybody in it.
#[derive(Clone, thiserror::Error)]
pub enum StoreError {
    /// The database did not answer, or not in time. Asking again may help; the engine does so by itself.
    #[error("the store is not available, {what}: {cause}")]
    Unavailable {
        /// What was being done.
        what: String,
        /// What the database or its driver said.
        cause: Arc<dyn Error + Send + Sync>,
    },
    /// The database refused. Asking again the same way cannot help.
    #[error("the store refused, {what}: {cause}")]
    Refused {
        /// What was being done.
        what: String,
        /// What the database or its driver said.
        cause: Arc<dyn Error + Send + Sync>,
    },
    /// The tokio runtime on which the [`Tasker`](crate::Tasker) was built is gone.
    #[error("the runtime on which the Tasker was built has ended")]
    Closed,
    /// What is stored makes no sense.
    #[error("the store holds what it should not: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Whether asking again may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
