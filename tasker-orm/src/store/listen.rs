//! Hints from other processes, by `LISTEN` and `NOTIFY`.
//!
//! They are only hints: a listener that cannot connect, or a notification that is lost, costs a poll interval. The listener has a
//! connection of its own, because it keeps it for ever. Others are told only when there are others.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tasker_core::WorkerId;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::SqlStore;

/// Who else there is, and what they say.
#[derive(Debug, Default)]
pub(super) struct Company {
    is_there: AtomicBool,
    /// The workers of this process.
    own: Mutex<HashSet<WorkerId>>,
    /// Whether there are any. A process without them does not sweep, and so does not know who else there is.
    has_own: AtomicBool,
    hints: Arc<Notify>,
    listener: OnceLock<JoinHandle<()>>,
}

impl SqlStore {
    /// Whether workers of other processes are to be told of work, as far as the last sweep knew. Who has no worker of his own cannot do the
    /// work, and tells.
    pub(super) fn has_company(&self) -> bool {
        let Company { is_there, has_own, .. } = &self.0.company;
        self.dialect().profile.notify
            && (is_there.load(Ordering::Relaxed) || !has_own.load(Ordering::Relaxed))
    }

    /// Notes a worker of this process, or that it has gone.
    pub(super) fn note_own(&self, worker: WorkerId, is_there: bool) {
        let mut own = self.0.company.own.lock().unwrap_or_else(PoisonError::into_inner);
        if is_there {
            own.insert(worker);
        } else {
            own.remove(&worker);
        }
        self.0.company.has_own.store(!own.is_empty(), Ordering::Relaxed);
    }

    /// Notes which workers there are. Where there are several, they tell one another, also within one process.
    pub(super) fn note_company(&self, workers: &[WorkerId]) {
        let is_there = {
            let own = self.0.company.own.lock().unwrap_or_else(PoisonError::into_inner);
            workers.len() > 1 || workers.iter().any(|worker| !own.contains(worker))
        };
        self.0.company.is_there.store(is_there, Ordering::Relaxed);
    }

    /// Resolves when a process told of something.
    pub(super) async fn hinted(&self) {
        #[cfg(feature = "postgres")]
        if self.is_postgres() && self.dialect().profile.notify {
            let (url, hints) = (self.0.url.0.clone(), Arc::clone(&self.0.company.hints));
            self.0.company.listener.get_or_init(|| tokio::spawn(postgres::listen(url, hints)));
            return self.0.company.hints.notified().await;
        }
        std::future::pending::<()>().await;
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get() {
            listener.abort();
        }
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::sync::Arc;
    use std::time::Duration;

    use sea_orm::SqlxError;
    use sea_orm::sqlx::postgres::PgListener;
    use tokio::sync::Notify;

    /// The channel of all stores in a database; its name is in the statements that tell.
    const CHANNEL: &str = "tasker";

    /// Listens until it is stopped, on one connection after the other.
    pub(super) async fn listen(url: String, hints: Arc<Notify>) {
        const PAUSE: Duration = Duration::from_secs(1);
        loop {
            if let Err(error) = listen_once(&url, &hints).await {
                tracing::debug!(%error, "no hints from other processes; connecting again");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn listen_once(url: &str, hints: &Notify) -> Result<(), SqlxError> {
        let mut listener = PgListener::connect(url).await?;
        listener.listen(CHANNEL).await?;
        loop {
            // None: the connection was lost, and what came meanwhile with it.
            listener.try_recv().await?;
            // To all who listen now, and to the next one who does.
            hints.notify_waiters();
            hints.notify_one();
        }
    }
}
